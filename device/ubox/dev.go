package ubox

import (
	"context"
	"log/slog"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// How long the driver waits for what. The published firmware takes a good part
// of a second for an answer, and beeps before it reports a failure.
const (
	answerWithin = 2 * time.Second
	pingEvery    = time.Second
	askWithin    = 8 * time.Second // the questions of one call
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
	talk     device.Talk[Frame]
	began    time.Time

	// Guarded by talk.
	vends  map[report]*device.Vend // by channel and SN: the newest of each; without a number where an earlier process began it
	lastSN byte                    // of the newest command of this process, 0 for none
}

var _ sale.Dispenser = (*Dev)(nil)

// Open makes a driver for the board at path. The settings must have passed
// Check. It does not wait for the port: until the board answers, Health says
// what is missing. Close it.
func Open(path string, s Settings, o Options) *Dev {
	return open(device.Open(device.Config{Path: path, Baud: s.Baud, Log: o.Log}), path, s, o)
}

func open(line device.Wire, path string, s Settings, o Options) *Dev {
	life := device.NewLife(line, device.Board{
		Name: "the controller", Path: path,
		Hint: "check that it has power, that its cable is plugged, that baud is its speed, and that it is set to work with a UBOX computer",
	}, o.Log)
	d := &Dev{
		settings: s, log: life.Log.With("driver", "ubox"), life: life, turn: device.NewTurn(),
		began: time.Now(), vends: map[report]*device.Vend{},
	}
	d.talk = device.Talk[Frame]{Life: life, Parser: &Parser{}, Unasked: d.unasked}
	d.talk.Begin()
	life.Go(func() { d.talk.Keep(pingEvery, d.ping) })
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

// Health is nil if the board said something in the last three seconds, or
// vends and is not asked.
func (d *Dev) Health() error { return d.talk.Err() }

func (d *Dev) ping(ctx context.Context) {
	d.talk.Exchange(ctx, ask(infoChannels), answerWithin, func(f Frame) bool {
		_, ok := decodeChannels(f)
		return ok
	})
}

// unasked takes what the board says by itself, with talk held.
func (d *Dev) unasked(f Frame, now time.Time) {
	if r, ok := decodeReport(f); ok {
		d.reported(r, now)
		return
	}
	if f.Type == buttonRpt && len(f.Data) == 2 && f.Data[0] == 1 && f.Data[1] > 0 {
		d.life.Emit(sale.Selected{Slot: sale.Slot(f.Data[1])})
		return
	}
	d.log.Debug("a frame without use", "type", int(f.Type), "data", f.Data)
}
