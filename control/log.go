package control

import (
	"errors"
	"net/http"
	"strconv"

	"kioskd/watch/logs"
)

// recent answers GET /v1/log?lines=N: {"lines": [...]}, newest last.
func (c Server) recent(w http.ResponseWriter, r *http.Request) {
	n := 200
	if text := r.URL.Query().Get("lines"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 0 || n > logs.RingHolds {
			refuse(w, http.StatusBadRequest, errors.New("lines is a number from 0 to "+strconv.Itoa(logs.RingHolds)))
			return
		}
	}
	lines := []string{}
	if c.lines != nil {
		lines = c.lines(n)
	}
	reply(w, map[string][]string{"lines": lines})
}
