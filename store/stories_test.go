package store_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

func TestStories(t *testing.T) {
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "k.db"), store.Options{Reserve: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for seq := range uint64(5) {
		for _, step := range ledgertest.Happy(seq + 1) {
			if err := s.Commit(step); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, open := ledgertest.NewWalk(6) // one in hand, in another bucket
	if err := s.Commit(open); err != nil {
		t.Fatal(err)
	}
	var got []uint64
	take := func(a store.Archived) {
		got = append(got, a.Order.Seq)
		if len(a.Journal) == 0 || a.Journal[0].Number != a.Order.Number || a.Journal[len(a.Journal)-1].State != a.Order.State {
			t.Errorf("order %s has the journal %+v", a.Order.Number, a.Journal)
		}
	}
	since := ledgertest.Day.Add(3 * time.Minute) // of the third order
	if err := s.Stories(since, func(o sale.Order) bool { return o.Seq != 4 }, take); err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[0] != 6 || got[1] != 5 || got[2] != 3 {
		t.Errorf("orders %v", got)
	}
}

// Page by page every order is read once, in its order, whichever bucket has it.
func TestPage(t *testing.T) {
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "k.db"), store.Options{Reserve: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for seq := uint64(1); seq <= 7; seq++ {
		steps := ledgertest.Happy(seq)
		if seq%3 == 0 {
			steps = steps[:1] // still open
		}
		for _, step := range steps {
			if err := s.Commit(step); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, limit := range []int{1, 2, 3, 7, 100} {
		var got []uint64
		for after := uint64(0); ; {
			page, err := s.Page(after, limit)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) > limit {
				t.Fatalf("%d orders on a page of %d", len(page), limit)
			}
			if len(page) == 0 {
				break
			}
			for _, o := range page {
				got = append(got, o.Seq)
			}
			after = page[len(page)-1].Seq
		}
		if !slices.Equal(got, []uint64{1, 2, 3, 4, 5, 6, 7}) {
			t.Errorf("pages of %d: %v", limit, got)
		}
	}
	var since []uint64
	if err := s.Since(ledgertest.Day.Add(5*time.Minute), func(o sale.Order) { since = append(since, o.Seq) }); err != nil || !slices.Equal(since, []uint64{7, 6, 5}) {
		t.Errorf("since the fifth: %v, %v", since, err)
	}
}
