package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"kioskd/clock"
	"kioskd/sale"
)

// Why a slot does not sell, and what to do.
func Why(s sale.SlotStatus) string {
	since := ""
	if !s.Shelf.Since.IsZero() {
		since = " since " + clock.Short(s.Shelf.Since)
	}
	behind := func(reason string) string {
		if reason == "" {
			return ""
		}
		return ": " + reason
	}
	switch {
	case s.Shelf.Closed == sale.ClosedByFailure:
		return fmt.Sprintf("the vend of order %s failed%s%s; clear it, then kioskd open %s", s.Shelf.Order, since, behind(s.Shelf.Reason), s.Product.Slot)
	case s.Shelf.Closed != "":
		return fmt.Sprintf("closed by a person%s%s", since, behind(s.Shelf.Reason))
	case s.State != sale.InStock && s.Shelf.Counted && s.Shelf.Stock == 0:
		return "counted down; kioskd stock " + s.Product.Slot.String() + " COUNT after filling it"
	case s.State != sale.InStock:
		return "the board says so"
	case s.Main != s.Product.Slot:
		return "spare for slot " + s.Main.String()
	}
	return "-"
}

func (c Server) shelves(w http.ResponseWriter, r *http.Request) {
	list, err := c.machine.Slots(r.Context())
	if err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	reply(w, list)
}

func (c Server) shelve(w http.ResponseWriter, r *http.Request) {
	slot, err := strconv.Atoi(r.PathValue("slot"))
	var want sale.Shelving
	if err == nil {
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096))
		d.DisallowUnknownFields()
		err = d.Decode(&want)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, fmt.Errorf("want a slot and what to change: %w", err))
		return
	}
	want.By = c.by
	s, err := c.machine.Shelve(r.Context(), sale.Slot(slot), want)
	switch {
	case errors.Is(err, sale.ErrSlotUnknown), errors.Is(err, sale.ErrStockRange):
		refuse(w, http.StatusBadRequest, err)
	case err != nil:
		refuse(w, http.StatusInternalServerError, err)
	default:
		reply(w, s)
	}
}
