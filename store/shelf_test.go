package store_test

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

// TestRestoredSlots: after a restore each slot is as the ledger had it, from
// whichever copy: the tape's older words change nothing, and none is missing.
func TestRestoredSlots(t *testing.T) {
	says := func(t *testing.T, s *store.Store, list ...sale.Shelf) {
		t.Helper()
		for _, shelf := range list {
			if err := s.SaveShelf(shelf, sale.Action{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	fails := func(t *testing.T, s *store.Store, seq uint64) {
		t.Helper()
		steps := ledgertest.Happy(seq)
		last := len(steps) - 1
		steps[last].Shelves = []sale.Shelf{{
			Slot: 11, Closed: sale.ClosedByFailure, Order: steps[last].Order.Number, Reason: "jammed",
			Since: time.Date(2026, 3, 1, 9, 0, 0, 0, time.FixedZone("", 5*3600)),
		}}
		commitEach(t, s, steps...)
	}
	closed := sale.Shelf{Slot: 12, Closed: sale.ClosedByPerson, Reason: "cracked glass"}
	for _, c := range []struct {
		name string
		live func(t *testing.T, s *store.Store)
	}{
		{"a failure after a person's word, both in the copy", func(t *testing.T, s *store.Store) {
			says(t, s, sale.Shelf{Slot: 11})
			fails(t, s, 2)
			copyLedger(t, s)
		}},
		{"a failure after a person's word, neither in the copy", func(t *testing.T, s *store.Store) {
			says(t, s, sale.Shelf{Slot: 11})
			fails(t, s, 2)
		}},
		{"a person's word after a failure", func(t *testing.T, s *store.Store) {
			fails(t, s, 2)
			says(t, s, sale.Shelf{Slot: 11, Counted: true, Stock: 8}, closed)
		}},
		{"a person's word alone, and a copy that is damaged", func(t *testing.T, s *store.Store) {
			says(t, s, closed)
			spoil(t, copyLedger(t, s))
		}},
		{"a person's word while the tape could not be written", func(t *testing.T, s *store.Store) {
			s.CloseTape()
			says(t, s, closed)
			if err := s.Health(); err != nil {
				t.Fatal(err)
			}
		}},
		{"a failure while the tape could not be written", func(t *testing.T, s *store.Store) {
			says(t, s, closed, sale.Shelf{Slot: 11})
			s.CloseTape()
			fails(t, s, 2)
			if err := s.Health(); err != nil {
				t.Fatal(err)
			}
			sellOne(t, s, 3, 3)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := newPath(t)
			o := store.Options{Reserve: 1, Clock: ticking()}
			s := open(t, path, o)
			sellOne(t, s, 1, 1)
			copyLedger(t, s)
			c.live(t, s)
			want, err := s.Shelves()
			if err != nil {
				t.Fatal(err)
			}
			closeStore(t, s)
			spoil(t, path)
			s = open(t, path, o)
			defer s.Close()
			got, err := s.Shelves()
			if d := cmp.Diff(want, got); d != "" || err != nil {
				t.Errorf("%v; the slots (-want +got):\n%s", err, d)
			}
		})
	}
}

// TestSlotsBehindATornLine: what a start cuts off the tape it writes again.
func TestSlotsBehindATornLine(t *testing.T) {
	path := newPath(t)
	o := store.Options{Reserve: 1, Clock: ticking()}
	s := open(t, path, o)
	copyLedger(t, s)
	tape := s.NextTape()
	sellOne(t, s, 1, 1)
	want := sale.Shelf{Slot: 12, Closed: sale.ClosedByPerson}
	if err := s.SaveShelf(want, sale.Action{}); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	b, err := os.ReadFile(tape)
	if err != nil || len(b) == 0 {
		t.Fatalf("%d bytes of tape, %v", len(b), err)
	}
	b[0] ^= 1
	if err := os.WriteFile(tape, b, 0o600); err != nil {
		t.Fatal(err)
	}
	closeStore(t, open(t, path, o))
	spoil(t, path)
	s = open(t, path, o)
	defer s.Close()
	if got, err := s.Shelves(); err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("the slots are %+v, %v", got, err)
	}
}

// TestSlotsBehindAHole: a step that cannot be played again, because one before
// it is missing, tells of its slot still.
func TestSlotsBehindAHole(t *testing.T) {
	path := newPath(t)
	o := store.Options{Reserve: 1, Clock: ticking()}
	s := open(t, path, o)
	copyLedger(t, s)
	tape := s.NextTape()
	sellOne(t, s, 1, 1)
	steps := ledgertest.Happy(2)
	want := sale.Shelf{Slot: 11, Closed: sale.ClosedByFailure}
	steps[len(steps)-1].Shelves = []sale.Shelf{want}
	commitEach(t, s, steps...)
	closeStore(t, s)
	spoil(t, path)
	b, err := os.ReadFile(tape)
	if err != nil || len(b) == 0 {
		t.Fatalf("%d bytes of tape, %v", len(b), err)
	}
	b[0] ^= 1
	if err := os.WriteFile(tape, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, o)
	defer s.Close()
	if got, err := s.Shelves(); err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("the slots are %+v, %v", got, err)
	}
}
