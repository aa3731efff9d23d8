package control

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"kioskd/device"
	"kioskd/sale"
)

func (c Server) slots(w http.ResponseWriter, r *http.Request) {
	known, err := c.machine.Slots(r.Context())
	if err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	t, err := SlotsOf(r.Context(), c.board, known)
	if err != nil {
		refuse(w, http.StatusServiceUnavailable, err)
		return
	}
	reply(w, t)
}

// test turns a motor. Who goes away meanwhile does not stop it.
func (c Server) test(w http.ResponseWriter, r *http.Request) {
	var t TestRequest
	if err := t.decode(r.Body); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	o, err := c.machine.Test(r.Context(), t.Slot, c.by)
	if err != nil {
		refuse(w, http.StatusConflict, err)
		return
	}
	reply(w, o)
}

// Shelves is what a driver may offer: see [device.Shelf].
type Shelves interface {
	Slots(ctx context.Context, also []sale.Slot) (device.Shelf, error)
}

// ErrNoShelf: the board is not one that can be asked.
var ErrNoShelf = errors.New("this controller's driver cannot tell about slots")

// SlotRow is a slot as the board has it, beside the product that is sold there.
type SlotRow struct {
	device.Slot
	Product string    `json:"product,omitempty"`
	Sold    *sale.Fen `json:"sold_for,omitempty"` // the price of the config, which is what customers pay
	Remark  string    `json:"remark,omitempty"`   // where the two differ
}

// SlotTable is the answer of GET /v1/slots.
type SlotTable struct {
	Slots []SlotRow `json:"slots"`
	Notes []string  `json:"notes,omitempty"`
}

// SlotsOf puts what the board says beside the products and what the ledger has
// of their slots.
func SlotsOf(ctx context.Context, d sale.Dispenser, known []sale.SlotStatus) (SlotTable, error) {
	board, ok := d.(Shelves)
	if !ok {
		return SlotTable{}, ErrNoShelf
	}
	var numbers []sale.Slot
	sold := map[sale.Slot]sale.SlotStatus{}
	for _, s := range known {
		numbers = append(numbers, s.Product.Slot)
		sold[s.Product.Slot] = s
	}
	shelf, err := board.Slots(ctx, numbers)
	if err != nil {
		return SlotTable{}, err
	}
	t := SlotTable{Slots: []SlotRow{}, Notes: shelf.Notes}
	for _, s := range shelf.Slots {
		row := SlotRow{Slot: s}
		if has, ok := sold[s.Number]; ok {
			row.Product, row.Sold = has.Product.Name, &has.Product.Price
			if has.State != sale.InStock {
				row.Remark = Why(has)
			}
		}
		row.Remark = cmp.Or(remark(s, row.Sold), row.Remark)
		t.Slots = append(t.Slots, row)
	}
	return t, nil
}

// remark says where board and config differ.
func remark(s device.Slot, sold *sale.Fen) string {
	switch {
	case sold == nil:
		return "not sold"
	case s.State == device.SlotMissing:
		return "the board has no such slot: correct the config"
	case s.Price != nil && *s.Price != *sold:
		return "the board's own price differs: customers pay the config's"
	}
	return ""
}

// TestRequest is the body of POST /v1/test.
type TestRequest struct {
	Slot sale.Slot `json:"slot"`
}

func (t *TestRequest) decode(r io.Reader) error {
	d := json.NewDecoder(io.LimitReader(r, 4096))
	d.DisallowUnknownFields()
	if err := d.Decode(t); err != nil {
		return fmt.Errorf("the body is not a slot to test: %w", err)
	}
	if t.Slot < 1 {
		return fmt.Errorf("slot %v: slots have numbers from 1 on", t.Slot)
	}
	return nil
}
