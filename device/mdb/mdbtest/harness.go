package mdbtest

import (
	"path/filepath"
	"testing"
	"time"

	"kioskd/device/devicetest"
	"kioskd/sale"
)

// What the benches' machines are.
const (
	benchSlot  = 11
	benchOther = 300
	benchNone  = 99
)

// Open makes the driver under test on a port, for a machine that sells slot 11
// at 2.00 and slot 300 at 3.50 yuan.
type Open func(t testing.TB, port string) devicetest.Driver

// Harness is the harness of a driver on a machine like o. Approvals and results
// have that many bytes.
func Harness(o Options, approval, result int, open Open) devicetest.Harness {
	return devicetest.Harness{
		Proves: true, Selects: true, Presumes: true, Unwatched: o.Adapter != Qibixx && o.Adapter != "", Unread: 24,
		CommandBytes: approval, AnswerBytes: result,
		Open: func(t testing.TB) *devicetest.Bench { return bench(t, o, open) },
	}
}

func bench(t testing.TB, o Options, open Open) *devicetest.Bench {
	o.Slots = []Slot{{Number: benchSlot, Price: 200, Stock: 9}, {Number: benchOther, Price: 350, Stock: 9}}
	o.Link = filepath.Join(t.TempDir(), "controller")
	o.PollEvery, o.VendTime, o.BootTime, o.GiveUp = 10*time.Millisecond, 60*time.Millisecond, 50*time.Millisecond, time.Minute
	m, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	b := m.bench(t)
	b.Reopen = func() devicetest.Driver {
		d := open(t, m.Path())
		t.Cleanup(func() { d.Close() })
		b.Driver = d
		return d
	}
	b.Reopen()
	return b
}

// bench plays the machine in the suite's terms.
func (m *Machine) bench(t testing.TB) *devicetest.Bench {
	with := func(arm func(*Trouble)) func() { return func() { m.With(arm) } }
	b := &devicetest.Bench{
		Slot: benchSlot, Other: benchOther, NoSlot: benchNone,
		Commands: func() int { return m.Books().Approvals },
		Turns:    func() int { return len(m.Books().Turns) },
		Drops:    func() int { return len(m.Books().Drops) },
		Idle:     m.Idle,
		Press: func(s sale.Slot) {
			if !m.Ask(int(s)) {
				t.Errorf("the machine never asked for %v", s)
			}
		},
		TakeBack: m.TakeBack,

		Jam:         func() { m.JamNext(benchSlot) },
		LoseCommand: with(func(t *Trouble) { t.LoseCommand = true }),
		LoseResult:  with(func(t *Trouble) { t.LoseResult = true }),
		LoseReports: with(func(t *Trouble) { t.LoseReports = true }),
		Delay:       func(d time.Duration) { m.With(func(t *Trouble) { t.Delay = d }) },
		ExtraCode:   with(func(t *Trouble) { t.Extra = true }),
		OddResult:   with(func(t *Trouble) { t.Odd = true }),
		Restart: func(fallen bool) {
			m.With(func(t *Trouble) { t.RestartBefore, t.RestartAfter = !fallen, fallen })
		},
		RepeatFrames: m.Double,
		Noise:        m.Noise,
		Silence:      m.Silence,
		Unplug:       func() { m.Unplug() },
		Plug: func() {
			if err := m.Plug(); err != nil {
				t.Error(err)
			}
		},
		Cut: func(fromBoard bool, n int) { m.With(func(t *Trouble) { t.Cut = &Cut{fromBoard, n} }) },
	}
	if _, isBox := m.adapter.(*box); isBox { // the other one tells no items
		b.StrayResult = with(func(t *Trouble) { t.Stray = benchOther })
		b.WrongSlot = with(func(t *Trouble) { t.Other = benchOther })
	}
	return b
}
