package modbus

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

const (
	// pollEvery is the pause between two looks at the inputs. A key is seen in
	// two looks: at 9600 baud a look takes about 28 ms of the line.
	pollEvery = 5 * time.Millisecond
	// answerWithin is how long a board has for an answer, behind the time that
	// the bytes need on the line.
	answerWithin = 500 * time.Millisecond
	silentAfter  = 3 * time.Second  // without an answer: offline
	reopenAfter  = 15 * time.Second // without an answer: the port is opened anew
	// goneAfter unanswered questions in a row a board may have lost its power:
	// its relays are switched off before anything else.
	goneAfter = 3
	maxEvents = 16 // keypad events that wait for a reader
)

// Options are what a driver needs besides its settings.
type Options struct {
	Log *slog.Logger // nil logs nothing
	// AnswerWithin is how long a board has for an answer; 0 is half a second.
	AnswerWithin time.Duration
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

// Dev is one bus with one or two boards. Its methods may be called by any
// goroutine.
type Dev struct {
	settings Settings
	plan     plan
	log      *slog.Logger
	path     string
	out      chan sale.BoardEvent

	ctx     context.Context // ends with Close
	stop    context.CancelFunc
	running sync.WaitGroup
	jobs    chan *job
	began   time.Time
	ready   atomic.Bool                // all relays were seen off since the port was opened
	heard   atomic.Int64               // when all boards answered last, since began
	trouble atomic.Pointer[sale.Fault] // what a board has that is no silence

	line wire
	// What follows belongs to the goroutine serve alone.
	bus     bus
	keypad  keypad
	levels  uint64 // inputs that are on: see mask
	missed  int    // unanswered rounds in a row
	beat    time.Time
	sensor  sensor
	breaks  int    // moments in which something may have been missed
	run     uint64 // names this process in evidence
	driven  int    // pulses written so far
	last    *vend
	reopens time.Time
}

var _ sale.Dispenser = (*Dev)(nil)

// job is a call that needs the bus. It runs in the goroutine serve.
type job struct {
	ctx  context.Context
	do   func(context.Context)
	done chan struct{}
}

// Open makes a driver for the boards at path. The settings must have passed
// Check. It does not wait for the port: until all boards have answered and all
// relays are off, Health says what is missing. Close it.
func Open(path string, s Settings, o Options) *Dev {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return open(device.Open(device.Config{Path: path, Baud: s.Baud, Log: log}), path, s, o, log)
}

func open(line wire, path string, s Settings, o Options, log *slog.Logger) *Dev {
	d := &Dev{
		settings: s, plan: s.plan(func(string, string) {}), path: path, line: line,
		log: log.With("driver", "modbus"), out: make(chan sale.BoardEvent, maxEvents),
		jobs: make(chan *job), began: time.Now(), run: rand.Uint64(),
	}
	d.ctx, d.stop = context.WithCancel(context.Background())
	d.bus = newBus(line, s.Baud, o.AnswerWithin)
	d.keypad = keypad{keys: d.plan.keys, held: true}
	d.reopens = d.began
	k := s.DropSensor.Kind
	d.sensor.counts = k == sensorLatch || k == sensorCounter
	d.running.Go(d.serve)
	return d
}

// Close switches all relays off, which ends a pulse under way, ends the
// driver, waits for its goroutine and closes Events. A call under way returns;
// a Dispense whose pulse has left returns unknown. It may be called more than
// once and always returns nil.
func (d *Dev) Close() error {
	d.stop()
	d.running.Wait()
	return d.line.Close()
}

// Events is what happens at the keypad. Of unread events the newest 16 are kept.
func (d *Dev) Events() <-chan sale.BoardEvent { return d.out }

// Health is nil if all boards answered in the last three seconds, and their
// relays are off but for the one in use.
func (d *Dev) Health() error {
	if d.ctx.Err() != nil {
		return closedFault(d.path)
	}
	if err := d.line.Err(); err != nil {
		return err
	}
	if f := d.trouble.Load(); f != nil {
		return f
	}
	if !d.ready.Load() || d.heard.Load() == 0 {
		return silent("does not answer yet on " + d.path)
	}
	if age := time.Since(d.began) - time.Duration(d.heard.Load()); age > silentAfter {
		return silent("has been silent on " + d.path + " for " + age.Truncate(time.Second).String())
	}
	return nil
}

func silent(what string) *sale.Fault {
	return &sale.Fault{
		Code: sale.CodeSerialSilent, What: "a relay board " + what,
		Hint: "check its power, the wires A and B, and that address and baud are those the board is set to",
	}
}

func boardFault(what, hint string) *sale.Fault {
	return &sale.Fault{Code: sale.CodeBoardFault, What: what, Hint: hint}
}

func closedFault(path string) *sale.Fault {
	return &sale.Fault{Code: sale.CodeSerialOther, What: "the driver of the relay boards on " + path + " is closed"}
}

var errClosed = errors.New("the driver is closed")

// do runs a function in the goroutine serve, as soon as it is its turn. An
// error means that it did not run and will not.
func (d *Dev) do(ctx context.Context, f func(context.Context)) error {
	if d.ctx.Err() != nil {
		return errClosed
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	both, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(d.ctx, cancel)()
	j := &job{ctx: both, do: f, done: make(chan struct{})}
	select {
	case d.jobs <- j:
		<-j.done
		return nil
	case <-d.ctx.Done():
		return errClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// serve is the goroutine that talks to the boards.
func (d *Dev) serve() {
	defer close(d.out)
	for d.ctx.Err() == nil {
		select {
		case j := <-d.jobs:
			j.do(j.ctx)
			close(j.done)
		default:
			d.step(d.ctx)
			d.idle()
		}
	}
	d.farewell()
}

// idle is the pause between two rounds, unless somebody wants the bus.
func (d *Dev) idle() {
	select {
	case j := <-d.jobs:
		j.do(j.ctx)
		close(j.done)
	case <-d.ctx.Done():
	case <-time.After(pollEvery):
	}
}

// emit never blocks: where nobody reads, the oldest event goes.
func (d *Dev) emit(e sale.BoardEvent) {
	for {
		select {
		case d.out <- e:
			return
		default:
		}
		select {
		case <-d.out:
			d.log.Warn("nobody reads the keypad: its oldest event is dropped")
		default:
		}
	}
}
