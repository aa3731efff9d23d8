package control_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"kioskd/control"
	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

// TestExportedOnce: a process that ended while it archived left orders in the
// archive and in the ledger; books have each once.
func TestExportedOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k.db")
	s, err := store.Open(t.Context(), path, store.Options{Reserve: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, seq := range []uint64{1, 2, 3, 3 + store.KeepNewest} {
		for _, step := range ledgertest.Happy(seq) {
			if err := s.Commit(step); err != nil {
				t.Fatal(err)
			}
		}
	}
	whole := filepath.Join(t.TempDir(), "whole.db")
	f, err := os.Create(whole)
	if err == nil {
		err = errors.Join(s.Backup(f), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	if p, err := s.Archive(context.Background(), ledgertest.Day.AddDate(0, 1, 0), 10); err != nil || p.Orders != 3 {
		t.Fatalf("%d orders archived, %v", p.Orders, err)
	}
	r, err := store.OpenReadOnly(whole)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	times := map[sale.Number]int{}
	for row, err := range control.Exported(t.Context(), r, path, control.Days{From: ledgertest.Day.AddDate(0, 0, -2), Until: ledgertest.Day.AddDate(0, 2, 0)}) {
		if err != nil {
			t.Fatal(err)
		}
		times[row.Number]++
	}
	for n, got := range times {
		if got != 1 {
			t.Errorf("order %s is exported %d times", n, got)
		}
	}
	if len(times) != 4 {
		t.Errorf("%d orders are exported", len(times))
	}
}
