package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

func commitEach(t *testing.T, s *store.Store, steps ...sale.Step) {
	t.Helper()
	for _, step := range steps {
		if err := s.Commit(step); err != nil {
			t.Fatal(err)
		}
	}
}

func sellOne(t *testing.T, s *store.Store, from, to uint64) {
	t.Helper()
	for seq := from; seq <= to; seq++ {
		commitEach(t, s, ledgertest.Happy(seq)...)
	}
}

func copyLedger(t *testing.T, s *store.Store) string {
	t.Helper()
	name, err := s.Copy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func copiesOf(t *testing.T, path string) []string {
	t.Helper()
	list, err := store.Copies(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// spoil zeroes a file's first page.
func spoil(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	clear(b[:page])
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// inHand begins an order in each state in which a machine can die, after the
// sequence given.
func inHand(t *testing.T, s *store.Store, seq uint64) {
	t.Helper()
	for i, to := range [][]sale.State{
		{}, {sale.Awaiting}, {sale.Awaiting, sale.Closing}, {sale.Awaiting, sale.Closing, sale.Closed},
		{sale.Awaiting, sale.Paid}, {sale.Awaiting, sale.Paid, sale.Dispensing}, {sale.Awaiting, sale.Paid, sale.Dispensing, sale.Unknown},
		{sale.Awaiting, sale.Paid, sale.Refunding}, {sale.Awaiting, sale.Paid, sale.Dispensing, sale.Unknown, sale.Attention},
	} {
		w, first := ledgertest.NewWalk(seq + 1 + uint64(i))
		commitEach(t, s, first)
		for _, state := range to {
			commitEach(t, s, w.To(state))
		}
	}
}

// TestRestoreFromCopyAndTape: what was sold after the copy stands on the tape.
func TestRestoreFromCopyAndTape(t *testing.T) {
	path := newPath(t)
	o := store.Options{Clock: at2026, Checker: checker(t, "check")}
	s := open(t, path, o)
	sellOne(t, s, 1, 20)
	copyLedger(t, s)
	sellOne(t, s, 21, 40)
	inHand(t, s, 40)
	want := everyOrder(t, s, path)
	closeStore(t, s)
	spoil(t, path)

	s = open(t, path, o)
	for i, got := range everyOrder(t, s, path) {
		doubtful := !got.Order.State.Final() && got.Order.State != sale.Refunding
		if doubtful {
			j := got.Journal[len(got.Journal)-1]
			if !got.Order.Restored || j.Cause != sale.CauseRestored || j.From != j.State || j.State != got.Order.State {
				t.Errorf("order %s is %s and not marked: %+v", got.Order.Number, got.Order.State, j)
			}
			got.Order.Restored = false
			got.Journal = got.Journal[:len(got.Journal)-1]
		}
		if d := cmp.Diff(want[i], got); d != "" {
			t.Errorf("order %s:\n%s", got.Order.Number, d)
		}
	}
	if b, err := os.ReadFile(path + keptAt); err != nil || !bytes.Equal(b[:page], make([]byte, page)) {
		t.Errorf("the damaged file: %v", err)
	}
	if seq, _ := s.LastSeq(); seq != 49+1000 {
		t.Errorf("it counts on from %d", seq)
	}
	sellOne(t, s, 1050, 1060)
	want = everyOrder(t, s, path)
	closeStore(t, s)
	if err := store.VerifyFile(path); err != nil {
		t.Error(err)
	}

	// And again, from the copy that the restore made.
	spoil(t, path)
	s = open(t, path, o)
	defer s.Close()
	if got := everyOrder(t, s, path); len(got) != len(want) {
		t.Errorf("%d orders the second time, want %d", len(got), len(want))
	}
}

// TestRestoreByNumber: without a tape the numbers are still found in the
// damaged file, and become questions to the provider.
func TestRestoreByNumber(t *testing.T) {
	path := newPath(t)
	o := store.Options{Clock: at2026, Checker: checker(t, "check")}
	s := open(t, path, o)
	sellOne(t, s, 1, 5)
	copied := copyLedger(t, s)
	sellOne(t, s, 6, 8)
	closeStore(t, s)
	forgetTape(t, path)
	spoil(t, path)

	s = open(t, path, o)
	defer s.Close()
	open, err := s.Open()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, order := range open {
		got = append(got, fmt.Sprintf("%s %s %s %d %v %s", order.Number, order.State, order.Cause, order.Seq, order.Restored, order.Product.Price))
	}
	want := []string{
		"SH0042-00000006-06a6a closing restored 1009 true 0.00",
		"SH0042-00000007-07c11 closing restored 1010 true 0.00",
		"SH0042-00000008-08db8 closing restored 1011 true 0.00",
	}
	for i := range want { // the random part is the walk's
		want[i] = strings.Replace(want[i], want[i][:strings.IndexByte(want[i], ' ')], string(ledgertest.Order(uint64(6+i)).Number), 1)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if list, err := s.Orders(store.Filter{States: []sale.State{sale.Dispensed}}); len(list) != 5 || err != nil {
		t.Errorf("%d orders from the copy, %v", len(list), err)
	}
	if seq, _ := s.LastSeq(); seq != 8+1000+3 {
		t.Errorf("it counts on from %d", seq)
	}
	if copies := copiesOf(t, path); !slices.Contains(copies, copied) {
		t.Errorf("the copy is gone: %v", copies)
	}
}

// TestRestoreWithAHoleInTheTape: nothing behind a hole is believed.
func TestRestoreWithAHoleInTheTape(t *testing.T) {
	path := newPath(t)
	o := store.Options{Clock: at2026, Checker: checker(t, "check")}
	s := open(t, path, o)
	sellOne(t, s, 1, 10)
	closeStore(t, s)
	tape, err := filepath.Glob(path + ".tape-*")
	if err != nil || len(tape) != 1 {
		t.Fatal(tape, err)
	}
	text, err := os.ReadFile(tape[0])
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	lines[4*4+2] = bytes.Replace(lines[4*4+2], []byte(`"paid"`), []byte(`"pald"`), 1) // of the fifth sale
	if err := os.WriteFile(tape[0], bytes.Join(lines, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	spoil(t, path)

	r, err := store.Restore(t.Context(), path, "", o)
	if err != nil {
		t.Fatal(err)
	}
	if r.From != "" || len(r.Doubtful) != 6 || len(r.Lost) != 5 {
		t.Errorf("%+v", r)
	}
	s = open(t, path, o)
	defer s.Close()
	fifth, err := s.Order(string(ledgertest.Order(5).Number))
	if err != nil || fifth.State != sale.Awaiting || !fifth.Restored {
		t.Errorf("the fifth order is %s, %v", fifth.State, err)
	}
	if done, _ := s.Orders(store.Filter{States: []sale.State{sale.Dispensed}}); len(done) != 4 {
		t.Errorf("%d orders believed", len(done))
	}
}

// TestOldLedgerPutBack: a technician copies a backup over the ledger by hand.
func TestOldLedgerPutBack(t *testing.T) {
	path := newPath(t)
	o := store.Options{Clock: at2026, Checker: checker(t, "check")}
	s := open(t, path, o)
	sellOne(t, s, 1, 5)
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := store.SaveBackup(t.Context(), backup, o.Checker, s.Backup); err != nil {
		t.Fatal(err)
	}
	wantText(t, store.SaveBackup(t.Context(), backup, o.Checker, s.Backup), backup, "$ exists: give another name")
	sellOne(t, s, 6, 9)
	w, first := ledgertest.NewWalk(10)
	commitEach(t, s, first, w.To(sale.Awaiting), w.To(sale.Paid, sale.Dispensing))
	closeStore(t, s)
	old, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, o)
	defer s.Close()
	tenth, err := s.Order(string(w.Order.Number))
	if err != nil || tenth.State != sale.Dispensing || !tenth.Restored || tenth.Commands != 1 {
		t.Errorf("the order in hand: %+v, %v", tenth, err)
	}
	if kept, _ := filepath.Glob(path + ".replaced-*"); len(kept) != 1 {
		t.Errorf("kept: %v", kept)
	}
}

// TestRestorePassesOverDamagedCopies takes the copy before, whose tape is still
// there.
func TestRestorePassesOverDamagedCopies(t *testing.T) {
	path := newPath(t)
	o := store.Options{Clock: ticking(), Checker: checker(t, "check")}
	s := open(t, path, o)
	var copies []string
	for n := range uint64(4) {
		sellOne(t, s, 5*n+1, 5*n+5)
		copies = append(copies, copyLedger(t, s))
	}
	sellOne(t, s, 21, 25)
	want := everyOrder(t, s, path)
	closeStore(t, s)
	if d := cmp.Diff([]string{copies[3], copies[2]}, copiesOf(t, path)); d != "" {
		t.Errorf("copies:\n%s", d)
	}
	spoil(t, path)
	spoil(t, copies[3])
	r, err := store.Restore(t.Context(), path, "", o)
	if err != nil || r.From != copies[2] || len(r.Doubtful) != 0 {
		t.Fatal(r, err)
	}
	s = open(t, path, o)
	defer s.Close()
	sameOrders(t, "restored", want, everyOrder(t, s, path))
}

// TestNothingToRestoreFrom tells what to do.
func TestNothingToRestoreFrom(t *testing.T) {
	path := newPath(t)
	o := store.Options{Clock: at2026, Checker: checker(t, "check")}
	_, err := store.Restore(t.Context(), path, "", o)
	wantText(t, err, path, "E-STORE-03: the ledger $ cannot be restored: there is no copy of the ledger and no whole tape"+
		" (give the file of a backup: kioskd restore FILE)")
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("dear diary"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = store.Restore(t.Context(), path, text, o)
	wantText(t, err, text, "E-STORE-03: $ cannot be used as a copy of the ledger: $ is no bbolt file (give another copy)")
	s := open(t, path, o)
	defer s.Close()
	_, err = store.Restore(t.Context(), path, "", store.Options{Wait: 1})
	wantText(t, err, path, "E-STORE-04: another process holds the ledger $ (another kioskd is running: stop it, or use it)")
}

// TestEmptiedLedger: a file that lost all its bytes is no stranger if the tape
// knows it.
func TestEmptiedLedger(t *testing.T) {
	path := newPath(t)
	s := open(t, path, store.Options{})
	sellOne(t, s, 1, 5)
	want := everyOrder(t, s, path)
	closeStore(t, s)
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, store.Options{})
	defer s.Close()
	sameOrders(t, "restored", want, everyOrder(t, s, path))
}

// TestTapeTrouble: a tape that cannot be written stops new orders and nothing
// else, and is whole again when it can be.
func TestTapeTrouble(t *testing.T) {
	path := newPath(t)
	s := open(t, path, store.Options{Reserve: 1})
	w, first := ledgertest.NewWalk(1)
	commitEach(t, s, first)
	s.CloseTape()
	commitEach(t, s, w.To(sale.Awaiting), w.To(sale.Paid, sale.Dispensing), w.To(sale.Dispensed))
	forgetTape(t, path)
	if err := os.Mkdir(s.NextTape(), 0o700); err != nil { // in its way
		t.Fatal(err)
	}
	wantText(t, s.Health(), filepath.Dir(path), "E-STORE-01: the ledger cannot be written: read "+strings.ReplaceAll(s.NextTape(), filepath.Dir(path), "$")+
		": is a directory (restart kioskd; if it happens again, replace the disk or memory card)")
	if err := os.Remove(s.NextTape()); err != nil {
		t.Fatal(err)
	}
	if err := s.Health(); err != nil {
		t.Error(err)
	}
	copyLedger(t, s)
	sellOne(t, s, 2, 3)
	want := everyOrder(t, s, path)
	closeStore(t, s)
	spoil(t, path)
	s = open(t, path, store.Options{})
	defer s.Close()
	sameOrders(t, "restored", want, everyOrder(t, s, path))
}

// TestRestoreForgetsNothing plays seeded sales with copies, restarts and lags
// of the tape, damages the ledger, and holds what is restored against the
// truth: every order is there; what is not marked is exactly what it was, or
// was closed or refunding, where nothing can be served; and no sequence comes
// again.
func TestRestoreForgetsNothing(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 7))
			path := newPath(t)
			o := store.Options{Clock: ticking()}
			s := open(t, path, o)
			truth, last := playSales(t, s, r, func() *store.Store {
				closeStore(t, s)
				s = open(t, path, o)
				return s
			})
			closeStore(t, s)
			lag(t, path, r)
			spoil(t, path)
			s = open(t, path, o)
			defer s.Close()
			for number, want := range truth {
				got, err := s.Order(string(number))
				switch {
				case err != nil:
					t.Errorf("order %s, %s: %v", number, want.State, err)
				case got.Restored, got.State == want.State && got.Commands == want.Commands:
				case got.State == sale.Closed && want.Sweeps >= got.Sweeps, got.State == sale.Refunding:
				default:
					t.Errorf("order %s is %s without a mark and was %s", number, got.State, want.State)
				}
			}
			if seq, _ := s.LastSeq(); seq < last {
				t.Errorf("it counts on from %d, and %d was used", seq, last)
			}
		})
	}
}

// playSales leads 80 orders some way, three at a time.
func playSales(t *testing.T, s *store.Store, r *rand.Rand, restart func() *store.Store) (truth map[sale.Number]sale.Order, seq uint64) {
	ways := [][]sale.State{
		{sale.Awaiting, sale.Paid, sale.Dispensing, sale.Dispensed}, {sale.Awaiting, sale.Closing, sale.Closed, sale.Closed, sale.Closed},
		{sale.Awaiting, sale.Paid, sale.Dispensing, sale.Unknown, sale.Refunding, sale.Refunded}, {sale.Awaiting, sale.Closing, sale.Paid, sale.Refunding, sale.Refunded},
	}
	truth = map[sale.Number]sale.Order{}
	type walking struct {
		*ledgertest.Walk
		way []sale.State
	}
	var now []walking
	for seq < 80 {
		switch n := r.IntN(60); {
		case n == 0:
			copyLedger(t, s)
		case n == 1:
			s = restart()
		case len(now) < 3:
			seq++
			w, first := ledgertest.NewWalk(seq)
			commitEach(t, s, first)
			truth[w.Order.Number] = w.Order
			now = append(now, walking{w, ways[r.IntN(len(ways))]})
		default:
			i := r.IntN(len(now))
			w := now[i]
			commitEach(t, s, w.To(w.way[0]))
			truth[w.Order.Number] = w.Order
			if now[i].way = w.way[1:]; len(now[i].way) == 0 {
				now = slices.Delete(now, i, i+1)
			}
		}
	}
	return truth, seq
}

// lag takes the last lines off the tape that a power cut may take: those behind
// the last one that was synced.
func lag(t *testing.T, path string, r *rand.Rand) {
	t.Helper()
	tape, err := filepath.Glob(path + ".tape-*")
	if err != nil || len(tape) == 0 {
		t.Fatal(tape, err)
	}
	slices.SortFunc(tape, func(a, b string) int { return strings.Compare(a[len(a)-12:], b[len(b)-12:]) })
	newest := tape[len(tape)-1]
	text, err := os.ReadFile(newest)
	if err != nil {
		t.Fatal(err)
	}
	synced := 0
	at := 0
	for line := range bytes.Lines(text) {
		at += len(line)
		if bytes.Contains(line, []byte(`"state":"created","cause":"selected","boot"`)) {
			synced = at
		}
	}
	keep := synced + r.IntN(len(text)-synced+1)
	if err := os.Truncate(newest, int64(keep)); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
}
