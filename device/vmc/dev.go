package vmc

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// How long the driver waits for what.
const (
	readWait    = 50 * time.Millisecond // a frame with such a gap in it was cut
	silentAfter = 3 * time.Second       // without a frame: offline
	reopenAfter = 15 * time.Second      // without a frame: the port is opened anew
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

// Dev is a VMC on a serial line. Its methods may be called by any goroutine.
type Dev struct {
	settings Settings
	log      *slog.Logger
	line     wire
	path     string
	events   *events

	done    chan struct{} // closed by Close
	once    sync.Once
	running sync.WaitGroup
	turn    chan struct{} // held by the one call that talks to the VMC
	began   time.Time
	heard   atomic.Int64 // when the last frame came, since began; 0 for none in this session

	mu      sync.Mutex
	changed chan struct{} // closed and replaced when anything below changed
	link    link
	run     uint64              // names this process in evidence
	driven  map[sale.Slot]int   // 06 written so far
	vends   map[sale.Slot]*vend // the newest of each slot
	// breaks counts the moments in which a word of the VMC may have been
	// missed: a lost port, a silence, a gap in its PackNOs, its restart.
	breaks   int
	menuLate time.Time // a question to the menu went unanswered: its answer may still come
}

var _ sale.Dispenser = (*Dev)(nil)

// Open makes a driver for the controller at path. It does not wait for the
// port: until the controller speaks, Health says what is missing. Close it.
func Open(path string, s Settings, o Options) *Dev {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return open(device.Open(device.Config{Path: path, Baud: s.Baud, Log: log}), path, s, log)
}

func open(line wire, path string, s Settings, log *slog.Logger) *Dev {
	d := &Dev{
		settings: s, log: log.With("driver", "vmc"), line: line, path: path,
		events: newEvents(),
		done:   make(chan struct{}), turn: make(chan struct{}, 1), began: time.Now(),
		changed: make(chan struct{}),
		run:     rand.Uint64(), driven: map[sale.Slot]int{}, vends: map[sale.Slot]*vend{},
	}
	d.link.pack = 1
	d.running.Go(d.serve)
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

// Events is what happens at the machine: the keypad (05) and slot reports
// (11). Of unread keypad events the newest 16 are kept, of reports the newest
// of each slot.
func (d *Dev) Events() <-chan sale.BoardEvent { return d.events.out }

// Health is nil if the VMC sent a frame in the last three seconds and since
// the port was opened.
func (d *Dev) Health() error {
	if d.closed() {
		return closedFault(d.path)
	}
	if err := d.line.Err(); err != nil {
		return err
	}
	heard := d.heard.Load()
	if heard == 0 {
		return silent("has not spoken yet on " + d.path)
	}
	if age := time.Since(d.began) - time.Duration(heard); age > silentAfter {
		return silent("has been silent on " + d.path + " for " + age.Truncate(time.Second).String())
	}
	return nil
}

func silent(what string) *sale.Fault {
	return &sale.Fault{
		Code: sale.CodeSerialSilent, What: "the controller " + what,
		Hint: "check that it has power, that its cable is plugged, and that it is set to work with an upper computer",
	}
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

// take waits for the turn to talk to the VMC and returns what gives it back.
func (d *Dev) take(ctx context.Context) (func(), error) {
	if d.closed() {
		return nil, errClosed
	}
	select {
	case d.turn <- struct{}{}:
		return func() { <-d.turn }, nil
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
