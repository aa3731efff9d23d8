package store_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"kioskd/internal/need"
	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

func newWalkAfter(sold []sale.Order) (*ledgertest.Walk, sale.Step) {
	return ledgertest.NewWalk(sold[len(sold)-1].Seq + 1)
}

func TestHealthAsksForSpace(t *testing.T) {
	space := store.Space{Free: 100 << 20}
	var broken error
	s := open(t, newPath(t), store.Options{Reserve: 32 << 20, Space: func(string) (store.Space, error) { return space, broken }})
	defer s.Close()
	if err := s.Health(); err != nil {
		t.Error(err)
	}
	space.Free = 32<<20 - 1
	wantText(t, s.Health(), "", "E-STORE-02: the ledger's disk has 31 MiB left, and 32 MiB are its reserve"+
		" (delete what fills the disk; sales go on by themselves)")
	sell(t, s, 1) // an order in hand goes on
	space.ReadOnly = true
	wantText(t, s.Health(), "", "E-STORE-01: the ledger is on a read-only file system"+
		" (look for disk errors with dmesg, then mount it writable and restart kioskd)")
	space = store.Space{Free: 32 << 20}
	if err := s.Health(); err != nil {
		t.Errorf("space came back: %v", err)
	}
	broken = errors.New("no answer")
	wantText(t, s.Health(), "", "E-STORE-01: the ledger cannot be written: no answer"+
		" (restart kioskd; if it happens again, replace the disk or memory card)")
}

// mount makes a small file system of its own for one test.
func mount(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=12m"); err != nil {
		need.Missing(t, "this test mounts a tmpfs, for which it needs to be root: "+err.Error())
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// TestFullDisk fills the disk under a running daemon: no new order may begin,
// the orders in hand end, and sales go on when there is space again.
func TestFullDisk(t *testing.T) {
	dir := mount(t)
	s := open(t, filepath.Join(dir, "kioskd.db"), store.Options{Reserve: 1 << 20})
	defer s.Close()
	var walks []*ledgertest.Walk
	for seq := range uint64(100) {
		w, first := ledgertest.NewWalk(seq + 1)
		if err := s.Commit(first); err != nil {
			t.Fatal(err)
		}
		walks = append(walks, w)
	}
	if err := s.Health(); err != nil {
		t.Fatal(err)
	}
	filler := fillDisk(t, dir)
	wantText(t, s.Health(), "", "E-STORE-02: the ledger's disk has 0 MiB left, and 1 MiB are its reserve"+
		" (delete what fills the disk; sales go on by themselves)")
	for _, w := range walks {
		for _, step := range []sale.Step{w.To(sale.Awaiting), w.To(sale.Paid, sale.Dispensing), w.To(sale.Dispensed)} {
			if err := s.Commit(step); err != nil {
				t.Fatalf("order %d in hand on a full disk: %v", w.Order.Seq, err)
			}
		}
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := s.Health(); err != nil {
		t.Fatal(err)
	}
	sell(t, s, 10)
}

// TestRoomRunsOut sells on without asking Health, until the disk is really
// full: the failed commit stops the ledger, and it opens again.
func TestRoomRunsOut(t *testing.T) {
	dir := mount(t)
	path := filepath.Join(dir, "kioskd.db")
	s := open(t, path, store.Options{})
	filler := fillDisk(t, dir)
	sold := 0
	var err error
	for err == nil {
		for _, step := range ledgertest.Happy(uint64(sold + 1)) {
			if err = s.Commit(step); err != nil {
				break
			}
		}
		sold++
	}
	var f *sale.Fault
	if !errors.As(err, &f) || f.Code != sale.CodeStoreSpace {
		t.Error(err)
	}
	if sold < 500 {
		t.Errorf("the room carried only %d sales", sold)
	}
	closeStore(t, s)
	s = open(t, path, store.Options{})
	if got, err := s.LastSeq(); err != nil || got+1 < uint64(sold) {
		t.Errorf("%d sales, sequence %d, %v", sold, got, err)
	}
	if s.Health() == nil {
		t.Error("health is good on a full disk")
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
}

func fillDisk(t *testing.T, dir string) (filler string) {
	t.Helper()
	filler = filepath.Join(dir, "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 64<<10))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	return filler
}

// TestReadOnlyDisk: after an error many file systems mount themselves
// read-only.
func TestReadOnlyDisk(t *testing.T) {
	dir := mount(t)
	path := filepath.Join(dir, "kioskd.db")
	s := open(t, path, store.Options{})
	sell(t, s, 3)
	closeStore(t, s)
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	const hint = " (look for disk errors with dmesg, then mount it writable and restart kioskd)"
	_, err := store.Open(t.Context(), path, store.Options{})
	wantText(t, err, path, "E-STORE-01: the ledger is on a read-only file system: open $.lock: read-only file system"+hint)
	r, err := store.OpenReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	if orders, err := r.Orders(store.Filter{}); len(orders) != 3 || err != nil {
		t.Errorf("%d orders, %v", len(orders), err)
	}
	closeStore(t, r)
}

// TestFileSizeLimit makes writes fail in the middle of the file, as a failing
// card does.
func TestFileSizeLimit(t *testing.T) {
	path := newPath(t)
	c := exec.Command(self(t), path)
	c.Env = append(os.Environ(), childEnv+"=limit")
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	const fault = "E-STORE-01: the ledger cannot be written: write $: file too large" +
		" (restart kioskd; if it happens again, replace the disk or memory card)"
	text := strings.ReplaceAll(string(out), path, "$")
	head, acknowledged, _ := strings.Cut(text, "ACKNOWLEDGED ")
	if want := "FIRST " + fault + "\nAGAIN " + fault + "\nHEALTH " + fault + "\n"; head != want {
		t.Errorf("got\n%swant\n%s", head, want)
	}
	s := open(t, path, store.Options{Checker: checker(t, "check")})
	defer s.Close()
	entries, err := s.Entries(0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d entries, %s steps acknowledged", len(entries), strings.TrimSpace(acknowledged))
	if len(entries) == 0 {
		t.Error("nothing was sold")
	}
}
