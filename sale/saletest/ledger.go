package saletest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"kioskd/sale"
)

// ErrPowerCut is what a commit returns on which the power went away.
var ErrPowerCut = errors.New("power cut")

// Ledger is a ledger in memory that outlives the machine that writes it.
type Ledger struct {
	mu      sync.Mutex
	cut     func(s sale.Step) (before, after bool)
	fault   *sale.Fault
	orders  map[sale.Number]sale.Order
	shelves map[sale.Slot]sale.Shelf
	actions []sale.Action
	doubts  []time.Time
	seq     uint64
	Journal []sale.Line
	Commits int
}

var _ sale.Ledger = (*Ledger)(nil)

// NewLedger returns an empty ledger.
func NewLedger() *Ledger {
	return &Ledger{orders: map[sale.Number]sale.Order{}, shelves: map[sale.Slot]sale.Shelf{}}
}

// CutPower sets what is asked at every commit. Before means that the power
// goes before the step is durable, after that it goes right afterwards.
func (l *Ledger) CutPower(cut func(s sale.Step) (before, after bool)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
}

// Ail sets what Health says.
func (l *Ledger) Ail(f *sale.Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = f
}

// Commit implements sale.Ledger.
func (l *Ledger) Commit(s sale.Step) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	before, after := false, false
	if l.cut != nil {
		before, after = l.cut(s)
	}
	if before {
		return ErrPowerCut
	}
	if was := l.orders[s.Order.Number].State; was != s.From {
		return fmt.Errorf("order %s is %q, not %q", s.Order.Number, was, s.From)
	}
	if s.From == "" && s.Order.Seq <= l.seq {
		return fmt.Errorf("sequence %d was used before", s.Order.Seq)
	}
	l.orders[s.Order.Number] = s.Order
	l.seq = max(l.seq, s.Order.Seq)
	l.keep(s.Shelves...)
	l.Journal = append(l.Journal, s.Trail...)
	l.Commits++
	for _, line := range s.Trail {
		if line.State == sale.Unknown {
			l.doubts = append(l.doubts, s.At)
		}
	}
	if after {
		return ErrPowerCut
	}
	return nil
}

func (l *Ledger) keep(shelves ...sale.Shelf) {
	for _, s := range shelves {
		l.shelves[s.Slot] = s
	}
}

// Shelves implements sale.Ledger.
func (l *Ledger) Shelves() ([]sale.Shelf, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Values(l.shelves)), nil
}

// SaveShelf implements sale.Ledger.
func (l *Ledger) SaveShelf(s sale.Shelf, a sale.Action) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keep(s)
	l.actions = append(l.actions, a)
	return nil
}

// SaveAction implements sale.Ledger.
func (l *Ledger) SaveAction(a sale.Action) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.actions = append(l.actions, a)
	return nil
}

// Actions returns what persons did, oldest first.
func (l *Ledger) Actions() []sale.Action {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.actions)
}

// Orders returns all orders, oldest first.
func (l *Ledger) Orders() (all []sale.Order) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range l.orders {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b sale.Order) int { return int(a.Seq) - int(b.Seq) })
	return all
}

// Add puts an order in place as no step could: as a restore does.
func (l *Ledger) Add(o sale.Order) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.orders[o.Number] = o
	l.seq = max(l.seq, o.Seq)
}

// Rewrite changes every order behind the machine's back.
func (l *Ledger) Rewrite(change func(sale.Order) sale.Order) {
	for _, o := range l.Orders() {
		l.Add(change(o))
	}
}

// Open implements sale.Ledger.
func (l *Ledger) Open() ([]sale.Order, error) {
	return slices.DeleteFunc(l.Orders(), func(o sale.Order) bool { return !o.Open() }), nil
}

// LastSeq implements sale.Ledger.
func (l *Ledger) LastSeq() (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seq, nil
}

// Find implements sale.Ledger.
func (l *Ledger) Find(number string) (sale.Order, error) {
	for _, o := range l.Orders() {
		if strings.HasSuffix(string(o.Number), number) {
			return o, nil
		}
	}
	return sale.Order{}, fmt.Errorf("no order %q", number)
}

// Recent implements sale.Ledger.
func (l *Ledger) Recent(n int) ([]sale.Order, error) {
	orders := l.Orders()
	slices.Reverse(orders)
	return orders[:min(n, len(orders))], nil
}

// Doubts implements sale.Ledger.
func (l *Ledger) Doubts(since time.Time) (n int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, at := range l.doubts {
		if !at.Before(since) {
			n++
		}
	}
	return n, nil
}

// Health implements sale.Ledger.
func (l *Ledger) Health() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault != nil {
		return l.fault
	}
	return nil
}
