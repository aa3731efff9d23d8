package vmc

import (
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// readWait: a frame with such a gap in it was cut.
const readWait = 50 * time.Millisecond

// Options are what a driver needs besides its settings.
type Options struct {
	Log *slog.Logger // nil logs nothing
}

// Dev is a VMC on a serial line. Its methods may be called by any goroutine.
type Dev struct {
	settings Settings
	log      *slog.Logger
	life     *device.Life
	turn     device.Turn               // held by the one call that talks to the VMC
	heard    atomic.Pointer[time.Time] // when the last frame came, nil for none in this session

	mu     device.State
	link   link
	run    uint64              // names this process in evidence
	driven map[sale.Slot]int   // 06 written so far
	vends  map[sale.Slot]*vend // the newest of each slot
	// breaks counts the moments in which a word of the VMC may have been
	// missed: a lost port, a silence, a gap in its PackNOs, its restart.
	breaks   int
	menuLate time.Time // a question to the menu went unanswered: its answer may still come

	reports    map[sale.Slot]report    // what the VMC said of its selections
	reportedAt time.Time               // ... for the last time
	paused     map[sale.Slot]time.Time // selections that it has paused, and when they were asked about last
	digits     *int                    // of its amounts, nil: not asked yet
	checkLen   int                     // LEN of 01 that was answered, 0 for none yet
	machine    Machine                 // its newest word
	pace       pace
	counted    map[sale.Slot]counted
	distrust   string // why the sales counters are not believed
}

var _ sale.Dispenser = (*Dev)(nil)

// Open makes a driver for the controller at path. It does not wait for the
// port: until the controller speaks, Health says what is missing. Close it.
func Open(path string, s Settings, o Options) *Dev {
	line := device.Open(device.Config{Path: path, Baud: s.Baud, Log: o.Log})
	d := open(line, path, s, o)
	d.life.Go(d.keep)
	return d
}

func open(line device.Wire, path string, s Settings, o Options) *Dev {
	life := device.NewLife(line, device.Board{
		Name: "the controller", Path: path,
		Hint: "check that it has power, that its cable is plugged, and that it is set to work with an upper computer (上位机)",
	}, o.Log)
	d := &Dev{
		settings: s, log: life.Log.With("driver", "vmc"), life: life, turn: device.NewTurn(),
		run: rand.Uint64(), driven: map[sale.Slot]int{}, vends: map[sale.Slot]*vend{},
		reports: map[sale.Slot]report{}, paused: map[sale.Slot]time.Time{}, counted: map[sale.Slot]counted{},
		pace: newPace(s.Pace, time.Now()),
	}
	d.link.pack = 1
	life.Go(func() { life.Listen(readWait, d.round) })
	return d
}

// Close ends the driver, waits for its goroutines and closes Events. A call
// under way returns; a Dispense whose command has left returns unknown. It may
// be called more than once and always returns nil.
func (d *Dev) Close() error { return d.life.Close() }

// Events is what happens at the machine: the keypad (05) and slot reports
// (11). Of unread keypad events the newest 16 are kept, of reports the newest
// of each slot.
func (d *Dev) Events() <-chan sale.BoardEvent { return d.life.Events() }

// Beat is when the driver was last at work on its line, see [device.Life].
func (d *Dev) Beat() time.Time { return d.life.Beat() }

// Health is nil if the VMC sent a frame in the last three seconds and since
// the port was opened.
func (d *Dev) Health() error {
	if err := d.life.Err(); err != nil {
		return err
	}
	return d.life.Silence(d.lastHeard())
}

// lastHeard is the zero time for no frame in this session.
func (d *Dev) lastHeard() (at time.Time) {
	if p := d.heard.Load(); p != nil {
		at = *p
	}
	return at
}
