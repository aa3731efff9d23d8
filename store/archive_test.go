package store_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

// at puts a sale on a day of its own.
func at(day time.Time, steps ...sale.Step) []sale.Step {
	for i := range steps {
		steps[i].Order.CreatedAt = day
		steps[i].At = day.Add(time.Duration(i) * time.Second)
	}
	return steps
}

func commit(t *testing.T, s *store.Store, steps ...sale.Step) {
	t.Helper()
	if err := s.CommitAll(steps); err != nil {
		t.Fatal(err)
	}
}

// archive calls Archive until there is nothing more to do.
func archive(t *testing.T, s *store.Store, before time.Time, limit int) (moved int, held string) {
	t.Helper()
	for {
		p, err := s.Archive(t.Context(), before, limit)
		if err != nil {
			t.Fatal(err)
		}
		if p.Orders > limit {
			t.Errorf("one pass moved %d orders, not %d at most", p.Orders, limit)
		}
		moved += p.Orders
		if p.Done {
			return moved, p.Held
		}
	}
}

// archived reads all archives, which must be sound.
func archived(t *testing.T, path string) (list []store.Archived) {
	t.Helper()
	for a, err := range store.OpenArchive(path).Orders(store.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, a)
	}
	return list
}

// everyOrder is what the ledger and the archives hold together, by sequence,
// with the journals. An order that is in both is there twice.
func everyOrder(t *testing.T, s *store.Store, path string) (all []store.Archived) {
	t.Helper()
	orders, err := s.Orders(store.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range orders {
		j, err := s.Journal(string(o.Number))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, store.Archived{Order: o, Journal: j})
	}
	all = append(all, archived(t, path)...)
	slices.SortStableFunc(all, func(a, b store.Archived) int { return int(a.Order.Seq) - int(b.Order.Seq) })
	return all
}

func sameOrders(t *testing.T, name string, want, got []store.Archived) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s: orders (-before +after):\n%s", name, d)
	}
}

func month(path, m string) string { return path + ".archive-" + m + ".jsonl.gz" }

// threeMonths has orders from March to May of 2026, four a day.
func threeMonths(t *testing.T, s *store.Store) time.Time {
	t.Helper()
	day := ledgertest.Day
	var steps []sale.Step
	for seq := range uint64(4 * 80) {
		steps = append(steps, at(day, ledgertest.Happy(seq+1)...)...)
		if seq%4 == 3 {
			day = day.AddDate(0, 0, 1)
		}
	}
	commit(t, s, steps...)
	return day
}

func TestArchive(t *testing.T) {
	path := newPath(t)
	o := store.Options{Checker: checker(t, "check")}.KeepingNewest(10)
	s := open(t, path, o)
	end := threeMonths(t, s)
	want := everyOrder(t, s, path)
	moved, _ := archive(t, s, end.AddDate(0, 0, -20), 25)
	if moved != 4*60 {
		t.Errorf("%d orders moved, want %d", moved, 4*60)
	}
	if again, _ := archive(t, s, end.AddDate(0, 0, -20), 25); again != 0 {
		t.Errorf("%d orders moved again", again)
	}
	sameOrders(t, "archived", want, everyOrder(t, s, path))
	st := stats(t, s)
	if st.Orders != 80 || st.Archived != 240 || st.Journal != 1600 {
		t.Errorf("stats %+v", st)
	}
	if n := zcat(t, month(path, "2026-03")) + zcat(t, month(path, "2026-04")); n != 240 {
		t.Errorf("%d lines in the files", n)
	}
	closeStore(t, s)
	s = open(t, path, o) // examined
	defer s.Close()
	sameOrders(t, "opened again", want, everyOrder(t, s, path))
	if lost := s.CheckArchives(); lost != nil {
		t.Error(lost)
	}
	entries, err := s.Entries(0, 1_000_000)
	if err != nil || len(entries) != 5*80 || entries[0].N != 5*240+1 {
		t.Errorf("%d entries, %v", len(entries), err)
	}
	gone := want[0].Order
	late := at(end, ledgertest.Happy(999)...)[0]
	late.Order.Number, late.Order.Seq = gone.Number, gone.Seq
	wantText(t, s.Commit(late), "", `the ledger refuses the step: order "`+string(gone.Number)+`": has sequence 1, but 320 was used before`)
	w := ledgertest.Walk{Order: gone}
	wantText(t, s.Commit(w.To(sale.Refunding)), "", `the ledger refuses the step: order "`+string(gone.Number)+`": leaves dispensed, but there is no such order`)
}

// zcat reads a file as any program does and counts its lines.
func zcat(t *testing.T, path string) (lines int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for in := bufio.NewScanner(z); in.Scan(); lines++ {
		var a store.Archived
		if err := json.Unmarshal(in.Bytes(), &a); err != nil || a.Order.Number == "" || len(a.Journal) != 5 {
			t.Fatalf("line %d: %v", lines, err)
		}
	}
	return lines
}

// TestArchiveLeaves: what must stay in the ledger.
func TestArchiveLeaves(t *testing.T) {
	path := newPath(t)
	s := open(t, path, store.Options{}.KeepingNewest(3))
	defer s.Close()
	day, today := ledgertest.Day, ledgertest.Day.AddDate(1, 0, 0)
	seq := uint64(0)
	add := func(day time.Time, last time.Time, path ...sale.State) {
		seq++
		w, first := ledgertest.NewWalk(seq)
		steps := []sale.Step{first}
		for _, state := range path {
			steps = append(steps, w.To(state))
		}
		steps = at(day, steps...)
		steps[len(steps)-1].At = last
		commit(t, s, steps...)
	}
	toUnknown := []sale.State{sale.Awaiting, sale.Paid, sale.Dispensing, sale.Unknown}
	toRefunded := append(toUnknown[:4:4], sale.Refunding, sale.Refunded)
	add(day, day, toRefunded...)                                                 // 1 goes, with its doubt
	add(day, day, sale.Awaiting)                                                 // 2 is open
	add(day, day, sale.Closing, sale.Closed, sale.Closed)                        // 3 waits for its second look
	add(day, day, sale.Closing, sale.Closed, sale.Closed, sale.Closed)           // 4 goes
	add(day, day, append(toUnknown[:4:4], sale.Attention)...)                    // 5 a person must settle
	add(day, today, append(toUnknown[:4:4], sale.Attention, sale.Dispensed)...)  // 6 a person settled today
	add(today.AddDate(1, 0, 0), day, append(toUnknown[:3:3], sale.Dispensed)...) // 7 is from the future
	add(day, day, append(toUnknown[:3:3], sale.Dispensed)...)                    // 8 goes
	for range 3 {
		add(day, day, append(toUnknown[:3:3], sale.Dispensed)...) // 9 to 11 are the newest
	}
	if err := s.Advance("fleet", 10); err != nil {
		t.Fatal(err)
	}
	before := today.AddDate(0, -6, 0)
	if moved, held := archive(t, s, before, 100); moved != 1 || held != "fleet" {
		t.Errorf("moved %d beside a reader who is behind, held by %q", moved, held)
	}
	if err := s.Advance("fleet", stats(t, s).Journal); err != nil {
		t.Fatal(err)
	}
	if moved, held := archive(t, s, before, 100); moved != 2 || held != "" {
		t.Errorf("moved %d, held by %q", moved, held)
	}
	orders, err := s.Orders(store.Filter{})
	var left []uint64
	for _, o := range orders {
		left = append(left, o.Seq)
	}
	if want := []uint64{11, 10, 9, 7, 6, 5, 3, 2}; err != nil || !slices.Equal(left, want) {
		t.Errorf("left %v (%v), want %v", left, err, want)
	}
	if n, err := s.Doubts(time.Time{}); n != 2 || err != nil {
		t.Errorf("%d doubts, %v", n, err)
	}
	closeStore(t, s)
	if err := store.VerifyFile(path); err != nil {
		t.Error(err)
	}
	s = open(t, path, store.Options{})
	if moved, _ := archive(t, s, today.AddDate(90, 0, 0), 100); moved != 0 {
		t.Errorf("a clock that jumps took %d of the newest %d orders", moved, store.KeepNewest)
	}
}

// TestArchiveNeedsSpace: archiving never takes the room of the sales.
func TestArchiveNeedsSpace(t *testing.T) {
	path := newPath(t)
	space := store.Space{Free: 1 << 30}
	s := open(t, path, store.Options{Space: func(string) (store.Space, error) { return space, nil }}.KeepingNewest(1))
	defer s.Close()
	sell(t, s, 10)
	space.Free = 1 << 20
	_, err := s.Archive(t.Context(), at2026().AddDate(1, 0, 0), 5)
	wantText(t, err, "", "E-STORE-02: the ledger's disk has 1 MiB left, and 16 MiB are its reserve"+
		" (delete what fills the disk; sales go on by themselves)")
	space.Free = 1 << 30
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if p, err := s.Archive(ctx, at2026().AddDate(1, 0, 0), 5); !errors.Is(err, context.Canceled) || p.Orders != 0 {
		t.Error(p, err)
	}
	// A folder stands where the file should be.
	if err := os.Mkdir(month(path, "2026-03"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Archive(t.Context(), at2026().AddDate(1, 0, 0), 5); !errors.Is(err, store.ErrArchive) || s.Failed() != nil {
		t.Error(err, s.Failed())
	}
	if _, err := s.Orders(store.Filter{}); err != nil {
		t.Error(err)
	}
	sell(t, s, 1)
	if err := os.Remove(month(path, "2026-03")); err != nil {
		t.Fatal(err)
	}
	if moved, _ := archive(t, s, at2026().AddDate(1, 0, 0), 5); moved != 10 {
		t.Errorf("%d moved when it was possible again", moved)
	}
}

// TestArchiveAfterCrash: a pass is cut short after its archive was written, in
// whole or in part, and repeated.
func TestArchiveAfterCrash(t *testing.T) {
	before := ledgertest.Day.AddDate(0, 0, 40)
	for _, keep := range []int{-1, 0, 1, 9, 30, 31, 32, 40, 200, 500, 1000} {
		t.Run(fmt.Sprint(keep), func(t *testing.T) {
			path := newPath(t)
			o := store.Options{}.KeepingNewest(10)
			s := open(t, path, o)
			defer s.Close()
			threeMonths(t, s)
			want := everyOrder(t, s, path)
			if _, err := s.Archive(t.Context(), before, 30); err != nil {
				t.Fatal(err)
			}
			file := month(path, "2026-03")
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.AppendOnly(before, 30); err != nil {
				t.Fatal(err)
			}
			if keep >= 0 {
				if err := os.Truncate(file, info.Size()+int64(keep)); err != nil {
					t.Fatal(err)
				}
			}
			archive(t, s, before, 30)
			sameOrders(t, "after the crash", want, everyOrder(t, s, path))
			zcat(t, file)
			zcat(t, month(path, "2026-04"))
			if lost := s.CheckArchives(); lost != nil {
				t.Error(lost)
			}
		})
	}
}

// TestArchiveOfAnOlderLedger: a backup is put in place that does not know of
// the last archives. Nothing in them is lost, and nothing counts twice.
func TestArchiveOfAnOlderLedger(t *testing.T) {
	path := newPath(t)
	o := store.Options{}.KeepingNewest(10)
	s := open(t, path, o)
	end := threeMonths(t, s)
	want := everyOrder(t, s, path)
	archive(t, s, end.AddDate(0, 0, -60), 30)
	var backup bytes.Buffer
	if err := s.Backup(&backup); err != nil {
		t.Fatal(err)
	}
	archive(t, s, end, 30)
	closeStore(t, s)
	if err := os.WriteFile(path, backup.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, o)
	archive(t, s, end, 30)
	sameOrders(t, "restored", want, everyOrder(t, s, path))
	closeStore(t, s)

	// And with no ledger at all the next one counts on.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	forgetTape(t, path)
	for _, copied := range copiesOf(t, path) {
		if err := os.Remove(copied); err != nil {
			t.Fatal(err)
		}
	}
	s = open(t, path, o)
	defer s.Close()
	if seq, _ := s.LastSeq(); seq != 310+store.KeepNewest+1000 {
		t.Errorf("the new ledger counts on from %d", seq)
	}
	if n := len(archived(t, path)); n != 310 {
		t.Errorf("%d orders in the archives", n)
	}
}

// TestArchiveOrder finds archived orders as a technician does.
func TestArchiveOrder(t *testing.T) {
	path := newPath(t)
	s := open(t, path, store.Options{}.KeepingNewest(10))
	defer s.Close()
	end := threeMonths(t, s)
	want := everyOrder(t, s, path)[5]
	archive(t, s, end, 100)
	a := store.OpenArchive(path)
	for _, number := range []string{string(want.Order.Number), string(want.Order.Number.Tail())} {
		got, err := a.Order(number)
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%s: %v %s", number, err, d)
		}
	}
	_, err := a.Order("nowhere")
	wantText(t, err, "", `"nowhere": no such order`)
	if !errors.Is(err, store.ErrNoOrder) {
		t.Errorf("%#v", err)
	}
	if _, err = s.Order(string(want.Order.Number)); !errors.Is(err, store.ErrNoOrder) {
		t.Errorf("in the ledger: %v", err)
	}
	april := time.Date(2026, 4, 3, 0, 0, 0, 0, time.UTC)
	count := 0
	for o, err := range a.Orders(store.Filter{Since: april, Until: april.AddDate(0, 0, 2), States: []sale.State{sale.Dispensed}, Limit: 5}) {
		if err != nil || o.Order.CreatedAt.Before(april) {
			t.Error(o.Order.CreatedAt, err)
		}
		count++
	}
	if count != 5 {
		t.Errorf("%d orders selected", count)
	}
	for range store.OpenArchive(filepath.Join(t.TempDir(), "none", "k.db")).Orders(store.Filter{}) {
		t.Error("orders from nowhere")
	}
}

// TestSchema1 opens a ledger from before there were archives.
func TestSchema1(t *testing.T) {
	path := newPath(t)
	_, _, want := corruptible(t, path)
	s := open(t, path, store.Options{})
	if err := s.Edit(store.ToSchema1); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	forgetTape(t, path)
	if _, err := store.OpenReadOnly(path); err == nil || !strings.Contains(err.Error(), "the ledger has schema 1, this kioskd knows 4 (start the daemon once") {
		t.Error(err)
	}
	s = open(t, path, store.Options{Checker: checker(t, "check")}.KeepingNewest(10))
	if d := cmp.Diff(want, readAll(t, s)); d != "" {
		t.Errorf("after the change of schema:\n%s", d)
	}
	if moved, _ := archive(t, s, ledgertest.Day.AddDate(1, 0, 0), 50); moved != 119 {
		t.Errorf("%d moved", moved)
	}
	closeStore(t, s)
	if err := store.VerifyFile(path); err != nil {
		t.Error(err)
	}
}
