package wvltest

import (
	"path/filepath"
	"testing"
	"time"

	"kioskd/device/devicetest"
	"kioskd/sale"
)

// What the benches' boards are.
const (
	benchSlot  = 3
	benchOther = 5
	benchNone  = 9
	// A VEND and what the board sends for it, in the suite's orders.
	commandBytes = 62
	answerBytes  = 130
)

// Open makes the driver under test on a port.
type Open func(t testing.TB, port string) devicetest.Driver

// BoardHarness is the harness for a driver on a [Board].
func BoardHarness(open Open) devicetest.Harness {
	const step = 1
	return harness(step, func(t testing.TB) *devicetest.Bench {
		b := NewBoard()
		w := newWire(t, b.Input)
		bench := benchOf(t, w, open, step)
		bench.Turns = func() int { return len(b.Turns()) }
		bench.Drops = func() int { return len(b.Drops()) }
		bench.Idle = func() bool { return b.Idle() && w.Idle() }
		bench.Press = func(s sale.Slot) { b.Press(int64(s)) }
		bench.Cancel = func() { b.Press(0) }
		bench.SoldOut = func() { b.Empty(benchSlot) }
		bench.Pause = func() { b.Pause(benchSlot) }
		bench.Jam = b.Jam
		bench.Restart = func(fallen bool) {
			if fallen {
				b.CutAfter()
			} else {
				b.CutBefore()
			}
		}
		b.Start(w.Output)
		bench.Driver = bench.Reopen()
		return bench
	})
}

// FirmwareHarness is the harness for a driver on the reference firmware.
func FirmwareHarness(programs Programs, open Open) devicetest.Harness {
	const step = 31 // each of its benches is a process
	return harness(step, func(t testing.TB) *devicetest.Bench {
		f := programs.Start(t)
		w := newWire(t, f.Input)
		bench := benchOf(t, w, open, step)
		bench.Turns = func() int { return len(f.Turns()) }
		bench.Drops = func() int { return len(f.Drops()) }
		bench.Idle = func() bool { return f.Idle() && w.Idle() }
		bench.Press = func(s sale.Slot) { f.Press(int(s)) }
		bench.Cancel = func() { f.Press(9) }
		bench.Jam = f.Jam
		bench.Restart = func(fallen bool) {
			if fallen {
				f.CutAfter()
			} else {
				f.CutBefore()
			}
		}
		f.Listen(w.Output)
		bench.Driver = bench.Reopen()
		return bench
	})
}

func harness(step int, open func(t testing.TB) *devicetest.Bench) devicetest.Harness {
	return devicetest.Harness{
		Open: open, Proves: true, Recovers: true, Repeats: true,
		CommandBytes: commandBytes / step, AnswerBytes: answerBytes / step,
	}
}

func newWire(t testing.TB, input func([]byte)) *Wire {
	w, err := NewWire(filepath.Join(t.TempDir(), "controller"), input)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

// benchOf plays the line in the suite's terms. Reopen opens a first driver, too.
func benchOf(t testing.TB, w *Wire, open Open, step int) *devicetest.Bench {
	with := func(arm func(*Trouble)) func() { return func() { w.With(arm) } }
	b := &devicetest.Bench{
		Slot: benchSlot, Other: benchOther, NoSlot: benchNone,
		Commands:     func() int { return len(w.Commands()) },
		LoseCommand:  with(func(t *Trouble) { t.LoseCommand = true }),
		LoseAck:      with(func(t *Trouble) { t.LoseAck = true }),
		LoseResult:   with(func(t *Trouble) { t.LoseResult = true }),
		LoseReports:  with(func(t *Trouble) { t.LoseReports = true }),
		Delay:        func(d time.Duration) { w.With(func(t *Trouble) { t.Delay = d }) },
		StrayResult:  with(func(t *Trouble) { t.Stray = true }),
		WrongSlot:    with(func(t *Trouble) { t.OtherSlot = benchOther }),
		ExtraCode:    with(func(t *Trouble) { t.ExtraState = true }),
		OddResult:    with(func(t *Trouble) { t.OddState = true }),
		RepeatFrames: w.Double, LoseHostAcks: w.LoseGots, Noise: w.Noise,
		Silence: w.Silence, Mute: w.Mute,
		Unplug: w.Unplug,
		Plug: func() {
			if err := w.Plug(); err != nil {
				panic(err)
			}
		},
		Cut: func(fromBoard bool, n int) {
			w.With(func(t *Trouble) { t.Cut = &Cut{fromBoard, n * step} })
		},
	}
	b.Reopen = func() devicetest.Driver {
		d := open(t, w.link)
		t.Cleanup(func() { d.Close() })
		b.Driver = d
		return d
	}
	return b
}
