// Package ledgertest holds what every sale.Ledger must do, as tests ([Run]),
// and a ledger in memory that does it and can be told to fail ([Memory]).
package ledgertest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"kioskd/sale"
	"kioskd/store"
)

// Memory is a sale.Ledger without a file. It refuses what the real one
// refuses. Its methods may be called from any goroutine.
type Memory struct {
	mu     sync.Mutex
	health error
	broken error // set by the first failed commit, as in the real ledger
	plan   *failure
	books  *books
}

// books is what survives a crash.
type books struct {
	orders  map[sale.Number][]byte // JSON, so that copies are independent
	shelves map[sale.Slot]sale.Shelf
	seq     uint64
	doubts  []doubt
	steps   []sale.Step
	commits int
}

type doubt struct {
	at  time.Time
	seq uint64
}

type failure struct {
	at     int
	effect bool
	err    error
}

var _ sale.Ledger = (*Memory)(nil)

// NewMemory returns an empty, healthy ledger.
func NewMemory() *Memory {
	return &Memory{books: &books{orders: map[sale.Number][]byte{}, shelves: map[sale.Slot]sale.Shelf{}}}
}

// FailBefore makes the n-th commit from now fail (1 is the next one) without
// having had an effect, as a full disk does. Every later one fails alike.
func (m *Memory) FailBefore(n int, err error) { m.failAt(n, false, err) }

// FailAfter makes the n-th commit from now fail although it is durable, as a
// sync with a lost answer does. Every later one fails without effect.
func (m *Memory) FailAfter(n int, err error) { m.failAt(n, true, err) }

func (m *Memory) failAt(n int, effect bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.plan = &failure{m.books.commits + n, effect, err}
}

// SetHealth sets what Health returns while no commit has failed.
func (m *Memory) SetHealth(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.health = err
}

// Reopen returns the ledger as the next process finds it: what was durable,
// and healthy. The old one takes no commit any more.
func (m *Memory) Reopen() *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = fmt.Errorf("the ledger was opened by the next process")
	return &Memory{books: m.books}
}

// Commits counts the durable commits, over all reopenings.
func (m *Memory) Commits() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.books.commits
}

// Steps returns all durable steps, oldest first, over all reopenings.
func (m *Memory) Steps() []sale.Step {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.books.steps)
}

// Order returns an order as it is stored.
func (m *Memory) Order(n sale.Number) (sale.Order, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.books.order(n)
	if o == nil {
		return sale.Order{}, false
	}
	return *o, true
}

// Shelves is part of sale.Ledger.
func (m *Memory) Shelves() ([]sale.Shelf, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := slices.Collect(maps.Values(m.books.shelves))
	slices.SortFunc(list, func(a, b sale.Shelf) int { return int(a.Slot - b.Slot) })
	return list, nil
}

// SaveShelf is part of sale.Ledger. It is no commit that can be made to fail.
func (m *Memory) SaveShelf(s sale.Shelf, _ sale.Action) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.broken != nil:
		return m.broken
	case s.Slot < 1:
		return fmt.Errorf("%w: there is no slot %d", store.ErrRefused, s.Slot)
	}
	m.books.shelves[s.Slot] = s
	return nil
}

// SaveAction is part of sale.Ledger. Nobody reads the actions of this one.
func (m *Memory) SaveAction(sale.Action) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.broken
}

// Commit is part of sale.Ledger.
func (m *Memory) Commit(s sale.Step) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return m.broken
	}
	b := m.books
	if err := store.Admit(b.order(s.Order.Number), b.seq, s); err != nil {
		return err
	}
	raw, err := json.Marshal(s.Order)
	if err != nil {
		return fmt.Errorf("%w: %w", store.ErrRefused, err)
	}
	fails := m.plan != nil && b.commits+1 >= m.plan.at
	if fails {
		m.broken = m.plan.err
		if !m.plan.effect {
			return m.broken
		}
	}
	b.commits++
	b.orders[s.Order.Number] = raw
	for _, shelf := range s.Shelves {
		b.shelves[shelf.Slot] = shelf
	}
	b.seq = max(b.seq, s.Order.Seq)
	for _, l := range s.Trail {
		if l.State == sale.Unknown {
			b.doubts = append(b.doubts, doubt{s.At, s.Order.Seq})
		}
	}
	s.Order = *b.order(s.Order.Number)
	s.Trail = slices.Clone(s.Trail)
	b.steps = append(b.steps, s)
	return m.broken
}

func (b *books) order(n sale.Number) *sale.Order {
	raw, ok := b.orders[n]
	if !ok {
		return nil
	}
	var o sale.Order
	if err := json.Unmarshal(raw, &o); err != nil {
		panic(fmt.Sprintf("order %s does not survive JSON: %v", n, err))
	}
	return &o
}

// Open is part of sale.Ledger.
func (m *Memory) Open() ([]sale.Order, error) {
	return slices.DeleteFunc(m.all(), func(o sale.Order) bool { return !o.Open() }), nil
}

// Find is part of sale.Ledger.
func (m *Memory) Find(number string) (sale.Order, error) {
	for _, o := range m.all() {
		if strings.HasSuffix(string(o.Number), number) {
			return o, nil
		}
	}
	return sale.Order{}, fmt.Errorf("%w: %s", store.ErrNoOrder, number)
}

// Recent is part of sale.Ledger.
func (m *Memory) Recent(n int) ([]sale.Order, error) {
	all := m.all()
	slices.Reverse(all)
	return all[:min(n, len(all))], nil
}

// all returns every order, oldest first.
func (m *Memory) all() (orders []sale.Order) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for n := range m.books.orders {
		orders = append(orders, *m.books.order(n))
	}
	slices.SortFunc(orders, func(a, b sale.Order) int { return int(a.Seq) - int(b.Seq) })
	return orders
}

// LastSeq is part of sale.Ledger.
func (m *Memory) LastSeq() (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.books.seq, nil
}

// Doubts is part of sale.Ledger.
func (m *Memory) Doubts(since time.Time) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	orders := map[uint64]bool{}
	for _, d := range m.books.doubts {
		if !d.at.Before(since) {
			orders[d.seq] = true
		}
	}
	return len(orders), nil
}

// Health is part of sale.Ledger.
func (m *Memory) Health() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return m.broken
	}
	return m.health
}
