package powercut

import (
	"encoding/json"
	"maps"
	"slices"

	"kioskd/sale"
	"kioskd/store"
)

// books is what a ledger must hold after some actions.
type books struct {
	boots, seq, taken uint64
	orders            []string // by sequence, as JSON
	open              []uint64 // sequences
	journal           []store.Entry
	doubts            int
	shelves           map[sale.Slot]sale.Shelf

	last []uint64 // by sequence, the number of the newest entry
}

// after returns the books after one more action.
func (b *books) after(a Action) *books {
	n := *b
	switch a.Do {
	case doOpen, doRestart:
		n.boots++
	case doAdvance:
		n.taken = a.N
	case doShelve:
		n.shelve(a.Shelf)
	case doCommit:
		n.commit(a.Step)
	}
	return &n
}

func (b *books) shelve(list ...sale.Shelf) {
	b.shelves = maps.Clone(b.shelves)
	for _, s := range list {
		if b.shelves == nil {
			b.shelves = map[sale.Slot]sale.Shelf{}
		}
		b.shelves[s.Slot] = s
	}
}

func (b *books) commit(s sale.Step) {
	b.shelve(s.Shelves...)
	o := s.Order
	b.orders = slices.Clone(b.orders)
	if s.From == "" {
		b.orders, b.last = append(b.orders, ""), append(slices.Clone(b.last), 0)
		b.seq = o.Seq
	}
	b.orders[o.Seq-1] = asJSON(o)
	b.open = slices.DeleteFunc(slices.Clone(b.open), func(seq uint64) bool { return seq == o.Seq })
	if o.Open() {
		b.open = append(b.open, o.Seq)
		slices.Sort(b.open)
	}
	from, prev := s.From, b.last[o.Seq-1]
	for _, l := range s.Trail {
		e := store.Entry{
			N: uint64(len(b.journal) + 1), Prev: prev, Number: o.Number, Seq: o.Seq, From: from, State: l.State,
			Cause: l.Cause, Detail: l.Detail, Boot: b.boots, At: s.At.UTC(), Since: s.Since,
		}
		b.journal = append(slices.Clip(b.journal), e)
		prev, from = e.N, l.State
		if l.State == sale.Unknown {
			b.doubts++
		}
	}
	b.last = slices.Clone(b.last)
	b.last[o.Seq-1] = prev
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
