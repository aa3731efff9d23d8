package device

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"kioskd/sale"
)

// How long a board may say nothing.
const (
	SilentAfter = 3 * time.Second  // then it counts as offline
	ReopenAfter = 15 * time.Second // then its port is opened anew
)

// ErrClosed is what a call of a driver ends with whose Close was called.
var ErrClosed = errors.New("the driver is closed")

// Wire is a [Line] as a driver needs it: a test may put another one under it.
type Wire interface {
	Read(p []byte, wait time.Duration) (int, error)
	Write(p []byte) (int, error)
	Session() int
	Err() error
	Reopen(why *sale.Fault)
	Close() error
}

var _ Wire = (*Line)(nil)

// Life is what every driver has from its opening to its Close, whatever its
// protocol: the wire, goroutines that end together, and the events that nobody
// has read yet. Its methods may be called by any goroutine.
type Life struct {
	Line   Wire
	Board  Board
	Log    *slog.Logger // never nil
	pulse  *pulse       // the same as Line
	events *Events

	ctx     context.Context // ends with Close
	end     context.CancelCauseFunc
	running sync.WaitGroup
}

// NewLife begins a driver's life. A nil log logs nothing. End it with Close.
func NewLife(line Wire, board Board, log *slog.Logger) *Life {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	p := &pulse{Wire: line}
	l := &Life{Line: p, pulse: p, Board: board, Log: log, events: NewEvents()}
	l.ctx, l.end = context.WithCancelCause(context.Background())
	l.Go(func() { l.events.Run(l.ctx.Done()) })
	return l
}

// Go runs f, which must end with Context, as a goroutine that Close waits for.
func (l *Life) Go(f func()) { l.running.Go(f) }

// Listen is the loop of a goroutine that reads: until the end it gives what
// came to heard, and nothing, after each wait in which nothing did.
func (l *Life) Listen(wait time.Duration, heard func(b []byte)) {
	buf := make([]byte, 512)
	for !l.Closed() {
		n, _ := l.Line.Read(buf, wait) // Err tells the error
		heard(buf[:n])
	}
}

// Events is what [sale.Dispenser] asks for; it is closed at the end.
func (l *Life) Events() <-chan sale.BoardEvent { return l.events.C() }

// Emit hands an event to whoever reads Events. It never blocks.
func (l *Life) Emit(e sale.BoardEvent) {
	if l.events.Put(e) {
		l.Log.Warn("nobody reads the keypad: its oldest event is dropped")
	}
}

// Context ends with Close; its cause is ErrClosed.
func (l *Life) Context() context.Context { return l.ctx }

// Beat is when the driver was last seen at work on its line. It stands still if
// the goroutine that reads does not come back to reading, or a call of the line
// does not return; a board that is silent or not there stops nothing. The zero
// time: the driver has not begun yet.
func (l *Life) Beat() time.Time { return l.pulse.Beat() }

// Closed reports whether the end was begun.
func (l *Life) Closed() bool { return l.ctx.Err() != nil }

// End ends Context, and with it every call that waits, and returns at once.
func (l *Life) End() { l.end(ErrClosed) }

// Wait waits for all goroutines of Go.
func (l *Life) Wait() { l.running.Wait() }

// Close ends the life, closes the line and waits for the goroutines. It may be
// called more than once and always returns nil. A driver that has a last word
// for its board calls End and Wait before.
func (l *Life) Close() error {
	l.End()
	l.Line.Close()
	l.Wait()
	return nil
}

// Pause waits, for at most t.
func (l *Life) Pause(ctx context.Context, t time.Duration) {
	select {
	case <-time.After(t):
	case <-ctx.Done():
	case <-l.ctx.Done():
	}
}

// Turn is held by one caller at a time.
type Turn chan struct{}

// NewTurn makes a turn that nobody holds.
func NewTurn() Turn { return make(Turn, 1) }

// Take waits for the turn and returns what gives it back. The error is
// ErrClosed or the cause of ctx; see Busy.
func (l *Life) Take(ctx context.Context, turn Turn) (release func(), err error) {
	if l.Closed() {
		return nil, ErrClosed
	}
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-l.ctx.Done():
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// State is a mutex for what goroutines share, with word of its changes. The
// zero value is ready.
type State struct {
	sync.Mutex
	changed chan struct{} // nil while nobody waits
}

// Changed wakes those who await a change. Call it with the mutex held.
func (s *State) Changed() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// Await waits until ok, which is called with the mutex held at first and after
// each change. The error is ErrClosed or the cause of ctx.
func (l *Life) Await(ctx context.Context, s *State, ok func() bool) error {
	for {
		s.Lock()
		is := ok()
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		s.Unlock()
		if is {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-l.ctx.Done():
			return ErrClosed
		}
	}
}
