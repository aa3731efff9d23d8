package store_test

import (
	"testing"
	"time"

	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

// TestWear: what a sale writes, on a ledger with ten thousand orders and some
// closed ones waiting for their sweeps, and how far the file grows.
func TestWear(t *testing.T) {
	path := newPath(t)
	o := store.Options{Checker: checker(t, "check")}
	s := open(t, path, o)
	const orders = 10_000
	for range 10 {
		sell(t, s, orders/10)
	}
	abandoned(t, s, 60)
	before := stats(t, s)
	const sales = 200
	var worst int64
	for i := range uint64(sales) {
		was := stats(t, s).Written
		for _, step := range ledgertest.Happy(uint64(before.Orders+before.Open) + 1 + i) {
			if err := s.Commit(step); err != nil {
				t.Fatal(err)
			}
		}
		worst = max(worst, stats(t, s).Written-was)
	}
	after := stats(t, s)
	commits := after.Commits - before.Commits
	written := (after.Written - before.Written) / sales
	t.Logf("a sale: %d commits, %d KiB written, %d KiB at worst; file grows by %d bytes",
		commits/sales, written>>10, worst>>10, (after.Used-before.Used)/sales)
	if commits != 4*sales {
		t.Errorf("%d commits for %d sales", commits, sales)
	}
	if worst > 150<<10 {
		t.Errorf("a sale wrote %d bytes, more than 150 KiB", worst)
	}
	if grown := (after.Used - before.Used) / sales; grown > 4096 {
		t.Errorf("the file grows by %d bytes a sale", grown)
	}
	closeStore(t, s)

	begun := time.Now()
	err := store.CheckFile(t.Context(), o.Checker, path)
	checked := time.Since(begun)
	if err != nil {
		t.Fatal(err)
	}
	begun = time.Now()
	s = open(t, path, o)
	defer s.Close()
	left, err := s.Open()
	t.Logf("%d orders, %d KiB: check in a child %s; open with check, and open orders %s",
		after.Orders, after.Used>>10, checked.Round(time.Millisecond), time.Since(begun).Round(time.Millisecond))
	if err != nil || len(left) != 60 {
		t.Errorf("%d open orders, %v", len(left), err)
	}
	begun = time.Now()
	if _, err := s.Order(string(ledgertest.Order(1).Number)); err != nil {
		t.Error(err)
	}
	t.Logf("the oldest order found in %s", time.Since(begun).Round(time.Microsecond))
}

func stats(t *testing.T, s *store.Store) store.Stats {
	t.Helper()
	st, err := s.Stats()
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// abandoned makes orders that nobody paid.
func abandoned(t *testing.T, s *store.Store, n int) {
	t.Helper()
	seq, err := s.LastSeq()
	if err != nil {
		t.Fatal(err)
	}
	var steps []sale.Step
	for i := range uint64(n) {
		w, first := ledgertest.NewWalk(seq + 1 + i)
		steps = append(steps, first, w.To(sale.Awaiting), w.To(sale.Closing), w.To(sale.Closed))
	}
	if err := s.CommitAll(steps); err != nil {
		t.Fatal(err)
	}
}
