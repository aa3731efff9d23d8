package store_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

func TestOutbox(t *testing.T) {
	path := newPath(t)
	s := open(t, path, store.Options{})
	sell(t, s, 3) // 15 entries
	var seen []uint64
	for range 4 {
		at, err := s.Cursor("fleet")
		if err != nil {
			t.Fatal(err)
		}
		entries, err := s.Entries(at, 4)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			seen = append(seen, e.N)
		}
		if err := s.Advance("fleet", entries[len(entries)-1].N); err != nil {
			t.Fatal(err)
		}
		closeStore(t, s)
		s = open(t, path, store.Options{})
	}
	defer s.Close()
	for i, n := range seen {
		if n != uint64(i+1) {
			t.Fatalf("entries %v: one is missing or doubled", seen)
		}
	}
	if len(seen) != 15 {
		t.Errorf("%d entries, want 15", len(seen))
	}
	for _, c := range []struct {
		name string
		to   uint64
		want string
	}{
		{"fleet", 14, `the ledger refuses the step: reader "fleet" cannot go from entry 15 to 14, the journal ends at 15`},
		{"fleet", 16, `the ledger refuses the step: reader "fleet" cannot go from entry 15 to 16, the journal ends at 15`},
		{"", 1, `the ledger refuses the step: reader "" cannot go from entry 0 to 1, the journal ends at 15`},
	} {
		wantText(t, s.Advance(c.name, c.to), "", c.want)
	}
	if n, err := s.Cursor("other"); n != 0 || err != nil {
		t.Error(n, err)
	}
}

func TestBackup(t *testing.T) {
	path := newPath(t)
	s := open(t, path, store.Options{})
	defer s.Close()
	var want []sale.Order
	// Both parities of the transaction number, because bbolt orders heads by it.
	for i := range 4 {
		want = append(want, sell(t, s, 2)...)
		var b bytes.Buffer
		if err := s.Backup(&b); err != nil {
			t.Fatal(err)
		}
		copied := newPath(t)
		if err := os.WriteFile(copied, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		for round := range 3 {
			restored := open(t, copied, store.Options{})
			got, err := restored.Orders(store.Filter{})
			if err != nil || len(got) != len(want) || !cmp.Equal(got[0], want[len(want)-1]) {
				t.Errorf("backup %d opened %d times: %d orders (%v), want %d", i, round, len(got), err, len(want))
			}
			closeStore(t, restored)
		}
	}
	broken := errors.New("the stick was pulled")
	err := s.Backup(writerFunc(func([]byte) (int, error) { return 0, broken }))
	if !errors.Is(err, broken) || s.Health() != nil {
		t.Errorf("a failed backup: %v, health %v", err, s.Health())
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// TestInBubble: simulations run the real ledger with a fake clock.
func TestInBubble(t *testing.T) {
	path := newPath(t)
	synctest.Test(t, func(t *testing.T) {
		for range 2 {
			s := open(t, path, store.Options{})
			sell(t, s, 2)
			time.Sleep(time.Hour)
			if err := s.Health(); err != nil {
				t.Error(err)
			}
			closeStore(t, s)
		}
	})
}

// TestReadersBesideCommits is for the race detector: the screen, the control
// socket and a backup read while the machine sells.
func TestReadersBesideCommits(t *testing.T) {
	s := open(t, newPath(t), store.Options{})
	defer s.Close()
	done := make(chan struct{})
	var readers sync.WaitGroup
	for _, read := range []func() error{
		func() error { _, err := s.Orders(store.Filter{Limit: 10}); return err },
		func() error { _, err := s.Stats(); return err },
		func() error { return s.Backup(io.Discard) },
		func() error { return s.Health() },
		func() error { _, err := s.Entries(0, 50); return err },
	} {
		readers.Go(func() {
			for {
				if err := read(); err != nil {
					t.Error(err)
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for seq := range uint64(30) {
		for _, step := range ledgertest.Happy(seq + 1) {
			if err := s.Commit(step); err != nil {
				t.Error(err)
			}
		}
	}
	close(done)
	readers.Wait()
}
