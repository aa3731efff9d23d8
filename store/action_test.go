package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/sale"
	"kioskd/store"
)

func act(t *testing.T, s *store.Store, list ...sale.Action) {
	t.Helper()
	for _, a := range list {
		if err := s.SaveAction(a); err != nil {
			t.Fatal(err)
		}
	}
}

// Actions are numbered without gaps over restarts, and the newest are kept.
func TestActions(t *testing.T) {
	path := newPath(t)
	s := open(t, path, store.Options{Reserve: 1})
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	act(t, s, sale.Action{By: sale.ByService, What: sale.DeedEntered, At: at, Since: time.Minute})
	shelf := sale.Shelf{Slot: 11, Counted: true, Stock: 8}
	if err := s.SaveShelf(shelf, sale.Action{By: sale.ByService, What: sale.DeedStock, Slot: 11, From: "3", To: "8"}); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	s = open(t, path, store.Options{Reserve: 1})
	act(t, s, sale.Action{N: 77, Boot: 99, By: sale.ByPanel, What: sale.DeedPrice, Slot: 12})
	want := []sale.Action{
		{N: 3, Boot: 2, By: sale.ByPanel, What: sale.DeedPrice, Slot: 12},
		{N: 2, Boot: 1, By: sale.ByService, What: sale.DeedStock, Slot: 11, From: "3", To: "8"},
		{N: 1, Boot: 1, By: sale.ByService, What: sale.DeedEntered, At: at, Since: time.Minute},
	}
	for n := range 4 {
		got, err := s.Actions(n)
		if d := cmp.Diff(want[:n], got, cmp.Transformer("none", func(l []sale.Action) []sale.Action { return append([]sale.Action{}, l...) })); d != "" || err != nil {
			t.Errorf("%d actions: %v (-want +got)\n%s", n, err, d)
		}
	}
	if err := s.SaveShelf(sale.Shelf{}, sale.Action{}); err == nil {
		t.Error("a slot without a number was taken")
	}
	if got, err := s.Actions(9); len(got) != 3 || err != nil {
		t.Errorf("after a change that was refused there are %d actions, %v", len(got), err)
	}
	closeStore(t, s)
}

func TestActionsAreBounded(t *testing.T) {
	path := newPath(t)
	s := open(t, path, store.Options{Reserve: 1})
	if err := s.FillActions(sale.KeepActions - 1); err != nil {
		t.Fatal(err)
	}
	act(t, s, make([]sale.Action, 3)...)
	got, err := s.Actions(2 * sale.KeepActions)
	if err != nil || len(got) != sale.KeepActions || got[0].N != sale.KeepActions+2 || got[len(got)-1].N != 3 {
		t.Fatalf("%d actions, %v", len(got), err)
	}
	closeStore(t, s)
	closeStore(t, open(t, path, store.Options{Reserve: 1}))
}

// What persons did is on the tape, too.
func TestRestoredActions(t *testing.T) {
	for _, copied := range []int{0, 1, 2} {
		path := newPath(t)
		o := store.Options{Reserve: 1, Clock: ticking()}
		s := open(t, path, o)
		sellOne(t, s, 1, 1)
		copyLedger(t, s)
		for i := range 3 {
			act(t, s, sale.Action{By: sale.ByCommand, What: sale.DeedOpen, Slot: sale.Slot(11 + i)})
			if i < copied {
				copyLedger(t, s)
			}
		}
		if err := s.SaveShelf(sale.Shelf{Slot: 14}, sale.Action{What: sale.DeedStock, Slot: 14}); err != nil {
			t.Fatal(err)
		}
		want, err := s.Actions(9)
		if err != nil || len(want) != 4 {
			t.Fatal(want, err)
		}
		closeStore(t, s)
		spoil(t, path)
		s = open(t, path, o)
		got, err := s.Actions(9)
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%d copied: %v (-want +got)\n%s", copied, err, d)
		}
		act(t, s, sale.Action{What: sale.DeedLeft})
		if got, err := s.Actions(1); err != nil || got[0].N != 5 {
			t.Errorf("the next action is %+v, %v", got, err)
		}
		closeStore(t, s)
	}
}
