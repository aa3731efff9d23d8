package wvl

import (
	"log/slog"
	"math/rand/v2"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// How long the driver waits for what.
const (
	readWait     = 50 * time.Millisecond
	answerWithin = time.Second // one question, asked once
	pingEvery    = time.Second // a board that nobody asks
)

// Options are what a driver needs besides its settings.
type Options struct {
	Log *slog.Logger // nil logs nothing
}

// Dev is a WVL/1 board on a serial line. Its methods may be called by any
// goroutine.
type Dev struct {
	settings Settings
	log      *slog.Logger
	life     *device.Life
	turn     device.Turn // held by the one call of sale.Dispenser that is at work
	asking   device.Turn // held by the one question that is on the line

	mu   device.State
	link link
	told *record // newest EV RESULT
}

var _ sale.Dispenser = (*Dev)(nil)

// Open makes a driver for the board at path. It does not wait for the port:
// until the board answers, Health says what is missing. Close it.
func Open(path string, s Settings, o Options) *Dev {
	c := device.Config{Path: path, Baud: s.Baud, Log: o.Log}
	if s.QuietLines {
		c.DTR, c.RTS = new(bool), new(bool)
	}
	return open(device.Open(c), path, s, o)
}

func open(line device.Wire, path string, s Settings, o Options) *Dev {
	life := device.NewLife(line, device.Board{
		Name: "the controller", Path: path,
		Hint: "check that it has power, that its cable is plugged, and that baud is the speed of its firmware",
	}, o.Log)
	d := &Dev{
		settings: s, log: life.Log.With("driver", "wvl"), life: life,
		turn: device.NewTurn(), asking: device.NewTurn(),
	}
	// Answers to an earlier process may still be on the line.
	d.link.seq = uint16(rand.Uint32())
	life.Go(func() { life.Listen(readWait, d.round) })
	life.Go(d.keep)
	return d
}

// Close ends the driver, waits for its goroutines and closes Events. A call
// under way returns; a Dispense whose command has left returns unknown. It may
// be called more than once and always returns nil.
func (d *Dev) Close() error { return d.life.Close() }

// Events is what happens at the keypad. The newest 16 that are unread are kept.
func (d *Dev) Events() <-chan sale.BoardEvent { return d.life.Events() }

// Beat is when the driver was last at work on its line, see [device.Life].
func (d *Dev) Beat() time.Time { return d.life.Beat() }

// Health is nil if the board answered in the last three seconds and since the
// port was opened, and said who it is.
func (d *Dev) Health() error {
	if err := d.life.Err(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	l := &d.link
	switch {
	case l.fault != nil:
		return l.fault
	case !l.greeted || l.session != d.life.Line.Session():
		return d.life.Silence(time.Time{})
	}
	return d.life.Silence(l.heard)
}
