package store_test

import (
	"path/filepath"
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
