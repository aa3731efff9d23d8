package control

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"kioskd/sale"
	"kioskd/store"
)

// refund is for POST /v1/refunds.
func (c Server) refund(w http.ResponseWriter, r *http.Request) {
	var g sale.GiveBack
	if !readBody(w, r, &g, "want the number of an order and a reason") {
		return
	}
	g.By = c.by
	o, err := c.machine.Refund(r.Context(), g)
	c.decided(w, o, err)
}

// WaysToSettle are the words for what a person decides.
func WaysToSettle() map[string]sale.State {
	return map[string]sale.State{"dispensed": sale.Dispensed, "refund": sale.Refunding, "written-off": sale.WrittenOff}
}

// Resolution is the body of POST /v1/resolve.
type Resolution struct {
	Number string `json:"number"`
	As     string `json:"as"`
	Reason string `json:"reason"`
}

func (c Server) resolve(w http.ResponseWriter, r *http.Request) {
	var q Resolution
	if !readBody(w, r, &q, "want the number of an order, as what it is settled and a reason") {
		return
	}
	as, ok := WaysToSettle()[q.As]
	if !ok {
		refuse(w, http.StatusBadRequest, fmt.Errorf("as %q: it is dispensed, refund or written-off", q.As))
		return
	}
	o, err := c.machine.Resolve(r.Context(), sale.Resolution{Number: q.Number, As: as, Reason: strings.TrimSpace(q.Reason), By: c.by})
	c.decided(w, o, err)
}

// decided answers with an order that a person has decided about, or why not.
func (c Server) decided(w http.ResponseWriter, o sale.Order, err error) {
	switch {
	case errors.Is(err, store.ErrNoOrder):
		refuse(w, http.StatusNotFound, err)
	case err != nil:
		refuse(w, http.StatusConflict, err)
	default:
		reply(w, o)
	}
}
