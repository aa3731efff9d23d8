package tcn

import (
	"context"
	"log/slog"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// How long the driver waits for what.
const (
	answerWithin = time.Second // for the door
	answerLate   = 2 * time.Second
	pingEvery    = time.Second
	askWithin    = 5 * time.Second // the questions of one call, behind a rest
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
	turn     device.Turn // held by the one call that talks to the board
	talk     device.Talk[Reply]

	// Guarded by talk.
	last *vend // the newest run of this process
}

var _ sale.Dispenser = (*Dev)(nil)

// Open makes a driver for the board at path. The settings must have passed
// Check. It does not wait for the port: until the board answers, which is
// vend_time from now at the soonest, Health says what is missing. Close it.
func Open(path string, s Settings, o Options) *Dev {
	return open(device.Open(device.Config{Path: path, Baud: s.Baud, Log: o.Log}), path, s, o)
}

func open(line device.Wire, path string, s Settings, o Options) *Dev {
	life := device.NewLife(line, device.Board{
		Name: "the spiral board", Path: path,
		Hint: "check that it has power, that its cable is plugged, and that baud is the board's speed",
	}, o.Log)
	d := &Dev{settings: s, log: life.Log.With("driver", "tcn"), life: life, turn: device.NewTurn()}
	d.talk = device.Talk[Reply]{Life: life, Parser: &Parser{}, Late: answerLate, Unasked: d.unasked}
	// A motor that an earlier process started may still turn.
	d.talk.Rest(time.Now().Add(s.VendTime))
	d.talk.Begin()
	life.Go(func() { d.talk.Keep(pingEvery, func(ctx context.Context) { d.door(ctx) }) })
	return d
}

// Close ends the driver, waits for its goroutines and closes Events. A call
// under way returns; a Dispense whose command has left returns unknown. It may
// be called more than once and always returns nil.
func (d *Dev) Close() error { return d.life.Close() }

// Events never has one: the board has no keypad.
func (d *Dev) Events() <-chan sale.BoardEvent { return d.life.Events() }

// Beat is when the driver was last at work on its line, see [device.Life].
func (d *Dev) Beat() time.Time { return d.life.Beat() }

// Health is nil if the board answered in the last three seconds, or runs a
// motor and is not asked.
func (d *Dev) Health() error { return d.talk.Err() }

// door asks once whether the door is open.
func (d *Dev) door(ctx context.Context) (Reply, error) {
	r, _, err := d.talk.Exchange(ctx, Command{readDoor, curtainOff}.Append(nil), answerWithin, isDoor)
	return r, err
}

// isDoor knows an answer about the door.
func isDoor(r Reply) bool { return !r.Failed && r.R3 <= 1 && r.R4 == 0 }
