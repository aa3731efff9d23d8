package store_test

import (
	"errors"
	"testing"

	"kioskd/pin"
	"kioskd/store"
)

var _ pin.Tally = (*store.Store)(nil)

// The number of wrong PINs outlives the process, and it is no part of the
// schema: a ledger without it is whole.
func TestTries(t *testing.T) {
	path := newPath(t)
	s := open(t, path, store.Options{Reserve: 1})
	says := func(want int) {
		t.Helper()
		if n, err := s.Tries(); n != want || err != nil {
			t.Fatalf("%d wrong PINs, %v; want %d", n, err, want)
		}
	}
	says(0)
	for _, n := range []int{1, 300, 0, 7} {
		if err := s.SaveTries(n); err != nil {
			t.Fatal(err)
		}
		says(n)
	}
	if err := s.SaveTries(-1); !errors.Is(err, store.ErrRefused) {
		t.Errorf("-1 wrong PINs: %v", err)
	}
	closeStore(t, s)
	s = open(t, path, store.Options{Reserve: 1})
	defer closeStore(t, s)
	says(7)
}
