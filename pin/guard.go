package pin

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Tally keeps how many wrong PINs were typed since the last right one. SaveTries
// must be durable when it returns nil.
type Tally interface {
	Tries() (int, error)
	SaveTries(n int) error
}

const (
	// Free is how many wrong PINs in a row cost nothing.
	Free = 5

	firstLock = time.Minute
	longest   = time.Hour
)

// ErrWrong: that was not the PIN. A [*Locked] may be in force from now on.
var ErrWrong = errors.New("wrong PIN")

// Locked is the answer while no PIN is looked at.
type Locked struct {
	Left time.Duration // until the next try; more than 0
}

func (l *Locked) Error() string {
	return fmt.Sprintf("too many wrong PINs: try again in %s", l.Left.Round(time.Second))
}

// Guard compares PINs. Any goroutine may use it.
type Guard struct {
	pin    [sha256.Size]byte
	digits int
	tally  Tally

	mu    sync.Mutex
	wrong int
	until time.Time // with a monotonic clock
}

// New returns the guard of a PIN. After Free or more wrong tries that an earlier
// process has counted, the lock of that many begins anew: nobody knows how long
// the machine was off.
func New(pin string, t Tally) (*Guard, error) {
	wrong, err := t.Tries()
	if err != nil {
		return nil, fmt.Errorf("read the number of wrong PINs: %w", err)
	}
	return &Guard{pin: sha256.Sum256([]byte(pin)), digits: len(pin), tally: t, wrong: wrong, until: time.Now().Add(lockAfter(wrong))}, nil
}

// lockAfter is how long no PIN is looked at after so many wrong ones.
func lockAfter(wrong int) time.Duration {
	if wrong < Free {
		return 0
	}
	return min(firstLock<<min(wrong-Free, 10), longest)
}

// Try returns nil for the right PIN, [ErrWrong] for another, a [*Locked] while
// none is looked at, and any other error if the count could not be kept: then
// nobody may be let in. One try runs at a time, the others wait. A guard that is
// locked touches no disk.
func (g *Guard) Try(pin string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if left := time.Until(g.until); left > 0 {
		return &Locked{left}
	}
	if err := g.tally.SaveTries(g.wrong + 1); err != nil {
		return fmt.Errorf("count a PIN that was typed: %w", err)
	}
	g.wrong++
	typed := sha256.Sum256([]byte(pin))
	if subtle.ConstantTimeCompare(typed[:], g.pin[:]) != 1 {
		g.until = time.Now().Add(lockAfter(g.wrong))
		return ErrWrong
	}
	if err := g.tally.SaveTries(0); err != nil {
		return fmt.Errorf("forget the wrong PINs: %w", err)
	}
	g.wrong = 0
	return nil
}

// Digits is how many the PIN has: a keypad without a key that ends it wants to
// know when it is whole.
func (g *Guard) Digits() int { return g.digits }

// Locked is how long no PIN is looked at, 0 if one is.
func (g *Guard) Locked() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(0, time.Until(g.until))
}
