package device

import (
	"context"
	"errors"
	"time"

	"kioskd/sale"
)

// readWait: a frame with such a gap in it was cut.
const readWait = 50 * time.Millisecond

// Parser finds frames in the bytes of a line.
type Parser[F any] interface {
	Feed(b []byte) []F // the frames that b completes
	Gap() []F          // the rest of a frame that has begun will not come
	Reset()            // what follows is of another line
}

// Talk is the line to a board that answers when it is asked: one question at a
// time, and word of when the board was heard. Its mutex guards what the driver
// shares between its goroutines, too. Fill in the fields, then call Begin.
type Talk[F any] struct {
	State
	Life   *Life
	Parser Parser[F]
	// Late is how much later than asked for an answer may still come. As long
	// nothing else is asked after a question that was given up.
	Late time.Duration
	// Unasked takes a frame that answers no question; Renewed is told that the
	// port was opened anew. Both are called with the mutex held; nil: nothing.
	Unasked func(f F, now time.Time)
	Renewed func(now time.Time)

	asking  Turn
	session int
	since   time.Time // the board was heard, or the port opened, or a rest ends
	quiet   time.Time // nothing is asked before
	heard   bool      // in this session
	answers func(F) bool
	got     *F
}

// Begin begins to read.
func (t *Talk[F]) Begin() {
	t.asking = NewTurn()
	t.Life.Go(func() { t.Life.Listen(readWait, t.round) })
}

func (t *Talk[F]) round(b []byte) {
	now := time.Now()
	t.Lock()
	defer t.Unlock()
	if s := t.Life.Line.Session(); s != t.session {
		t.session, t.heard = s, false
		t.since = later(t.since, now)
		t.Parser.Reset()
		if t.Renewed != nil {
			t.Renewed(now)
		}
		t.Changed()
	}
	var frames []F
	if len(b) == 0 {
		frames = t.Parser.Gap()
	} else {
		frames = t.Parser.Feed(b)
	}
	for _, f := range frames {
		t.heard, t.since = true, later(t.since, now)
		if t.answers != nil && t.got == nil && t.answers(f) {
			t.got = &f
		} else if t.Unasked != nil {
			t.Unasked(f, now)
		}
	}
	if len(frames) > 0 {
		t.Changed()
	}
}

// Rest keeps the line quiet until then, because the board must not be asked:
// it does not count as silent for that. Call it with the mutex held.
func (t *Talk[F]) Rest(until time.Time) {
	t.since, t.quiet = later(t.since, until), later(t.quiet, until)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Resume ends a Rest: the board said what it was waited for. Call it with the
// mutex held.
func (t *Talk[F]) Resume(now time.Time) { t.since, t.quiet = now, now }

// Err is nil while the board is heard: the *sale.Fault for Health.
func (t *Talk[F]) Err() error {
	if err := t.Life.Err(); err != nil {
		return err
	}
	t.Lock()
	defer t.Unlock()
	if !t.heard || t.session != t.Life.Line.Session() {
		return t.Life.Silence(time.Time{})
	}
	return t.Life.Silence(t.since)
}

// Session counts the openings of the port that were noticed. Call it with the
// mutex held.
func (t *Talk[F]) Session() int { return t.session }

var errReopened = errors.New("the port was opened anew meanwhile")

// Exchange writes a question once, as soon as the line may be used, and waits
// for its answer for so long at most. left reports whether any byte of it may
// have left. The error is a *sale.Fault, ErrClosed or the cause of ctx.
func (t *Talk[F]) Exchange(ctx context.Context, question []byte, within time.Duration, answers func(F) bool) (f F, left bool, err error) {
	release, err := t.Life.Take(ctx, t.asking)
	if err != nil {
		return f, false, err
	}
	defer release()
	var session int
	n, err := t.write(ctx, question, func() { t.answers, t.got, session = answers, nil, t.session })
	if n == 0 && err != nil {
		return f, false, err
	}
	if err == nil {
		short, cancel := context.WithTimeoutCause(ctx, within, t.Life.Board.Silent("does not answer"))
		err = t.Life.Await(short, &t.State, func() bool { return t.got != nil || t.session != session })
		cancel()
	}
	t.Lock()
	defer t.Unlock()
	got := t.got
	t.answers, t.got = nil, nil
	switch {
	case got != nil:
		return *got, true, nil
	case err == nil:
		err = errReopened
	}
	t.quiet = later(t.quiet, time.Now().Add(t.Late))
	return f, true, err
}

// write waits until the line may be used, calls before, with the mutex held,
// and writes. n is how many bytes may have left.
func (t *Talk[F]) write(ctx context.Context, b []byte, before func()) (n int, err error) {
	for {
		if err := t.Life.Line.Err(); err != nil {
			return 0, err
		}
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		if t.Life.Closed() {
			return 0, ErrClosed
		}
		t.Lock()
		wait := time.Until(t.quiet)
		known := t.session == t.Life.Line.Session()
		if wait <= 0 && known {
			before()
			t.Unlock()
			n, err := t.Life.Line.Write(b)
			if n == 0 && err != nil {
				t.Lock()
				t.answers = nil
				t.Unlock()
			}
			return n, err
		}
		t.Unlock()
		t.Life.Pause(ctx, max(time.Millisecond, min(wait, readWait)))
	}
}

// Ask repeats a question that moves nothing until it is answered or ctx ends,
// and then says why it was not: as a *sale.Fault.
func (t *Talk[F]) Ask(ctx context.Context, question []byte, within time.Duration, answers func(F) bool) (F, error) {
	for {
		f, _, err := t.Exchange(ctx, question, within, answers)
		if err == nil {
			return f, nil
		}
		t.Life.Pause(ctx, readWait)
		if ctx.Err() != nil || t.Life.Closed() {
			if fault, ok := errors.AsType[*sale.Fault](err); ok && !t.Life.Closed() {
				return f, fault
			}
			return f, t.Life.Absence(t.Err(), err)
		}
	}
}

// Keep is the loop of a goroutine that calls ping when the board was not heard
// for a while, and has the port opened anew where that does not help.
func (t *Talk[F]) Keep(every time.Duration, ping func(ctx context.Context)) {
	for !t.Life.Closed() {
		t.Life.Pause(t.Life.Context(), readWait)
		t.Lock()
		age, heard, session := time.Since(t.since), t.heard, t.session
		t.Unlock()
		switch {
		case t.Life.Line.Err() != nil || session != t.Life.Line.Session():
		case age > ReopenAfter:
			t.Life.Reopen()
		case age > every || !heard && age >= 0:
			ping(t.Life.Context())
		}
	}
}
