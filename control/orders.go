package control

import (
	"errors"
	"net/http"
	"time"

	"kioskd/sale"
	"kioskd/store"
)

func (c Server) orders(w http.ResponseWriter, r *http.Request) {
	q, err := parseQuery(r.URL.Query())
	var f store.Filter
	if err == nil {
		f, err = q.Filter(time.Now())
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	list, err := c.store.Orders(f)
	if err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	if list == nil {
		list = []sale.Order{} // in JSON a list, not null
	}
	reply(w, list)
}

func (c Server) order(w http.ResponseWriter, r *http.Request) {
	s, err := StoryOf(&c.store.Reader, r.PathValue("number"))
	switch {
	case errors.Is(err, store.ErrNoOrder):
		refuse(w, http.StatusNotFound, err)
	case err != nil:
		refuse(w, http.StatusInternalServerError, err)
	default:
		reply(w, s)
	}
}

// Story is one order with everything that was written about it.
type Story struct {
	Order   sale.Order    `json:"order"`
	Journal []store.Entry `json:"journal"`
}

// StoryOf reads one order of a ledger. A number that is not there is
// [store.ErrNoOrder].
func StoryOf(r *store.Reader, number string) (Story, error) {
	o, err := r.Order(number)
	if err != nil {
		return Story{}, err
	}
	j, err := r.Journal(string(o.Number))
	return Story{o, j}, err
}
