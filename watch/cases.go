package watch

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"kioskd/sale"
)

// Cases are the orders that somebody should look at, kept from the steps of the
// ledger. The zero value has none. Its methods may be called by any goroutine.
type Cases struct {
	mu      sync.Mutex
	waiting map[sale.Number]sale.Order
	doubted map[sale.Number]sale.Order
}

// most bounds each kind of case in memory.
const most = 1000

// Begin takes the orders that needed a person before this process began.
func (c *Cases) Begin(waiting []sale.Order) {
	for _, o := range waiting {
		c.Needs(o)
	}
}

// Needs notes an order that needs a person: the Alarm of [sale.Options].
func (c *Cases) Needs(o sale.Order) {
	c.mu.Lock()
	defer c.mu.Unlock()
	keep(&c.waiting, o)
}

// Saw learns from a step, and reports whether there is news for a person.
func (c *Cases) Saw(s sale.Step) (news bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := s.Order
	switch _, known := c.waiting[o.Number]; {
	case o.State == sale.Attention:
		keep(&c.waiting, o)
		news = !known
	case known && s.From != o.State:
		delete(c.waiting, o.Number)
		news = true
	}
	doubt := slices.ContainsFunc(s.Trail, func(l sale.Line) bool { return l.State == sale.Unknown })
	switch _, known := c.doubted[o.Number]; {
	case proved(o):
		delete(c.doubted, o.Number)
	case doubt && !known && !o.Test():
		keep(&c.doubted, o)
		news = true
	case known:
		keep(&c.doubted, o)
	}
	return news
}

// proved: the board has said after all that the product fell.
func proved(o sale.Order) bool { return o.State == sale.Dispensed && !o.Presumed }

func keep(m *map[sale.Number]sale.Order, o sale.Order) {
	if *m == nil {
		*m = map[sale.Number]sale.Order{}
	}
	o.Request, o.Evidence = nil, nil
	if _, known := (*m)[o.Number]; known || len(*m) < most {
		(*m)[o.Number] = o
	}
}

// Lists are the orders that need a person and those in doubt, by number.
func (c *Cases) Lists() (waiting, doubted []sale.Order) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return sorted(c.waiting), sorted(c.doubted)
}

func sorted(m map[sale.Number]sale.Order) []sale.Order {
	return slices.SortedFunc(maps.Values(m), func(a, b sale.Order) int { return cmp.Compare(a.Number, b.Number) })
}
