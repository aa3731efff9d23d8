package store_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

const page = 4096

// contents is all that a ledger says.
type contents struct {
	Orders  []sale.Order
	Open    []sale.Order
	Entries []store.Entry
	Doubts  int
	Cursor  uint64
}

type everything interface {
	Orders(store.Filter) ([]sale.Order, error)
	Open() ([]sale.Order, error)
	Entries(uint64, int) ([]store.Entry, error)
	Cursor(string) (uint64, error)
	Doubts(time.Time) (int, error)
}

func readAll(t *testing.T, s everything) (c contents) {
	t.Helper()
	var errs [5]error
	c.Orders, errs[0] = s.Orders(store.Filter{})
	c.Open, errs[1] = s.Open()
	c.Entries, errs[2] = s.Entries(0, 1_000_000)
	c.Doubts, errs[3] = s.Doubts(time.Time{})
	c.Cursor, errs[4] = s.Cursor("fleet")
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return c
}

// corruptible makes a ledger with something in every bucket, and returns its
// used bytes now and some commits before.
func corruptible(t *testing.T, path string) (image, older []byte, want contents) {
	t.Helper()
	s := open(t, path, store.Options{})
	more := func() {
		sold := sell(t, s, 60)
		w, first := newWalkAfter(sold)
		steps := []sale.Step{first, w.To(sale.Awaiting), w.To(sale.Paid, sale.Dispensing), w.To(sale.Unknown)}
		for i := range uint64(8) {
			w, first := ledgertest.NewWalk(w.Order.Seq + 1 + i)
			steps = append(steps, first, w.To(sale.Awaiting), w.To(sale.Closing), w.To(sale.Closed))
		}
		for _, step := range steps {
			if err := s.Commit(step); err != nil {
				t.Fatal(err)
			}
		}
		st, err := s.Stats()
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Advance("fleet", st.Journal-5); err != nil {
			t.Fatal(err)
		}
	}
	snapshot := func() []byte {
		st, err := s.Stats()
		b, err2 := os.ReadFile(path)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		return b[:st.Used]
	}
	more()
	older = snapshot()
	more()
	image, want = snapshot(), readAll(t, s)
	closeStore(t, s)
	return image, older, want
}
