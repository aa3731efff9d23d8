package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

// put writes a file in the place of the ledger, as a hand does.
func put(t *testing.T, from, path string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func backedUp(t *testing.T, s *store.Store) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "backup.db")
	if err := store.SaveBackup(t.Context(), name, nil, s.Backup); err != nil {
		t.Fatal(err)
	}
	return name
}

func beside(t *testing.T, path, pattern string) []string {
	t.Helper()
	list, err := filepath.Glob(path + pattern)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestRestoredOnce: the tape of before does not make a restored ledger look
// old, neither at the next start nor at the one after that.
func TestRestoredOnce(t *testing.T) {
	path := newPath(t)
	o := store.Options{Clock: ticking()}
	s := open(t, path, o)
	sellOne(t, s, 1, 3)
	inHand(t, s, 3)
	closeStore(t, s)
	spoil(t, path)
	if _, err := store.Restore(t.Context(), path, "", o); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s = open(t, path, o)
		if seq, _ := s.LastSeq(); seq != 12+1000 {
			t.Errorf("it counts on from %d", seq)
		}
		if kept := beside(t, path, ".replaced-*"); len(kept) != 1 {
			t.Errorf("kept: %v", kept)
		}
		closeStore(t, s)
	}
}

// TestLedgerOfBeforeARestorePutBack: the ledger that was restored sold on, and
// what is put back by hand is as far as the tape of its own time.
func TestLedgerOfBeforeARestorePutBack(t *testing.T) {
	path := newPath(t)
	o := store.Options{Clock: ticking()}
	s := open(t, path, o)
	sellOne(t, s, 1, 3)
	backup := backedUp(t, s)
	closeStore(t, s)
	spoil(t, path)
	s = open(t, path, o)
	sellOne(t, s, 1004, 1005)
	closeStore(t, s)

	put(t, backup, path)
	s = open(t, path, o)
	defer s.Close()
	for _, seq := range []uint64{1, 2, 3, 1004, 1005} {
		if order, err := s.Order(string(ledgertest.Order(seq).Number)); err != nil || order.State != sale.Dispensed {
			t.Errorf("order %d is %q, %v", seq, order.State, err)
		}
	}
}

// TestVeryOldLedgerPutBack: it is older than every tape, and the copies know
// more.
func TestVeryOldLedgerPutBack(t *testing.T) {
	path := newPath(t)
	o := store.Options{Clock: ticking()}
	s := open(t, path, o)
	sellOne(t, s, 1, 3)
	backup := backedUp(t, s)
	for n := range uint64(3) {
		sellOne(t, s, 4+2*n, 5+2*n)
		copyLedger(t, s)
	}
	sellOne(t, s, 10, 11)
	want := everyOrder(t, s, path)
	closeStore(t, s)

	put(t, backup, path)
	s = open(t, path, o)
	defer s.Close()
	sameOrders(t, "restored", want, everyOrder(t, s, path))
}

// TestDamagedEpoch: without it the ledger and the tape do not find each other.
func TestDamagedEpoch(t *testing.T) {
	path := newPath(t)
	s := open(t, path, store.Options{Clock: at2026})
	sellOne(t, s, 1, 3)
	want := everyOrder(t, s, path)
	if err := s.Edit(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("epoch"), []byte("once upon a time"))
	}); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	wantText(t, store.VerifyFile(path), path, "meta 65706f6368: record has version 111, not 1")
	s = open(t, path, store.Options{Clock: at2026})
	defer s.Close()
	sameOrders(t, "restored", want, everyOrder(t, s, path))
}

// TestMendedTapeCutShort: what a start adds to the tape is one line for each
// order. The power goes while these are written, and the ledger is damaged.
func TestMendedTapeCutShort(t *testing.T) {
	path := newPath(t)
	s := open(t, path, store.Options{Clock: ticking()})
	first, created := ledgertest.NewWalk(1)
	commitEach(t, s, created)
	second, created := ledgertest.NewWalk(2)
	commitEach(t, s, created)
	tape := beside(t, path, ".tape-*")[0]
	lines, err := os.ReadFile(tape)
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range []sale.State{sale.Awaiting, sale.Closing, sale.Closed} {
		commitEach(t, s, first.To(state), second.To(state))
	}
	closeStore(t, s)
	if err := os.WriteFile(tape, lines, 0o600); err != nil {
		t.Fatal(err)
	}
	closeStore(t, open(t, path, store.Options{Clock: ticking()}))
	mended, err := os.ReadFile(tape)
	if err != nil {
		t.Fatal(err)
	}
	added := bytes.SplitAfter(mended[len(lines):], []byte("\n"))
	if err := os.WriteFile(tape, append(lines, added[0]...), 0o600); err != nil {
		t.Fatal(err)
	}
	spoil(t, path)
	s = open(t, path, store.Options{Clock: ticking()})
	defer s.Close()
	for _, w := range []*ledgertest.Walk{first, second} {
		if order, err := s.Order(string(w.Order.Number)); err != nil || order.State != sale.Created || !order.Restored {
			t.Errorf("order %s is %q, %v", w.Order.Number, order.State, err)
		}
	}
}

// TestRestoreCutBetweenItsRenames: the ledger that is replaced has its other
// name, and the new one has none yet.
func TestRestoreCutBetweenItsRenames(t *testing.T) {
	path := newPath(t)
	o := store.Options{Clock: ticking(), Copies: filepath.Join(t.TempDir(), "not there")}
	s := open(t, path, o)
	sellOne(t, s, 1, 3)
	closeStore(t, s)
	forgetTape(t, path)
	if err := os.Rename(path, path+".replaced-20260301T080000Z"); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, o)
	defer s.Close()
	if done, err := s.Orders(store.Filter{States: []sale.State{sale.Dispensed}}); len(done) != 3 || err != nil {
		t.Errorf("%d orders, %v", len(done), err)
	}
	if seq, _ := s.LastSeq(); seq != 3+1000 {
		t.Errorf("it counts on from %d", seq)
	}
}

// TestUnreadableBesideTheLedger: a segment of the tape, and a file that was put
// aside, which the disk does not give back. Neither keeps orders in hand from
// going on, nor a restore from doing what it can.
func TestUnreadableBesideTheLedger(t *testing.T) {
	path := newPath(t)
	o := store.Options{Clock: ticking(), Reserve: 1}
	s := open(t, path, o)
	sellOne(t, s, 1, 3)
	w, first := ledgertest.NewWalk(4)
	commitEach(t, s, first)
	copyLedger(t, s)
	tape := s.NextTape()
	closeStore(t, s)
	if err := os.Remove(tape); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{tape, path + ".damaged-19700101T000000Z"} {
		if err := os.Mkdir(name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s = open(t, path, o)
	commitEach(t, s, w.To(sale.Closing), w.To(sale.Closed))
	wantText(t, s.Health(), tape, "E-STORE-01: the ledger cannot be written: read $: is a directory"+
		" (restart kioskd; if it happens again, replace the disk or memory card)")
	closeStore(t, s)
	spoil(t, path)
	s = open(t, path, o)
	defer s.Close()
	if order, err := s.Order(string(w.Order.Number)); err != nil || !order.Restored {
		t.Errorf("order %s is %q, %v", w.Order.Number, order.State, err)
	}
}

// TestUnfinishedCopies: what a power cut leaves of a copy does not pile up.
func TestUnfinishedCopies(t *testing.T) {
	path := newPath(t)
	s := open(t, path, store.Options{Clock: at2026})
	defer s.Close()
	if err := os.WriteFile(path+".copy-20260228T080000Z.new", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	copyLedger(t, s)
	if list := beside(t, path, ".copy-*"); len(list) != 1 || strings.HasSuffix(list[0], ".new") {
		t.Errorf("copies: %v", list)
	}
}

// TestResetCountsOn from the tape too.
func TestResetCountsOn(t *testing.T) {
	path := newPath(t)
	s := open(t, path, store.Options{})
	sellOne(t, s, 1, 3)
	closeStore(t, s)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	s, err := store.Reset(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	s = open(t, path, store.Options{})
	defer s.Close()
	if seq, _ := s.LastSeq(); seq != 3+1000 {
		t.Errorf("it counts on from %d", seq)
	}
	if orders, err := s.Orders(store.Filter{}); len(orders) != 0 || err != nil {
		t.Errorf("%d orders, %v", len(orders), err)
	}
}

// TestEmptiedAfterACopy: nothing was sold since the copy, so the tape is empty.
func TestEmptiedAfterACopy(t *testing.T) {
	path := newPath(t)
	o := store.Options{Clock: ticking()}
	s := open(t, path, o)
	sellOne(t, s, 1, 3)
	copyLedger(t, s)
	copyLedger(t, s)
	want := everyOrder(t, s, path)
	closeStore(t, s)
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, o)
	defer s.Close()
	sameOrders(t, "restored", want, everyOrder(t, s, path))
}

// TestCopyPutBackAndTapeCutShort: the tape's unsynced end told of what came
// after the copy, so nothing but the copy itself says that it is one.
func TestCopyPutBackAndTapeCutShort(t *testing.T) {
	path := newPath(t)
	o := store.Options{Clock: ticking()}
	s := open(t, path, o)
	w, first := ledgertest.NewWalk(1)
	commitEach(t, s, first, w.To(sale.Awaiting))
	copied, tape := copyLedger(t, s), s.NextTape()
	commitEach(t, s, w.To(sale.Paid, sale.Dispensing), w.To(sale.Dispensed))
	closeStore(t, s)
	put(t, copied, path)
	if err := os.Truncate(tape, 0); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, o)
	defer s.Close()
	if order, err := s.Order(string(w.Order.Number)); err != nil || !order.Restored {
		t.Errorf("order %s is %q and not marked, %v", order.Number, order.State, err)
	}
}
