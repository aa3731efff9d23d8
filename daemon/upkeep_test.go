package daemon

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kioskd/configs"
	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

// TestArchive: the daemon archives what is old, but not while somebody buys.
func TestArchive(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kioskd.db")
	ledger, err := store.Open(t.Context(), path, store.Options{Reserve: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	commit := func(steps ...sale.Step) {
		t.Helper()
		for _, s := range steps {
			if err := ledger.Commit(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	for seq := range uint64(25) {
		commit(ledgertest.Happy(seq + 1)...)
	}
	newest, first := ledgertest.NewWalk(25 + store.KeepNewest)
	commit(first, newest.To(sale.Closing), newest.To(sale.Closed))
	if busy(ledger) {
		t.Error("a closed order that waits for its second look keeps the daemon from archiving")
	}
	buying, first := ledgertest.NewWalk(26 + store.KeepNewest)
	commit(first)
	if !busy(ledger) {
		t.Error("nobody stands before the machine, it says")
	}
	commit(buying.To(sale.Closing))

	var log strings.Builder
	d := &Daemon{Config: &configs.Config{Store: configs.Store{Keep: 7}}, Log: slog.New(slog.NewTextHandler(&log, nil))}
	if err := d.archive(t.Context(), ledger); err != nil {
		t.Fatal(err)
	}
	st, err := ledger.Stats()
	if err != nil || st.Archived != 25 || !strings.Contains(log.String(), "old orders archived") {
		t.Errorf("%d archived, %v\n%s", st.Archived, err, log.String())
	}
	n := 0
	for _, err := range store.OpenArchive(path).Orders(store.Filter{}) {
		if err != nil {
			t.Error(err)
		}
		n++
	}
	if n != 25 {
		t.Errorf("%d orders in the archives", n)
	}
}

// TestDailyCopy: one copy a day, none while somebody buys, and none counts that
// comes from a clock that was ahead.
func TestDailyCopy(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kioskd.db")
	d := &Daemon{Config: &configs.Config{Store: configs.Store{Path: path, Reserve: 1}}, Log: slog.New(slog.DiscardHandler)}
	ledger, err := store.Open(t.Context(), path, d.storeOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	copies := func() int {
		t.Helper()
		list, err := store.Copies(path, d.storeOptions())
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	copyLedger := func() {
		t.Helper()
		if err := d.copyLedger(t.Context(), ledger); err != nil {
			t.Fatal(err)
		}
	}
	buying, first := ledgertest.NewWalk(1)
	if err := ledger.Commit(first); err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := d.copyLedger(soon, ledger); err != nil || copies() != 0 {
		t.Errorf("while somebody buys: %d copies, %v", copies(), err)
	}
	if err := ledger.Commit(buying.To(sale.Closing)); err != nil {
		t.Fatal(err)
	}
	copyLedger()
	copyLedger()
	if n := copies(); n != 1 {
		t.Errorf("%d copies on the first day", n)
	}
	list, _ := store.Copies(path, d.storeOptions())
	if err := os.Rename(list[0], path+".copy-20990101T000000Z"); err != nil {
		t.Fatal(err)
	}
	copyLedger()
	if n := copies(); n != 2 {
		t.Errorf("%d copies beside one from the future", n)
	}
}
