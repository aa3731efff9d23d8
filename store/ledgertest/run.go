package ledgertest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kioskd/sale"
	"kioskd/store"
)

// Opener returns an empty ledger, and a function that ends it as a crash of
// the process does and opens what it left.
type Opener func(t *testing.T) (ledger sale.Ledger, reopen func() sale.Ledger)

// Run tests what every ledger must do.
func Run(t *testing.T, open Opener) {
	for name, test := range map[string]func(*testing.T, *bench){
		"empty": empty, "a sale": happySale, "refusals": refusals, "open orders": openOrders,
		"final orders may open again": reopened, "doubts": doubts, "sequence": sequence,
		"newest orders": newest, "slots": slots, "another slot": anotherSlot,
	} {
		t.Run(name, func(t *testing.T) {
			l, reopen := open(t)
			test(t, &bench{t, l, reopen})
		})
	}
}

// bench is one ledger under test.
type bench struct {
	*testing.T
	sale.Ledger
	reopen func() sale.Ledger
}

func (b *bench) commit(steps ...sale.Step) {
	b.Helper()
	for _, s := range steps {
		if err := b.Commit(s); err != nil {
			b.Fatalf("commit %s -> %s: %v", s.From, s.Order.State, err)
		}
	}
}

func (b *bench) wantOpen(want ...sale.Order) {
	b.Helper()
	got, err := b.Ledger.Open()
	if err != nil {
		b.Fatal(err)
	}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		b.Errorf("open orders (-want +got):\n%s", d)
	}
}

func (b *bench) wantSeq(want uint64) {
	b.Helper()
	if got, err := b.LastSeq(); err != nil || got != want {
		b.Errorf("last sequence %d (%v), want %d", got, err, want)
	}
}

func (b *bench) wantDoubts(since time.Time, want int) {
	b.Helper()
	if got, err := b.Doubts(since); err != nil || got != want {
		b.Errorf("doubts since %s: %d (%v), want %d", since, got, err, want)
	}
}

// again runs a check, crashes the ledger, and runs it on what is left.
func (b *bench) again(check func()) {
	b.Helper()
	check()
	b.Ledger = b.reopen()
	check()
}

func empty(_ *testing.T, b *bench) {
	b.again(func() {
		b.wantOpen()
		b.wantSeq(0)
		b.wantDoubts(time.Time{}, 0)
		if err := b.Health(); err != nil {
			b.Error(err)
		}
	})
}

func happySale(_ *testing.T, b *bench) {
	for _, s := range Happy(7) {
		b.commit(s)
		b.again(func() {
			b.wantSeq(7)
			if s.Order.Open() {
				b.wantOpen(s.Order)
			} else {
				b.wantOpen()
			}
		})
	}
}

func openOrders(_ *testing.T, b *bench) {
	var want []sale.Order
	for _, path := range [][]sale.State{
		{}, {sale.Closing}, {sale.Awaiting}, {sale.Awaiting, sale.Paid, sale.Dispensing, sale.Dispensed},
		{sale.Closing, sale.Closed}, {sale.Closing, sale.Closed, sale.Closed, sale.Closed},
		{sale.Awaiting, sale.Paid, sale.Refunding}, {sale.Awaiting, sale.Paid, sale.Refunding, sale.Attention},
	} {
		// Sequences beyond one byte and back again, to see that it is not text.
		w, s := NewWalk(uint64(len(want)+1) * 100)
		if last, _ := b.LastSeq(); last >= w.Order.Seq {
			w, s = NewWalk(last + 1)
		}
		b.commit(s)
		for _, state := range path {
			b.commit(w.To(state))
		}
		if w.Order.Open() {
			want = append(want, w.Order)
		}
	}
	b.again(func() { b.wantOpen(want...) })
}

func reopened(_ *testing.T, b *bench) {
	attention, s := NewWalk(1)
	b.commit(s, attention.To(sale.Awaiting), attention.To(sale.Paid, sale.Refunding), attention.To(sale.Attention))
	swept, s := NewWalk(2)
	b.commit(s, swept.To(sale.Closing), swept.To(sale.Closed), swept.To(sale.Closed), swept.To(sale.Closed))
	served, s := NewWalk(3)
	b.commit(s, served.To(sale.Awaiting), served.To(sale.Paid, sale.Dispensing), served.To(sale.Dispensed))
	b.again(func() { b.wantOpen() })
	attention.Order.Refund = sale.Refund{ByPerson: true}
	served.Order.Refund.ByPerson = true
	b.commit(attention.To(sale.Refunding), swept.To(sale.Paid, sale.Refunding), served.To(sale.Refunding))
	b.again(func() { b.wantOpen(attention.Order, swept.Order, served.Order) })
	b.commit(attention.To(sale.Refunded), swept.To(sale.Refunded), served.To(sale.Refunded))
	b.again(func() { b.wantOpen() })
}

func newest(_ *testing.T, b *bench) {
	var want []sale.Number
	for seq := range uint64(5) {
		w, s := NewWalk(seq + 1)
		b.commit(s, w.To(sale.Closing), w.To(sale.Closed))
		want = append([]sale.Number{s.Order.Number}, want...)
	}
	b.again(func() {
		for _, n := range []int{1, 3, 5, 50} {
			orders, err := b.Recent(n)
			var got []sale.Number
			for _, o := range orders {
				got = append(got, o.Number)
			}
			if d := cmp.Diff(want[:min(n, 5)], got); err != nil || d != "" {
				b.Errorf("the newest %d (-want +got): %v\n%s", n, err, d)
			}
		}
	})
}

func doubts(_ *testing.T, b *bench) {
	for seq := range uint64(3) {
		w, s := NewWalk(seq + 1)
		b.commit(s, w.To(sale.Awaiting), w.To(sale.Paid, sale.Dispensing))
		s = w.To(sale.Unknown)
		s.At = Day.AddDate(0, 0, int(seq))
		b.commit(s, w.To(sale.Refunding))
	}
	b.again(func() {
		b.wantDoubts(time.Time{}, 3)
		b.wantDoubts(Day, 3)
		b.wantDoubts(Day.Add(1), 2)
		b.wantDoubts(Day.AddDate(0, 0, 2), 1) // even if that is in the future
		b.wantDoubts(Day.AddDate(0, 0, 3), 0)
		b.wantDoubts(time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC), 3)
	})
}

func sequence(_ *testing.T, b *bench) {
	w, s := NewWalk(1000)
	b.commit(s, w.To(sale.Closing))
	old, _ := NewWalk(1000)
	old.Order.Number = "OTHER-1"
	_, late := NewWalk(999)
	for _, s := range []sale.Step{late, {Order: old.Order, Trail: []sale.Line{{State: sale.Created}}}} {
		if err := b.Commit(s); !errors.Is(err, store.ErrRefused) {
			b.Errorf("sequence %d after 1000: %v", s.Order.Seq, err)
		}
	}
	b.again(func() { b.wantSeq(1000) })
}
