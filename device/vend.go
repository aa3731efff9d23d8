package device

import (
	"context"
	"time"

	"kioskd/sale"
)

// Vend is one command of a [Talk] and what its board has said of it so far.
// The Talk's mutex guards it.
type Vend struct {
	Number  sale.Number
	Over    bool // Verdict holds
	Verdict sale.Verdict
	Odd     string // what the board said that is in no table, for a person
}

// End settles the vend. It does not do so twice.
func (v *Vend) End(verdict sale.Verdict) {
	if !v.Over {
		v.Over, v.Verdict = true, verdict
	}
}

// Drive writes a command once, as soon as the line may be used, and waits
// until the vend is over, for so long at most. As long nothing is asked, unless
// the driver calls Resume. begin is called with the mutex held before the first
// byte leaves, undo with the mutex held if none did.
func (t *Talk[F]) Drive(ctx context.Context, command []byte, within time.Duration, v *Vend, begin, undo func()) sale.Verdict {
	left, err := t.Write(ctx, command, func() {
		begin()
		t.Rest(time.Now().Add(within))
	}, func() {
		undo()
		t.Resume(time.Now())
	})
	if !left {
		return NotSent(err)
	}
	short, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	err = t.Life.Await(short, &t.State, func() bool { return v.Over })
	t.Lock()
	defer t.Unlock()
	switch {
	case v.Over:
		return v.Verdict
	case err == ErrClosed:
		return sale.Verdict{Detail: "the driver was closed during the vend" + v.Odd}
	}
	return sale.Verdict{Detail: "no result in time" + v.Odd}
}

// Write writes a command once, as soon as the line may be used. begin is called
// with the mutex held before the first byte leaves, undo with the mutex held if
// none did. left reports whether any may have.
func (t *Talk[F]) Write(ctx context.Context, command []byte, begin, undo func()) (left bool, err error) {
	release, err := t.Life.Take(ctx, t.asking)
	if err != nil {
		return false, err
	}
	defer release()
	begun := false
	n, err := t.write(ctx, command, func() {
		begun = true
		begin()
	})
	if n == 0 && err != nil && begun {
		t.Lock()
		defer t.Unlock()
		undo()
	}
	return n > 0 || err == nil, err
}
