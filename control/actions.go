package control

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"

	"kioskd/sale"
	"kioskd/store"
)

// ActionLimit reads how many actions are wanted.
func ActionLimit(text string) (int, error) {
	n, err := strconv.Atoi(cmp.Or(text, "0"))
	switch {
	case err != nil || n < 0:
		return 0, fmt.Errorf("limit %s: write how many actions at most, or 0 for all", text)
	case n == 0:
		return sale.KeepActions, nil
	}
	return n, nil
}

// ActionsOf is never nil: in JSON it is a list.
func ActionsOf(r *store.Reader, n int) ([]sale.Action, error) {
	list, err := r.Actions(n)
	if list == nil {
		list = []sale.Action{}
	}
	return list, err
}

// actions is for GET /v1/actions.
func (c Server) actions(w http.ResponseWriter, r *http.Request) {
	n, err := ActionLimit(r.URL.Query().Get("limit"))
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	list, err := ActionsOf(&c.store.Reader, n)
	if err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	reply(w, list)
}
