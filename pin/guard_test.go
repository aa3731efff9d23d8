package pin_test

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/pin"
)

const right = "904417"

// tally is a ledger that outlives its processes.
type tally struct {
	n, saves int
	fails    error
}

func (t *tally) Tries() (int, error) { return t.n, t.fails }

func (t *tally) SaveTries(n int) error {
	t.saves++
	if t.fails == nil {
		t.n = n
	}
	return t.fails
}

func guard(t *testing.T, kept *tally) *pin.Guard {
	t.Helper()
	g, err := pin.New(right, kept)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func locked(t *testing.T, err error) time.Duration {
	t.Helper()
	var l *pin.Locked
	if !errors.As(err, &l) {
		t.Fatalf("got %v, want a lock", err)
	}
	return l.Left
}

// Five tries cost nothing, then each wrong one doubles the lock, up to an hour.
func TestLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &tally{}
		g := guard(t, kept)
		if g.Digits() != len(right) {
			t.Errorf("a PIN of %d digits", g.Digits())
		}
		for range pin.Free {
			if err := g.Try("111111"); !errors.Is(err, pin.ErrWrong) {
				t.Fatalf("a free try: %v", err)
			}
		}
		for _, want := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, time.Hour, time.Hour} {
			saves := kept.saves
			if got := locked(t, g.Try(right)); got != want || g.Locked() != want {
				t.Fatalf("locked for %s, want %s", got, want)
			}
			if kept.saves != saves {
				t.Fatal("a locked guard has written")
			}
			time.Sleep(want - time.Second)
			if got := locked(t, g.Try(right)); got != time.Second {
				t.Fatalf("a second before the end %s are left", got)
			}
			time.Sleep(time.Second)
			if err := g.Try("1111111"); !errors.Is(err, pin.ErrWrong) {
				t.Fatalf("the try after %s: %v", want, err)
			}
		}
		time.Sleep(time.Hour)
		if err := g.Try(right); err != nil || kept.n != 0 {
			t.Fatalf("the right PIN: %v, with %d wrong ones kept", err, kept.n)
		}
		if err := g.Try("222222"); !errors.Is(err, pin.ErrWrong) || g.Locked() != 0 || kept.n != 1 {
			t.Fatalf("after the right PIN the count begins anew: %v, %d", err, kept.n)
		}
	})
}

// A process that ends at any moment of a try leaves the try counted, and the
// next process begins with the whole lock.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &tally{}
		for i := range pin.Free {
			if err := guard(t, kept).Try("333333"); !errors.Is(err, pin.ErrWrong) || kept.n != i+1 {
				t.Fatalf("try %d: %v, kept %d", i+1, err, kept.n)
			}
		}
		time.Sleep(time.Hour) // off, for all that anybody knows
		if got := locked(t, guard(t, kept).Try(right)); got != time.Minute {
			t.Fatalf("locked for %s after a restart", got)
		}
	})
}

// What cannot be counted is not judged.
func TestUncounted(t *testing.T) {
	kept := &tally{}
	g := guard(t, kept)
	kept.fails = errors.New("disk full")
	if err := g.Try(right); err == nil || err.Error() != "count a PIN that was typed: disk full" {
		t.Errorf("got %v", err)
	}
	if _, err := pin.New(right, kept); err == nil || err.Error() != "read the number of wrong PINs: disk full" {
		t.Errorf("got %v", err)
	}
}

// Many at once get no more tries than one after the other.
func TestAtOnce(t *testing.T) {
	kept := &tally{}
	g := guard(t, kept)
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			if err := g.Try("555555"); err == nil {
				t.Error("a wrong PIN was taken")
			}
		})
	}
	all.Wait()
	if kept.n != pin.Free || kept.saves != pin.Free {
		t.Errorf("%d tries were judged, with %d writes", kept.n, kept.saves)
	}
}
