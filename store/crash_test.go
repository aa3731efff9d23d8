package store_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"kioskd/sale"
	"kioskd/store"
)

// runAndKill starts a part of this binary, kills it after the delay, and
// returns the complete lines that it printed.
func runAndKill(t *testing.T, part, path string, delay time.Duration) (lines []string) {
	t.Helper()
	c := exec.Command(self(t), path)
	c.Env = append(os.Environ(), childEnv+"="+part)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(delay, func() { _ = c.Process.Kill() })
	defer timer.Stop()
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			break
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	_ = c.Wait()
	return lines
}

// TestKilledWhileCommitting kills a seller again and again. What it said was
// committed is there, at most one step more, and it goes on from there.
func TestKilledWhileCommitting(t *testing.T) {
	path := newPath(t)
	var last sale.Order
	acks := 0
	// On a busy machine the seller may not come to anything in that time.
	for round := 0; round < 12 || acks < 20 && round < 100; round++ {
		delay := time.Duration(15+rand.IntN(60)+5*round) * time.Millisecond
		lines := runAndKill(t, "sell", path, delay)
		s := open(t, path, store.Options{Checker: checker(t, "check")})
		for _, line := range lines {
			var seq uint64
			var state sale.State
			if n, err := fmt.Sscanf(line, "ACK %d %s", &seq, &state); n != 2 {
				t.Fatalf("the seller said %q: %v", line, err)
			}
			acks++
			last = sale.Order{Seq: seq, State: state}
		}
		wantAfterKill(t, s, last)
		// What was left open belongs to nobody in this test: close it.
		left, err := s.Open()
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range left {
			finish(t, s, o)
		}
		if newest, err := s.Orders(store.Filter{Limit: 1}); err == nil && len(newest) > 0 {
			last = newest[0]
		}
		closeStore(t, s)
	}
	if acks < 20 {
		t.Errorf("only %d commits were acknowledged: this test saw nothing", acks)
	}
}

func wantAfterKill(t *testing.T, s *store.Store, acknowledged sale.Order) {
	t.Helper()
	newest, err := s.Orders(store.Filter{Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	path := []sale.State{sale.Created, sale.Awaiting, sale.Dispensing, sale.Dispensed}
	progress := func(o sale.Order) int { return int(o.Seq)*4 + slices.Index(path, o.State) }
	var got sale.Order
	if len(newest) > 0 {
		got = newest[0]
	}
	if extra := progress(got) - progress(acknowledged); acknowledged.Seq > 0 && (extra < 0 || extra > 1) {
		t.Fatalf("order %d is %s, but %d %s was acknowledged", got.Seq, got.State, acknowledged.Seq, acknowledged.State)
	}
}

func finish(t *testing.T, s *store.Store, o sale.Order) {
	t.Helper()
	next := map[sale.State][]sale.State{
		sale.Created:    {sale.Awaiting, sale.Paid, sale.Dispensing, sale.Dispensed},
		sale.Awaiting:   {sale.Paid, sale.Dispensing, sale.Dispensed},
		sale.Dispensing: {sale.Dispensed},
	}[o.State]
	step := sale.Step{From: o.State, Order: o}
	for _, state := range next {
		step.Trail = append(step.Trail, sale.Line{State: state})
	}
	step.Order.State, step.Order.Commands = sale.Dispensed, 1
	if err := s.Commit(step); err != nil {
		t.Fatal(err)
	}
}

// TestKilledWhileCreating: the file is there and sound, or it is not there.
func TestKilledWhileCreating(t *testing.T) {
	there := 0
	for i := range 25 {
		path := newPath(t)
		runAndKill(t, "create", path, time.Duration(2+i)*time.Millisecond)
		if _, err := os.Stat(path); err == nil {
			there++
			if err := store.VerifyFile(path); err != nil {
				t.Fatalf("after %d ms: %v", 2+i, err)
			}
		}
		closeStore(t, open(t, path, store.Options{}))
	}
	t.Logf("%d of 25 had created the file", there)
}

// TestPoisoned: after one failed commit nothing is written any more, even if
// it could be.
func TestPoisoned(t *testing.T) {
	path := newPath(t)
	s := open(t, path, store.Options{})
	sold := sell(t, s, 3)
	if err := s.CloseFile(); err != nil {
		t.Fatal(err)
	}
	w, first := newWalkAfter(sold)
	err := s.Commit(first)
	wantText(t, err, path, "E-STORE-01: the ledger cannot be written: file stat error: stat $: file already closed"+
		" (restart kioskd; if it happens again, replace the disk or memory card)")
	for name, again := range map[string]error{
		"commit": s.Commit(w.To(sale.Awaiting)), "health": s.Health(), "advance": s.Advance("fleet", 1),
	} {
		if again != err {
			t.Errorf("%s after the failure: %v", name, again)
		}
	}
	if orders, err := s.Orders(store.Filter{}); err != nil || len(orders) != 3 {
		t.Errorf("reading after the failure: %d orders, %v", len(orders), err)
	}
	_ = s.Close()
	s = open(t, path, store.Options{})
	defer s.Close()
	if err := s.Commit(first); err != nil {
		t.Errorf("after a restart: %v", err)
	}
}

const fileShrank = "E-STORE-03: the ledger is damaged: a page of the file cannot be read:" +
	" it is shorter than it was, or the disk does not answer (restart kioskd, which examines it)"

// TestFileShrinksInUse: the file is cut off under a running daemon. Reading
// raises SIGBUS, which must become a fault and not a dead process.
func TestFileShrinksInUse(t *testing.T) {
	path := newPath(t)
	s := open(t, path, store.Options{})
	sold := sell(t, s, 200)
	if err := os.Truncate(path, 8192); err != nil {
		t.Fatal(err)
	}
	_, err := s.Orders(store.Filter{})
	if err == nil {
		t.Fatal("orders were read from a file that is gone")
	}
	wantText(t, err, path, fileShrank)
	if s.Health() != err {
		t.Errorf("health %v", s.Health())
	}
	_, first := newWalkAfter(sold)
	if again := s.Commit(first); again != err {
		t.Errorf("commit %v", again)
	}
	_ = s.Close()
	s = open(t, path, store.Options{Clock: at2026, Checker: checker(t, "check")})
	defer s.Close()
	if orders, err := s.Orders(store.Filter{}); len(orders) != len(sold) || err != nil {
		t.Errorf("%d orders restored, %v", len(orders), err)
	}
	if _, err := os.Stat(path + keptAt); err != nil {
		t.Errorf("the damaged file: %v", err)
	}
}

// TestCommitOnShrunkFile: the same, found by a commit.
func TestCommitOnShrunkFile(t *testing.T) {
	path := newPath(t)
	s := open(t, path, store.Options{})
	sold := sell(t, s, 200)
	if err := os.Truncate(path, 8192); err != nil {
		t.Fatal(err)
	}
	_, first := newWalkAfter(sold)
	err := s.Commit(first)
	if err == nil {
		t.Fatal("a commit succeeded on a file that is gone")
	}
	wantText(t, err, path, fileShrank)
	if again := s.Commit(first); again != err || s.Health() != err {
		t.Errorf("again %v, health %v", again, s.Health())
	}
	done := make(chan struct{})
	go func() { _ = s.Close(); close(done) }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Error("close hangs")
	}
}
