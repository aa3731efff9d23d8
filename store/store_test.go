package store_test

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

func TestLedger(t *testing.T) {
	ledgertest.Run(t, func(t *testing.T) (sale.Ledger, func() sale.Ledger) {
		path := newPath(t)
		s := open(t, path, store.Options{})
		t.Cleanup(func() { s.Close() })
		return s, func() sale.Ledger {
			closeStore(t, s)
			s = open(t, path, store.Options{})
			return s
		}
	})
}

// TestLikeMemory drives the file and the ledger in memory with the same steps,
// good and bad, and wants the same answers.
func TestLikeMemory(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp("", "ledger")
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(dir)
		path := dir + "/kioskd.db"
		file, err := store.Open(t.Context(), path, store.Options{})
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { file.Close() }()
		memory := ledgertest.NewMemory()
		walks := []*ledgertest.Walk{}
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			var step sale.Step
			if pick := rapid.IntRange(-1, len(walks)-1).Draw(rt, "order"); pick < 0 {
				w, s := ledgertest.NewWalk(uint64(rapid.IntRange(1, 40).Draw(rt, "seq")))
				walks, step = append(walks, w), s
			} else {
				states := rapid.SliceOfN(rapid.SampledFrom(sale.States()), 1, 2).Draw(rt, "states")
				was := walks[pick].Order
				step = walks[pick].To(states...)
				if store.Admit(&was, 0, step) != nil {
					walks[pick].Order = was
				}
			}
			fromFile, fromMemory := file.Commit(step), memory.Commit(step)
			if fmt.Sprint(fromFile) != fmt.Sprint(fromMemory) {
				rt.Fatalf("file: %v\nmemory: %v", fromFile, fromMemory)
			}
			if rapid.IntRange(0, 9).Draw(rt, "crash") == 0 {
				if err := file.Close(); err != nil {
					rt.Fatal(err)
				}
				if file, err = store.Open(t.Context(), path, store.Options{}); err != nil {
					rt.Fatal(err)
				}
				memory = memory.Reopen()
			}
			compareLedgers(rt, file, memory)
		}
	})
}

func compareLedgers(rt *rapid.T, a, b sale.Ledger) {
	type answers struct {
		Open   []sale.Order
		Seq    uint64
		Doubts int
	}
	ask := func(l sale.Ledger) (x answers) {
		var errs [3]error
		x.Open, errs[0] = l.Open()
		x.Seq, errs[1] = l.LastSeq()
		x.Doubts, errs[2] = l.Doubts(ledgertest.Day.Add(5 * time.Minute))
		if err := errors.Join(errs[:]...); err != nil {
			rt.Fatal(err)
		}
		return x
	}
	if d := cmp.Diff(ask(a), ask(b), cmpopts.EquateEmpty()); d != "" {
		rt.Fatalf("file and memory differ:\n%s", d)
	}
}

func TestReading(t *testing.T) {
	path := newPath(t)
	s := open(t, path, store.Options{})
	sold := sell(t, s, 20)
	w, first := ledgertest.NewWalk(21)
	for _, step := range []sale.Step{first, w.To(sale.Awaiting), w.To(sale.Paid, sale.Dispensing), w.To(sale.Unknown)} {
		if err := s.Commit(step); err != nil {
			t.Fatal(err)
		}
	}
	check := func(r interface {
		Orders(store.Filter) ([]sale.Order, error)
		Order(string) (sale.Order, error)
		Journal(string) ([]store.Entry, error)
		Counts() (map[sale.State]int, error)
	}) {
		t.Helper()
		for name, c := range map[string]struct {
			filter store.Filter
			want   []uint64
		}{
			"newest":   {store.Filter{Limit: 3}, []uint64{21, 20, 19}},
			"state":    {store.Filter{States: []sale.State{sale.Unknown, sale.Paid}}, []uint64{21}},
			"slot":     {store.Filter{Slot: 12, Limit: 2}, []uint64{15, 8}},
			"time":     {store.Filter{Since: sold[4].CreatedAt, Until: sold[6].CreatedAt}, []uint64{6, 5}},
			"nothing":  {store.Filter{States: []sale.State{sale.Attention}}, nil},
			"slot one": {store.Filter{Slot: 11, States: []sale.State{sale.Unknown}}, []uint64{21}},
		} {
			orders, err := r.Orders(c.filter)
			if err != nil {
				t.Fatal(err)
			}
			var got []uint64
			for _, o := range orders {
				got = append(got, o.Seq)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("%s: %s", name, d)
			}
		}
		for _, name := range []string{string(sold[2].Number), sold[2].Number.Tail()} {
			o, err := r.Order(name)
			if d := cmp.Diff(sold[2], o); err != nil || d != "" {
				t.Errorf("order %s: %v %s", name, err, d)
			}
		}
		_, err := r.Order("zzzz")
		if !errors.Is(err, store.ErrNoOrder) || err.Error() != `"zzzz": no such order` {
			t.Error(err)
		}
		counts, err := r.Counts()
		if d := cmp.Diff(map[sale.State]int{sale.Dispensed: 20, sale.Unknown: 1}, counts); err != nil || d != "" {
			t.Errorf("counts: %v %s", err, d)
		}
		checkJournal(t, r.Journal, w.Order.Number)
	}
	check(s)
	closeStore(t, s)
	r, err := store.OpenReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	check(r)
	closeStore(t, r)
}

func checkJournal(t *testing.T, journal func(string) ([]store.Entry, error), number sale.Number) {
	t.Helper()
	got, err := journal(string(number))
	if err != nil {
		t.Fatal(err)
	}
	at := ledgertest.Day.Add(21 * time.Minute)
	line := func(n, prev uint64, from, to sale.State, c sale.Cause, after time.Duration) store.Entry {
		return store.Entry{N: n, Prev: prev, Number: number, Seq: 21, From: from, State: to, Cause: c, Boot: 1,
			At: at.Add(after), Since: after + time.Second}
	}
	want := []store.Entry{
		line(101, 0, "", sale.Created, sale.CauseSelected, 0),
		line(102, 101, sale.Created, sale.Awaiting, sale.CauseCodeReady, 10*time.Second),
		line(103, 102, sale.Awaiting, sale.Paid, sale.CausePaid, 10*time.Second),
		line(104, 103, sale.Paid, sale.Dispensing, sale.CauseReady, 10*time.Second),
		line(105, 104, sale.Dispensing, sale.Unknown, sale.CauseNoProof, 10*time.Second),
	}
	want[4].Detail = "no answer in 10 s"
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("journal: %s", d)
	}
}

func TestAmbiguousEnd(t *testing.T) {
	s := open(t, newPath(t), store.Options{})
	defer s.Close()
	for seq, number := range []sale.Number{"A-1-XYZW9", "B-2-XYZW9"} {
		_, step := ledgertest.NewWalk(uint64(seq + 1))
		step.Order.Number = number
		if err := s.Commit(step); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Order("XYZW9")
	wantText(t, err, "", `2 orders end in "XYZW9", the newest are B-2-XYZW9 and A-1-XYZW9: give more of the number`)
	if o, err := s.Order("A-1-XYZW9"); err != nil || o.Seq != 1 {
		t.Error(o.Seq, err)
	}
	if _, err := s.Order("ZW9"); !errors.Is(err, store.ErrNoOrder) {
		t.Errorf("three characters are too few: %v", err)
	}
}
