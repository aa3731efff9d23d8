package paytest

import (
	"cmp"
	"context"
	"maps"
	"sync"
)

// manyNonces bounds the memory for finding a reused nonce_str.
const manyNonces = 1 << 16

// callBook counts what clients do. Server.mu guards it.
type callBook struct {
	nonces  map[string]bool
	reused  int
	byCall  map[Call]int
	faults  map[FaultName]int
	errors  map[string]int
	domains map[int]int
	orders  map[string]*CallStats
}

func newCallBook() callBook {
	return callBook{
		nonces: map[string]bool{}, byCall: map[Call]int{}, faults: map[FaultName]int{},
		errors: map[string]int{}, domains: map[int]int{}, orders: map[string]*CallStats{},
	}
}

func (b *callBook) nonce(n string) {
	if b.nonces[n] {
		b.reused++
	}
	if len(b.nonces) >= manyNonces {
		clear(b.nonces)
	}
	b.nonces[n] = true
}

func (b *callBook) code(code string) { b.errors[code]++ }

func (b *callBook) fault(no string, name FaultName) {
	b.faults[name]++
	if c := b.orders[no]; c != nil {
		c.Faults[name]++
	}
}

func (b *callBook) of(number string) *CallStats {
	if c := b.orders[number]; c != nil {
		return c
	}
	return &CallStats{}
}

func (b *callBook) total() Stats {
	return Stats{
		Calls: maps.Clone(b.byCall), Faults: maps.Clone(b.faults), Errors: maps.Clone(b.errors), ReusedNonces: b.reused,
	}
}

func (c *CallStats) copy() CallStats {
	n := *c
	n.Counts, n.Faults = maps.Clone(c.Counts), maps.Clone(c.Faults)
	return n
}

// note counts a call's arrival; see begin.
func (s *Server) note(q *request, domain int) (answered func(), nth int) {
	number := cmp.Or(q.no, q.refundNo, q.trade)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	s.calls.byCall[q.call]++
	s.calls.domains[domain]++
	c := s.calls.orders[number]
	if c == nil {
		c = &CallStats{Counts: map[Call]int{}, Faults: map[FaultName]int{}}
		s.calls.orders[number] = c
	}
	c.Counts[q.call]++
	c.underWay++
	c.MaxConcurrent = max(c.MaxConcurrent, c.underWay)
	if q.call == CallQuery {
		if gap := now.Sub(c.lastQuery); !c.lastQuery.IsZero() && (c.MinQueryGap == 0 || gap < c.MinQueryGap) {
			c.MinQueryGap = gap
		}
		c.lastQuery = now
	}
	end := sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		c.underWay--
	})
	forget := context.AfterFunc(q.http.Context(), end)
	return func() { forget(); end() }, c.Counts[q.call]
}
