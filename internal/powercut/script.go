package powercut

import (
	"math/rand/v2"
	"slices"

	"kioskd/sale"
	"kioskd/store/ledgertest"
)

// walks are the ways that orders go, one commit each.
func walks() [][][]sale.State {
	vend := []sale.State{sale.Paid, sale.Dispensing}
	return [][][]sale.State{
		{{sale.Awaiting}, vend, {sale.Dispensed}},
		{{sale.Awaiting}, vend, {sale.Dispensed}},
		{{sale.Awaiting}, {sale.Paid}, {sale.Dispensing}, {sale.Dispensed}},
		{{sale.Awaiting}, vend, {sale.Refunding}, {sale.Refunded}},
		{{sale.Awaiting}, vend, {sale.Unknown}, {sale.Refunding}, {sale.Refunded}},
		{{sale.Awaiting}, vend, {sale.Unknown}, {sale.Dispensed}},
		{{sale.Awaiting}, vend, {sale.Refunding}, {sale.Attention}, {sale.Refunding}, {sale.Refunded}},
		{{sale.Awaiting}, {sale.Closing}, {sale.Closed}, {sale.Closed}, {sale.Closed}},
		{{sale.Awaiting}, {sale.Closing}, {sale.Paid, sale.Refunding}, {sale.Refunded}},
		{{sale.Awaiting}, {sale.Closing}, {sale.Closed}, {sale.Paid, sale.Refunding}, {sale.Refunded}},
		{{sale.Closing}, {sale.Closed}, {sale.Closed}, {sale.Closed}},
	}
}

// script writes what a process does.
type script struct {
	random  *rand.Rand
	actions []Action
	seq     uint64
	lines   uint64 // of the journal
	taken   uint64
	hands   []*hand
	shelved int // changes of slots
}

// hand is an order that is not at its end.
type hand struct {
	walk *ledgertest.Walk
	rest [][]sale.State
}

func newScript(seed uint64) *script {
	return &script{random: rand.New(rand.NewPCG(seed, 1))}
}

func (s *script) do(d Doing) { s.actions = append(s.actions, Action{Do: d}) }

// commit writes down what a step changes about its slot, too, where it ends in
// a drop or a failure.
func (s *script) commit(step sale.Step) {
	if o := step.Order; o.State == sale.Dispensed || o.State == sale.Refunding {
		s.shelved++
		step.Shelves = []sale.Shelf{{Slot: o.Product.Slot, Counted: true, Stock: s.shelved}}
	}
	s.lines += uint64(len(step.Trail))
	s.actions = append(s.actions, Action{Do: doCommit, Step: step})
}

// sell commits n steps of sales, which overlap as sweeps and refunds do, with
// what else a daemon does in between.
func (s *script) sell(n int) {
	for range n {
		switch chance := s.random.IntN(60); {
		case chance == 0:
			s.do(doRestart)
		case chance < 3:
			s.do(doHealth)
		case chance < 5:
			s.shelved++
			s.actions = append(s.actions, Action{Do: doShelve, Shelf: sale.Shelf{Slot: 11, Counted: true, Stock: s.shelved}})
		case chance < 9:
			s.taken += s.random.Uint64N(s.lines - s.taken + 1)
			s.actions = append(s.actions, Action{Do: doAdvance, N: s.taken})
		}
		if len(s.hands) == 0 || len(s.hands) < 6 && s.random.IntN(6) == 0 {
			s.begin()
			continue
		}
		i := s.random.IntN(len(s.hands))
		h := s.hands[i]
		s.commit(h.walk.To(h.rest[0]...))
		if h.rest = h.rest[1:]; len(h.rest) == 0 {
			s.hands = slices.Delete(s.hands, i, i+1)
		}
	}
}

// begin creates an order.
func (s *script) begin() {
	s.seq++
	w, step := ledgertest.NewWalk(s.seq)
	s.hands = append(s.hands, &hand{w, walks()[s.random.IntN(len(walks()))]})
	s.commit(step)
}

// fill commits whole sales in one step each.
func (s *script) fill(n int) {
	for range n {
		s.seq++
		w, step := ledgertest.NewWalk(s.seq)
		w.Order.Request = nil
		all := w.To(sale.Awaiting, sale.Paid, sale.Dispensing, sale.Dispensed)
		all.From, all.Trail = "", append(step.Trail, all.Trail...)
		s.commit(all)
	}
}

func firstActions(seed uint64) []Action {
	s := newScript(seed)
	s.do(doOpen)
	s.sell(5)
	s.do(doRestart)
	s.sell(2)
	return s.actions
}

func salesActions(seed uint64, steps int) []Action {
	s := newScript(seed + 1)
	s.do(doOpen)
	s.sell(steps)
	return s.actions
}

// restoredActions begin with a backup that was put in place, whose file ends
// with its last page: the first commit must lengthen it.
func restoredActions(seed uint64) (done, actions []Action) {
	s := newScript(seed + 2)
	s.do(doOpen)
	s.sell(40)
	s.do(doBackup)
	n := len(s.actions)
	s.do(doOpen)
	s.sell(8)
	return s.actions[:n], s.actions[n:]
}

// copyActions sell, and copy the ledger in between. There are two copies when
// the scene begins, so that each new one takes the place of another.
func copyActions(seed uint64) (done, actions []Action) {
	s := newScript(seed + 4)
	s.do(doOpen)
	for range 2 {
		s.sell(12)
		s.do(doCopy)
	}
	n := len(s.actions)
	s.do(doOpen)
	for range 2 {
		s.sell(6)
		s.do(doCopy)
	}
	s.sell(4)
	return s.actions[:n], s.actions[n:]
}

// againActions begin with a damaged ledger beside two copies and a tape.
func againActions(seed uint64) (done, actions []Action) {
	s := newScript(seed + 5)
	s.do(doOpen)
	for range 2 {
		s.sell(20)
		s.do(doCopy)
	}
	s.sell(20)
	s.do(doSpoil)
	n := len(s.actions)
	s.do(doOpen)
	s.do(doRestart)
	return s.actions[:n], s.actions[n:]
}

// archiveActions have orders to spare, which move away while others come.
func archiveActions(seed uint64) (done, actions []Action) {
	s := newScript(seed + 3)
	s.do(doOpen)
	s.fill(1030)
	n := len(s.actions)
	s.do(doOpen)
	s.do(doArchive)
	s.sell(3)
	s.do(doArchive)
	s.do(doRestart)
	s.do(doArchive)
	return s.actions[:n], s.actions[n:]
}
