package ledgertest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kioskd/sale"
	"kioskd/store"
)

func (b *bench) wantShelves(want ...sale.Shelf) {
	b.Helper()
	got, err := b.Shelves()
	if err != nil {
		b.Fatal(err)
	}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		b.Errorf("slots (-want +got):\n%s", d)
	}
}

// slots: what a person says and what a step changes are kept, the newest word
// of each slot; a step that is refused changes none.
func slots(_ *testing.T, b *bench) {
	b.again(func() { b.wantShelves() })
	counted := sale.Shelf{Slot: 11, Counted: true, Stock: 8}
	closed := sale.Shelf{Slot: 300, Closed: sale.ClosedByPerson, Reason: "cracked glass", Since: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	for _, s := range []sale.Shelf{closed, {Slot: 11, Counted: true, Stock: 3}, counted} {
		if err := b.SaveShelf(s, sale.Action{}); err != nil {
			b.Fatal(err)
		}
	}
	b.again(func() { b.wantShelves(counted, closed) })

	steps := Happy(1)
	last := len(steps) - 1
	b.commit(steps[:last]...)
	counted.Stock--
	bad := steps[last]
	bad.From, bad.Shelves = sale.Closing, []sale.Shelf{{Slot: 11}}
	if err := b.Commit(bad); !errors.Is(err, store.ErrRefused) {
		b.Errorf("a step from the wrong state: %v", err)
	}
	if err := b.SaveShelf(sale.Shelf{}, sale.Action{}); !errors.Is(err, store.ErrRefused) {
		b.Errorf("a slot without a number: %v", err)
	}
	steps[last].Shelves = []sale.Shelf{counted}
	b.commit(steps[last])
	b.again(func() { b.wantShelves(counted, closed) })
}

// anotherSlot: a second command only behind a failure that is written down, in
// a slot that has had none, if the order's policy says so.
func anotherSlot(_ *testing.T, b *bench) {
	begin := func(seq uint64, other bool) (*Walk, sale.Step) {
		w, created := NewWalk(seq)
		w.Order.Policy.OtherSlot = other
		created.Order = w.Order
		b.commit(created, w.To(sale.Awaiting), w.To(sale.Paid, sale.Dispensing))
		first := w.Order.Product.Slot
		w.Order.Failed = []sale.Slot{first}
		return w, w.To(sale.Paid)
	}
	w, failed := begin(1, true)
	first, second := w.Order.Product.Slot, w.Order.Product.Slot+1
	forgets := failed
	forgets.Order.Failed = nil
	b.wantRefused(forgets, fmt.Sprintf("has failed in slots [%d], not in []", first))
	forgets.Order.Failed = []sale.Slot{second}
	b.wantRefused(forgets, fmt.Sprintf("has failed in slots [%d], not in [%d]", first, second))
	b.commit(failed)
	b.wantRefused(copyOf(w).To(sale.Dispensing), fmt.Sprintf("a second dispense command in slot %d", first))
	dearer := copyOf(w)
	dearer.Order.Product.Slot, dearer.Order.Product.Price = second, 1
	b.wantRefused(dearer.To(sale.Dispensing), "its product changed, which was fixed when it was created")
	away := copyOf(w)
	away.Order.Product.Slot = second
	b.wantRefused(away.To(sale.Refunding), "its product changed, which was fixed when it was created")
	w.Order.Product.Slot = second
	b.commit(w.To(sale.Dispensing))
	third := copyOf(w)
	third.Order.Commands++
	b.wantRefused(third.To(sale.Paid, sale.Dispensing), "a second dispense command")
	b.commit(w.To(sale.Dispensed))

	_, failed = begin(2, false)
	b.wantRefused(failed, "goes back to paid, and its policy is to try no other slot")
}

func copyOf(w *Walk) *Walk {
	c := *w
	c.Order.Failed = slices.Clone(w.Order.Failed)
	return &c
}

func (b *bench) wantRefused(s sale.Step, why string) {
	b.Helper()
	want := store.ErrRefused.Error() + `: order "` + string(s.Order.Number) + `": ` + why
	if err := b.Commit(s); err == nil || err.Error() != want || !errors.Is(err, store.ErrRefused) {
		b.Errorf("got  %v\nwant %s", err, want)
	}
}
