package lcus

import (
	"context"
	"log/slog"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// How long the driver waits for what.
const (
	answerWithin = 500 * time.Millisecond // eight lines take about 80 ms at 9600 baud
	answerLate   = 500 * time.Millisecond
	pingEvery    = time.Second
	askWithin    = 5 * time.Second // the questions of one call
	farewell     = time.Second     // for a vend to end at Close
	lookEvery    = 50 * time.Millisecond
)

// Options are what a driver needs besides its settings.
type Options struct {
	Log *slog.Logger // nil logs nothing
}

// Dev is a board on a serial line. Its methods may be called by any goroutine.
type Dev struct {
	settings Settings
	log      *slog.Logger
	life     *device.Life
	turn     device.Turn // held by the one that switches relays
	talk     device.Talk[[]bool]

	// Guarded by talk.
	safe  int         // session in which all relays were seen off, 0 for none
	stuck *sale.Fault // a relay does not switch off
	last  *vend
}

var _ sale.Dispenser = (*Dev)(nil)

// vend is the newest "on" of this process.
type vend struct {
	number  sale.Number
	verdict sale.Verdict
}

// Open makes a driver for the board at path. The settings must have passed
// Check. It does not wait for the port: until the board says that all its
// relays are off, Health says what is missing. Close it.
func Open(path string, s Settings, o Options) *Dev {
	return open(device.Open(device.Config{Path: path, Baud: s.Baud, Log: o.Log}), path, s, o)
}

func open(line device.Wire, path string, s Settings, o Options) *Dev {
	life := device.NewLife(line, device.Board{
		Name: "the relay board", Path: path,
		Hint: "check its cable; boards with one relay never answer and cannot be used",
	}, o.Log)
	d := &Dev{settings: s, log: life.Log.With("driver", "lcus"), life: life, turn: device.NewTurn()}
	d.talk = device.Talk[[]bool]{Life: life, Parser: NewParser(s.Channels), Late: answerLate}
	d.talk.Begin()
	life.Go(func() { d.talk.Keep(pingEvery, d.look) })
	life.Go(d.guard)
	return d
}

// Close switches all relays off, ends the driver, waits for its goroutines and
// closes Events. A call under way returns; a Dispense whose command has left
// returns unknown. It may be called more than once and always returns nil.
func (d *Dev) Close() error {
	if !d.life.Closed() {
		d.life.End()
		ctx, cancel := context.WithTimeout(context.Background(), farewell)
		defer cancel()
		select {
		case d.turn <- struct{}{}: // for good: a vend under way has ended
		case <-ctx.Done():
		}
		d.writeOff(ctx)
	}
	return d.life.Close()
}

// Events never has one: the board has no inputs.
func (d *Dev) Events() <-chan sale.BoardEvent { return d.life.Events() }

// Beat is when the driver was last at work on its line, see [device.Life].
func (d *Dev) Beat() time.Time { return d.life.Beat() }

// Health is nil if the board answered in the last three seconds and all its
// relays were seen off since the port was opened.
func (d *Dev) Health() error {
	if err := d.talk.Err(); err != nil {
		return err
	}
	d.talk.Lock()
	defer d.talk.Unlock()
	if d.stuck != nil {
		return d.stuck
	}
	if d.safe != d.talk.Session() {
		return d.life.Board.Silent("has not said yet that its relays are off")
	}
	return nil
}
