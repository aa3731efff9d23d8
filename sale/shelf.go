package sale

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Shelf is what the ledger remembers of a slot, whatever the board says of it.
// The zero value but for Slot is a slot that sells and that nobody counts.
type Shelf struct {
	Slot Slot `json:"slot"`
	// Stock is how many products are left, if Counted: what a person said, less
	// the drops that were proved since. At 0 the slot does not sell.
	Counted bool `json:"counted,omitempty"`
	Stock   int  `json:"stock,omitempty"`
	// Closed is why the slot does not sell until a person opens it.
	Closed Closure   `json:"closed,omitempty"`
	Order  Number    `json:"order,omitempty"`  // whose vend failed
	Reason string    `json:"reason,omitempty"` // the board's words, or the person's
	Since  time.Time `json:"since,omitzero"`   // wall time of the closing
}

// Closure is why a slot is closed. The names are stored; they never change.
type Closure string

const (
	ClosedByFailure Closure = "failed" // a vend failed for certain
	ClosedByPerson  Closure = "person"
)

// MaxStock is the most that a slot can be said to hold.
const MaxStock = 999

// state is what the shelf means for a sale.
func (s Shelf) state() Stock {
	switch {
	case s.Closed != "":
		return SlotClosed
	case s.Counted && s.Stock <= 0:
		return OutOfStock
	}
	return InStock
}

// after is the shelf of an order's slot as the journal lines of a step leave
// it: a proved drop is counted, a proved failure closes the slot. Controllers
// latch faults, and a second customer should not find out. The news is told
// once, by the line that leaves the vend: later lines may bear its cause still.
func (s Shelf) after(from State, o Order, lines []Line, at time.Time) Shelf {
	for _, l := range lines {
		switch {
		case from != Dispensing && from != Unknown:
		case l.Cause == CauseDropped && s.Counted:
			s.Stock = max(0, s.Stock-1)
		case l.Cause == CauseNotDropped && s.Closed == "":
			s.Closed, s.Order, s.Reason, s.Since = ClosedByFailure, o.Number, l.Detail, at
		}
		from = l.State
	}
	return s
}

// shelf is what the ledger has of a slot.
func (m *Machine) shelf(slot Slot) Shelf {
	if s, ok := m.shelves[slot]; ok {
		return s
	}
	return Shelf{Slot: slot}
}

// stockOf is whether a slot can sell, by the ledger and by the board's last
// word.
func (m *Machine) stockOf(slot Slot) Stock {
	if s := m.shelf(slot).state(); s != InStock {
		return s
	}
	return m.stock[slot]
}

// loadShelves reads what earlier processes left.
func (m *Machine) loadShelves() error {
	list, err := m.o.Ledger.Shelves()
	if err != nil {
		return fmt.Errorf("read the slots: %w", err)
	}
	for _, s := range list {
		m.shelves[s.Slot] = s
	}
	return nil
}

// shelved is what a step changes about the order's slot, in the transaction
// that records the step.
func shelved(was Shelf, from State, o Order, lines []Line, at time.Time) []Shelf {
	now := was.after(from, o, lines, at)
	if now == was {
		return nil
	}
	return []Shelf{now}
}

// shelfIn finds a slot among what the ledger has.
func shelfIn(list []Shelf, slot Slot) Shelf {
	for _, s := range list {
		if s.Slot == slot {
			return s
		}
	}
	return Shelf{Slot: slot}
}

func (m *Machine) keepShelves(list []Shelf) {
	for _, s := range list {
		m.shelves[s.Slot] = s
		if s.Closed == ClosedByFailure {
			m.log.Warn("the slot is closed until a person opens it", "slot", s.Slot, "order", s.Order, "why", s.Reason)
		}
	}
}

// SlotStatus is a slot as the technician's commands show it.
type SlotStatus struct {
	Product Product `json:"product"`
	Main    Slot    `json:"main"`           // the slot that the product is listed under
	State   Stock   `json:"state"`          // whether it can sell: "", sold-out or closed
	Board   Stock   `json:"board"`          // the board's last word
	Shelf   Shelf   `json:"shelf"`          // what the ledger remembers
	Sold    bool    `json:"sold,omitempty"` // an order is in hand for it
}

// Slots tells about every configured slot, by number. It may be called from
// any goroutine while Run runs.
func (m *Machine) Slots(ctx context.Context) ([]SlotStatus, error) {
	return ask(ctx, m, func() ([]SlotStatus, error) { return m.slots(), nil })
}

func (m *Machine) slots() []SlotStatus {
	list := SlotsOf(m.o.Products, m.o.Spares, slices.Collect(maps.Values(m.shelves)))
	for i := range list {
		s := &list[i]
		slot := s.Product.Slot
		s.State, s.Board = m.stockOf(slot), m.stock[slot]
		s.Sold = slices.ContainsFunc(m.orders, func(t *tracked) bool { return t.order.Product.Slot == slot && !t.order.State.Final() })
	}
	return list
}

// SlotsOf tells about the slots of a config as the ledger alone has them, by
// number.
func SlotsOf(products []Product, spares map[Slot][]Slot, known []Shelf) (list []SlotStatus) {
	for _, p := range products {
		main := p.Slot
		for _, slot := range append([]Slot{main}, spares[main]...) {
			p.Slot = slot
			shelf := shelfIn(known, slot)
			list = append(list, SlotStatus{Product: p, Main: main, State: shelf.state(), Shelf: shelf})
		}
	}
	slices.SortFunc(list, func(a, b SlotStatus) int { return int(a.Product.Slot - b.Product.Slot) })
	return list
}

// Shelving is what a person wants changed about a slot. A nil field stays.
type Shelving struct {
	Stock  *int   `json:"stock,omitempty"` // how many there are now, 0 to MaxStock; -1: not counted any more
	Open   *bool  `json:"open,omitempty"`
	Reason string `json:"reason,omitempty"`
	By     Actor  `json:"-"` // who wants it; empty: a command
}

// With is the shelf as a person wants it from now on.
func (s Shelf) With(want Shelving, now time.Time) (Shelf, error) {
	if n := want.Stock; n != nil {
		if *n < -1 || *n > MaxStock {
			return s, ErrStockRange
		}
		s.Counted, s.Stock = *n >= 0, max(0, *n)
	}
	if want.Open != nil {
		s.Closed, s.Order, s.Reason, s.Since = "", "", "", time.Time{}
		if !*want.Open {
			s.Closed, s.Reason, s.Since = ClosedByPerson, want.Reason, now
		}
	}
	return s, nil
}

// What may be wrong about a person's wish.
var (
	ErrSlotUnknown = errors.New("no product has this slot")
	ErrStockRange  = fmt.Errorf("out of range: a slot holds 0 to %d", MaxStock)
)

// Shelve changes what the ledger remembers of a slot and returns it as it is
// then. It is durable when Shelve returns nil. An order in hand goes on. It
// may be called from any goroutine while Run runs.
func (m *Machine) Shelve(ctx context.Context, slot Slot, want Shelving) (Shelf, error) {
	return ask(ctx, m, func() (Shelf, error) { return m.shelve(slot, want) })
}

func (m *Machine) shelve(slot Slot, want Shelving) (Shelf, error) {
	if _, ok := m.product(slot); !ok {
		return Shelf{}, ErrSlotUnknown
	}
	was := m.shelf(slot)
	s, err := was.With(want, m.o.Clock.Now())
	if err == nil {
		err = m.o.Ledger.Health()
	}
	if err != nil {
		return s, err
	}
	a := m.dated(s.Action(was, want))
	if err := m.o.Ledger.SaveShelf(s, a); err != nil {
		m.failed = fmt.Errorf("keep what was changed about slot %s: %w", slot, err)
		return s, m.failed
	}
	m.shelves[slot] = s
	if want.Open != nil && *want.Open || want.Stock != nil && *want.Stock > 0 {
		delete(m.stock, slot) // the board is asked before each sale anyway
	}
	m.log.Info("a person changed a slot", "by", a.By, "slot", slot, "counted", s.Counted, "stock", s.Stock, "closed", s.Closed, "reason", want.Reason)
	return s, nil
}
