package mdb

import (
	"log/slog"
	"math/rand/v2"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// How long the driver waits for what.
const (
	readWait  = 50 * time.Millisecond
	tendEvery = 50 * time.Millisecond
)

// Options are what a driver needs besides its settings.
type Options struct {
	// Prices are what is sold. A request at another price is no sale.
	Prices map[sale.Slot]sale.Fen
	// PayWithin is how long a customer has to pay, at most
	// [Settings.PayWithinMost]. The machine is told to wait a little longer.
	PayWithin time.Duration
	Log       *slog.Logger // nil logs nothing
}

// Dev is a vending machine on an MDB bus, behind an adapter on a serial line.
// Its methods may be called by any goroutine.
type Dev struct {
	settings Settings
	prices   map[sale.Slot]sale.Fen
	waits    time.Duration // how long the machine waits for an answer to its request
	log      *slog.Logger
	life     *device.Life
	codec    codec
	text     *qibixx     // codec, if it is one
	turn     device.Turn // held by the one call of sale.Dispenser that is at work
	run      uint64      // this process, for evidence
	patience patience

	mu     device.State
	link   link
	vends  uint64   // requests so far
	vend   *vend    // the newest request
	served *vend    // the newest that was approved
	orphan *message // a result before any request
	// doubted: an earlier process may have approved.
	doubted bool
	failed  map[sale.Slot]bool // the last order of the slot got nothing
}

var (
	_ sale.Dispenser = (*Dev)(nil)
	_ sale.Decliner  = (*Dev)(nil)
)

// Open makes a driver for the adapter at path. It does not wait for the port:
// until the machine takes payments, Health says what is missing. Close it.
func Open(path string, s Settings, o Options) *Dev {
	return open(dial(path, s, o), path, s, o)
}

func dial(path string, s Settings, o Options) *device.Line {
	return device.Open(device.Config{Path: path, Baud: s.speed(), Log: o.Log})
}

func open(line device.Wire, path string, s Settings, o Options) *Dev {
	d := newDev(line, path, s, o)
	d.start()
	return d
}

func newDev(line device.Wire, path string, s Settings, o Options) *Dev {
	life := device.NewLife(line, device.Board{
		Name: "the MDB adapter", Path: path,
		Hint: "check that its cable is plugged, that it has power, and that adapter and baud name it",
	}, o.Log)
	waits := min(o.PayWithin+payMargin, mostSeconds*time.Second).Truncate(time.Second)
	d := &Dev{
		settings: s, prices: o.Prices, waits: waits, log: life.Log.With("driver", "mdb"), life: life,
		codec: s.codec(int(waits / time.Second)), turn: device.NewTurn(), run: rand.Uint64(),
		patience: defaultPatience(), failed: map[sale.Slot]bool{},
	}
	d.text, _ = d.codec.(*qibixx)
	d.link.level = byte(s.Level)
	return d
}

func (d *Dev) start() {
	d.life.Go(func() { d.life.Listen(readWait, d.round) })
	d.life.Go(d.keep)
}

// Close denies a request that waits, so that the machine is free, ends the
// driver, waits for its goroutines and closes Events. A Dispense whose
// approval has left returns unknown. Close may be called more than once and
// always returns nil.
func (d *Dev) Close() error {
	if !d.life.Closed() {
		d.mu.Lock()
		d.deny("kioskd ends")
		d.mu.Unlock()
	}
	return d.life.Close()
}

// Events is what the machine's customers choose. The newest 16 that are unread
// are kept.
func (d *Dev) Events() <-chan sale.BoardEvent { return d.life.Events() }

// Beat is when the driver was last at work on its line, see [device.Life].
func (d *Dev) Beat() time.Time { return d.life.Beat() }

// Health is nil while the machine takes payments, or waits for one.
func (d *Dev) Health() error {
	if err := d.life.Err(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	l := &d.link
	switch {
	case l.session != d.life.Line.Session():
		return d.life.Silence(time.Time{})
	case d.text != nil && d.life.Silence(l.heard) != nil:
		return d.life.Silence(l.heard)
	case d.vend.open() || d.vend.running():
		return nil // a machine may disable the reader in a transaction, which goes on
	case l.fault != nil:
		return l.fault
	case !l.ready:
		return d.life.Board.Silent("is not set up yet")
	case d.text != nil && l.state == unheard, l.state == inactive:
		return &sale.Fault{
			Code: sale.CodeBoardFault, What: "the vending machine does not talk to the MDB adapter",
			Hint: "check the MDB cable, and that the machine has a cashless device switched on in its menu",
		}
	case l.state == switchedOff:
		return &sale.Fault{
			Code: sale.CodeBoardFault, What: "the vending machine has switched cashless payment off",
			Hint: "close its door and leave its menu; if it stays so, look at its list of faults",
		}
	}
	return nil
}
