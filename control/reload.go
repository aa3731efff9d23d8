package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"kioskd/configs"
	"kioskd/sale"
)

// Reloaded says what a changed config comes to.
type Reloaded struct {
	Now     []string `json:"now"`     // holds for the next order
	Idle    []string `json:"idle"`    // as soon as nobody is at the machine
	Restart []string `json:"restart"` // when kioskd is started anew
}

// ErrNoFile: there is nothing to read anew. The demo's daemon may be so.
var ErrNoFile = errors.New("this daemon was not started with a config file")

// ReloadRequest is the body of POST /v1/reload: why the file has changed.
type ReloadRequest struct {
	Prices []PriceTag `json:"prices,omitempty"` // that kioskd price has written
}

// reload is for POST /v1/reload.
func (c Server) reload(w http.ResponseWriter, r *http.Request) {
	var q ReloadRequest
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	d.DisallowUnknownFields()
	if err := d.Decode(&q); err != nil && !errors.Is(err, io.EOF) {
		refuse(w, http.StatusBadRequest, fmt.Errorf("want nothing, or the prices that have changed: %w", err))
		return
	}
	// Afterwards the machine may have ended, to be run anew.
	for _, tag := range q.Prices {
		c.note(r.Context(), sale.Action{What: sale.DeedPrice, Slot: tag.Slot, From: priceOf(c.config.InUse(), tag.Slot), To: tag.Price})
	}
	if len(q.Prices) == 0 {
		c.note(r.Context(), sale.Action{What: sale.DeedReload})
	}
	what, err := c.config.Reload(r.Context())
	var wrong *configs.Problems
	switch {
	case errors.As(err, &wrong):
		refuse(w, http.StatusUnprocessableEntity, fmt.Errorf("the old config stays in use:\n%w", err))
	case err != nil:
		refuse(w, http.StatusConflict, err)
	default:
		reply(w, what)
	}
}
