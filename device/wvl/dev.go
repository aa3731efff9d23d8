package wvl

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// How long the driver waits for what.
const (
	readWait     = 50 * time.Millisecond
	answerWithin = time.Second      // one question, asked once
	pingEvery    = time.Second      // a board that nobody asks
	silentAfter  = 3 * time.Second  // without an answer: offline
	reopenAfter  = 15 * time.Second // without an answer: the port is opened anew
)

// Options are what a driver needs besides its settings.
type Options struct {
	Log *slog.Logger // nil logs nothing
}

// wire is the line as this package needs it: see [device.Line].
type wire interface {
	Read(p []byte, wait time.Duration) (int, error)
	Write(p []byte) (int, error)
	Session() int
	Err() error
	Reopen(why *sale.Fault)
	Close() error
}

// Dev is a WVL/1 board on a serial line. Its methods may be called by any
// goroutine.
type Dev struct {
	settings Settings
	log      *slog.Logger
	line     wire
	path     string
	events   *events

	done    chan struct{} // closed by Close
	once    sync.Once
	running sync.WaitGroup
	turn    chan struct{} // held by the one call of sale.Dispenser that is at work
	asking  chan struct{} // held by the one question that is on the line

	mu      sync.Mutex
	changed chan struct{} // closed and replaced when anything below changed
	link    link
	told    *record // newest EV RESULT
}

var _ sale.Dispenser = (*Dev)(nil)

// Open makes a driver for the board at path. It does not wait for the port:
// until the board answers, Health says what is missing. Close it.
func Open(path string, s Settings, o Options) *Dev {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	c := device.Config{Path: path, Baud: s.Baud, Log: log}
	if s.QuietLines {
		c.DTR, c.RTS = new(bool), new(bool)
	}
	return open(device.Open(c), path, s, log)
}

func open(line wire, path string, s Settings, log *slog.Logger) *Dev {
	d := &Dev{
		settings: s, log: log.With("driver", "wvl"), line: line, path: path,
		events: newEvents(),
		done:   make(chan struct{}), turn: make(chan struct{}, 1), asking: make(chan struct{}, 1),
		changed: make(chan struct{}),
	}
	// Answers to an earlier process may still be on the line.
	d.link.seq = uint16(rand.Uint32())
	d.running.Go(d.serve)
	d.running.Go(d.keep)
	d.running.Go(func() { d.events.run(d.done) })
	return d
}

// Close ends the driver, waits for its goroutines and closes Events. A call
// under way returns; a Dispense whose command has left returns unknown. It may
// be called more than once and always returns nil.
func (d *Dev) Close() error {
	d.once.Do(func() { close(d.done) })
	d.line.Close()
	d.running.Wait()
	return nil
}

// Events is what happens at the keypad. The newest 16 that are unread are kept.
func (d *Dev) Events() <-chan sale.BoardEvent { return d.events.out }

// Health is nil if the board answered in the last three seconds and since the
// port was opened, and said who it is.
func (d *Dev) Health() error {
	if d.closed() {
		return closedFault(d.path)
	}
	if err := d.line.Err(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	l := &d.link
	switch {
	case l.fault != nil:
		return l.fault
	case !l.greeted || l.session != d.line.Session():
		return silent("has not answered yet on " + d.path)
	}
	if age := time.Since(l.heard); age > silentAfter {
		return silent("has not answered on " + d.path + " for " + age.Truncate(time.Second).String())
	}
	return nil
}

func silent(what string) *sale.Fault {
	return &sale.Fault{
		Code: sale.CodeSerialSilent, What: "the controller " + what,
		Hint: "check that it has power, that its cable is plugged, and that baud is the speed of its firmware",
	}
}

func boardFault(what, hint string) *sale.Fault {
	return &sale.Fault{Code: sale.CodeBoardFault, What: "the controller " + what, Hint: hint}
}

func closedFault(path string) *sale.Fault {
	return &sale.Fault{Code: sale.CodeSerialOther, What: "the driver of the controller on " + path + " is closed"}
}

func (d *Dev) closed() bool {
	select {
	case <-d.done:
		return true
	default:
		return false
	}
}

var errClosed = errors.New("the driver is closed")

// take waits for a turn and returns what gives it back.
func (d *Dev) take(ctx context.Context, turn chan struct{}) (func(), error) {
	if d.closed() {
		return nil, errClosed
	}
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-d.done:
		return nil, errClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// await waits until ok, which is called with mu held, or ctx ends, or Close.
func (d *Dev) await(ctx context.Context, ok func() bool) error {
	for {
		d.mu.Lock()
		is, changed := ok(), d.changed
		d.mu.Unlock()
		if is {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-d.done:
			return errClosed
		}
	}
}

// pause waits, for at most t.
func (d *Dev) pause(ctx context.Context, t time.Duration) {
	select {
	case <-time.After(t):
	case <-ctx.Done():
	case <-d.done:
	}
}
