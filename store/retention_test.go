package store_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

var yearDays = flag.Int("retention-days", 60, "how many days of 200 sales TestBounded makes")

// TestBounded sells 200 a day and keeps a week: the file stops growing.
func TestBounded(t *testing.T) {
	path := newPath(t)
	s := open(t, path, store.Options{})
	const sales, keep = 200, 7
	day, seq, moved := ledgertest.Day, uint64(0), 0
	var early int64
	for d := range *yearDays {
		var steps []sale.Step
		for range sales {
			seq++
			steps = append(steps, at(day, ledgertest.Happy(seq)...)...)
		}
		commit(t, s, steps[:len(steps)/2]...)
		commit(t, s, steps[len(steps)/2:]...)
		n, _ := archive(t, s, day.AddDate(0, 0, -keep), 100)
		moved += n
		if d == 30 {
			early = stats(t, s).Used
		}
		day = day.AddDate(0, 0, 1)
	}
	st := stats(t, s)
	var packed int64
	for m := ledgertest.Day; m.Before(day); m = m.AddDate(0, 1, 0) {
		if info, err := os.Stat(month(path, m.Format("2006-01"))); err == nil {
			packed += info.Size()
		}
	}
	t.Logf("%d orders, %d archived: ledger %d KiB after 30 days, %d KiB after %d, %d free pages; archives %d bytes an order",
		seq, moved, early>>10, st.Used>>10, *yearDays, st.FreePages, packed/int64(max(1, moved)))
	if *yearDays > 30 && st.Used > early+early/10 {
		t.Errorf("the ledger grew from %d bytes to %d", early, st.Used)
	}
	if want := uint64(sales * (keep + 1)); st.Orders != want || st.Orders+st.Archived != seq {
		t.Errorf("%d orders in the ledger, want %d; %d archived of %d", st.Orders, want, st.Archived, seq)
	}
	closeStore(t, s)
	if err := store.VerifyFile(path); err != nil {
		t.Error(err)
	}
	if list := archived(t, path); uint64(len(list)) != st.Archived {
		t.Errorf("%d orders in the archives, want %d", len(list), st.Archived)
	}
}

// TestArchiveWear: what a pass costs beside sales.
func TestArchiveWear(t *testing.T) {
	s := open(t, newPath(t), store.Options{})
	defer s.Close()
	for range 6 {
		sell(t, s, 1000)
	}
	var worst int64
	var longest time.Duration
	for range 100 {
		was, begun := stats(t, s), time.Now()
		p, err := s.Archive(t.Context(), ledgertest.Day.AddDate(1, 0, 0), 20)
		if err != nil || p.Orders != 20 {
			t.Fatal(p, err)
		}
		now := stats(t, s)
		worst, longest = max(worst, now.Written-was.Written), max(longest, time.Since(begun))
		if now.Commits-was.Commits != 1 {
			t.Fatalf("%d commits for one pass", now.Commits-was.Commits)
		}
	}
	t.Logf("a pass of 20 orders: one commit, %d KiB written at worst, %s at the longest", worst>>10, longest.Round(time.Millisecond))
	if worst > 150<<10 {
		t.Errorf("a pass wrote %d bytes, more than 150 KiB", worst)
	}
}

// sellAndArchive sells and archives for ever, until it is killed.
func sellAndArchive(path string) int {
	s, err := store.Open(context.Background(), path, store.Options{}.KeepingNewest(5))
	if err != nil {
		fmt.Println(err)
		return 1
	}
	seq, err := s.LastSeq()
	for err == nil {
		seq++
		for _, step := range ledgertest.Happy(seq) {
			if err = s.Commit(step); err != nil {
				break
			}
		}
		if err == nil && seq%3 == 0 {
			_, err = s.Archive(context.Background(), ledgertest.Day.AddDate(1, 0, 0), 2+int(seq%4))
		}
		fmt.Printf("ACK %d\n", seq)
	}
	fmt.Println(err)
	return 1
}

// TestKilledWhileArchiving kills it again and again: no order is lost and none
// is in both places, but for those of the pass that was cut short.
func TestKilledWhileArchiving(t *testing.T) {
	path := newPath(t)
	seen := 0
	for round := 0; round < 10 || round < 60 && seen < 20; round++ {
		// A busy machine gets longer and longer, until something was archived.
		delay := time.Duration(30+rand.IntN(120)*(1+round/5)) * time.Millisecond
		var acknowledged uint64
		for _, line := range runAndKill(t, "archive", path, delay) {
			if n, err := fmt.Sscanf(line, "ACK %d", &acknowledged); n != 1 {
				t.Fatalf("the seller said %q: %v", line, err)
			}
		}
		s := open(t, path, store.Options{Checker: checker(t, "check")})
		last, err := s.LastSeq()
		if err != nil || last < acknowledged {
			t.Fatalf("round %d: sequence %d, %d was acknowledged, %v", round, last, acknowledged, err)
		}
		if left, _ := s.Open(); len(left) > 0 {
			finish(t, s, left[0])
		}
		places := map[uint64]int{}
		ledger := 0
		orders, err := s.Orders(store.Filter{})
		for _, o := range orders {
			places[o.Seq]++
			ledger++
		}
		list, twice := archived(t, path), 0
		for _, a := range list {
			if places[a.Order.Seq]++; places[a.Order.Seq] > 1 {
				twice++
			}
			if a.Order.State != sale.Dispensed || len(a.Journal) < 4 {
				t.Errorf("order %d is archived as %s", a.Order.Seq, a.Order.State)
			}
		}
		if err != nil || len(places) != int(last) || twice > 5 {
			t.Fatalf("round %d: %d orders of %d found, %d in two places, %v", round, len(places), last, twice, err)
		}
		seen = len(list)
		closeStore(t, s)
	}
	if seen < 20 {
		t.Errorf("only %d orders were archived: this test saw nothing", seen)
	}
}

// TestFailedPass: a ledger that cannot be written says so, and the archive
// that was written before is not lost.
func TestFailedPass(t *testing.T) {
	path := newPath(t)
	s := open(t, path, store.Options{}.KeepingNewest(1))
	sell(t, s, 10)
	if err := s.CloseFile(); err != nil {
		t.Fatal(err)
	}
	_, err := s.Archive(t.Context(), ledgertest.Day.AddDate(1, 0, 0), 5)
	var f *sale.Fault
	if !errors.As(err, &f) || f.Code != sale.CodeStoreWrite || s.Failed() != f {
		t.Errorf("%v, failed %v", err, s.Failed())
	}
	_ = s.Close()
	s = open(t, path, store.Options{}.KeepingNewest(1))
	defer s.Close()
	if s.Failed() != nil {
		t.Error(s.Failed())
	}
	if moved, _ := archive(t, s, ledgertest.Day.AddDate(1, 0, 0), 5); moved != 9 {
		t.Errorf("%d moved", moved)
	}
	if n := len(everyOrder(t, s, path)); n != 10 {
		t.Errorf("%d orders", n)
	}
}
