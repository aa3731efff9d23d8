package modbus

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

const (
	// lookEvery is how often the inputs are looked at, at most. A key is seen in
	// two looks, which must be further apart than a contact flutters: at 9600
	// baud a look takes about 23 ms of the line.
	lookEvery = 10 * time.Millisecond
	// pauseShort is the pause of a call that looks again and again.
	pauseShort = 5 * time.Millisecond
	// answerWithin is how long a board has for an answer, behind the time that
	// the bytes need on the line.
	answerWithin = 500 * time.Millisecond
	// goneAfter unanswered questions in a row a board may have lost its power:
	// its relays are switched off before anything else.
	goneAfter = 3
)

// Options are what a driver needs besides its settings.
type Options struct {
	Log *slog.Logger // nil logs nothing
	// AnswerWithin is how long a board has for an answer; 0 is half a second.
	AnswerWithin time.Duration
}

// Dev is one bus with one or two boards. Its methods may be called by any
// goroutine.
type Dev struct {
	settings Settings
	plan     plan
	log      *slog.Logger
	life     *device.Life

	jobs    chan *job
	ready   atomic.Bool                // all relays were seen off since the port was opened
	heard   atomic.Pointer[time.Time]  // when all boards answered last
	trouble atomic.Pointer[sale.Fault] // what a board has that is no silence
	door    atomic.Bool                // open

	// What follows belongs to the goroutine serve alone.
	bus     bus
	keypad  keypad
	doorway doorway
	looked  time.Time // when the last round began
	levels  uint64    // inputs that are on: see mask
	missed  int       // unanswered rounds in a row
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
	return open(device.Open(device.Config{Path: path, Baud: s.Baud, Log: o.Log}), path, s, o)
}

func open(line device.Wire, path string, s Settings, o Options) *Dev {
	life := device.NewLife(line, device.Board{
		Name: "a relay board", Path: path,
		Hint: "check its power, the wires A and B, and that address and baud are those the board is set to",
	}, o.Log)
	d := &Dev{
		settings: s, plan: s.plan(func(string, string) {}), life: life,
		log: life.Log.With("driver", "modbus"), jobs: make(chan *job), run: rand.Uint64(),
	}
	d.bus = newBus(life.Line, s.Baud, o.AnswerWithin)
	d.keypad = keypad{keys: d.plan.keys, held: true}
	d.reopens = time.Now()
	k := s.DropSensor.Kind
	d.sensor.counts = k == sensorLatch || k == sensorCounter
	life.Go(d.serve)
	return d
}

// Close switches all relays off, which ends a pulse under way, ends the
// driver, waits for its goroutine and closes Events. A call under way returns;
// a Dispense whose pulse has left returns unknown. It may be called more than
// once and always returns nil.
func (d *Dev) Close() error {
	d.life.End()
	d.life.Wait()
	return d.life.Close()
}

// Events is what happens at the keypad. Of unread events the newest 16 are kept.
func (d *Dev) Events() <-chan sale.BoardEvent { return d.life.Events() }

// Beat is when the driver was last at work on its line, see [device.Life].
func (d *Dev) Beat() time.Time { return d.life.Beat() }

// Health is nil if all boards answered in the last three seconds, and their
// relays are off but for the one in use.
func (d *Dev) Health() error {
	if err := d.life.Err(); err != nil {
		return err
	}
	if f := d.trouble.Load(); f != nil {
		return f
	}
	heard := d.heard.Load()
	if heard == nil || !d.ready.Load() {
		heard = &time.Time{}
	}
	return d.life.Silence(*heard)
}

func boardFault(what, hint string) *sale.Fault {
	return &sale.Fault{Code: sale.CodeBoardFault, What: what, Hint: hint}
}

// do runs a function in the goroutine serve, as soon as it is its turn. An
// error means that it did not run and will not.
func (d *Dev) do(ctx context.Context, f func(context.Context)) error {
	if d.life.Closed() {
		return device.ErrClosed
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	both, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(d.life.Context(), cancel)()
	j := &job{ctx: both, do: f, done: make(chan struct{})}
	select {
	case d.jobs <- j:
		<-j.done
		return nil
	case <-d.life.Context().Done():
		return device.ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// serve is the goroutine that talks to the boards.
func (d *Dev) serve() {
	for !d.life.Closed() {
		select {
		case j := <-d.jobs:
			j.do(j.ctx)
			close(j.done)
		default:
			d.step(d.life.Context())
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
	case <-d.life.Context().Done():
	case <-time.After(d.untilLook()):
	}
}

// untilLook is the pause before the next look. On a slow line, where a look
// takes longer than lookEvery, there is none.
func (d *Dev) untilLook() time.Duration { return max(0, lookEvery-time.Since(d.looked)) }
