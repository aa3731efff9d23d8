package lcus_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"kioskd/device/devicetest"
	"kioskd/device/lcus"
	"kioskd/device/lcus/lcustest"
	"kioskd/sale"
)

type bench struct {
	*testing.T
	*lcustest.Board
	dev *lcus.Dev
}

// start puts a driver on a board on which a relay was left on.
func start(t *testing.T) *bench {
	b := &bench{T: t}
	var err error
	if b.Board, err = lcustest.Start(filepath.Join(t.TempDir(), "controller")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Cable.Close)
	b.Switch(3, true)
	b.dev = lcus.Open(b.Cable.Path(), settings(), lcus.Options{})
	t.Cleanup(func() { b.dev.Close() })
	b.eventually("healthy", func() bool { return b.dev.Health() == nil })
	if b.On() {
		t.Error("healthy with a relay on")
	}
	return b
}

func (b *bench) eventually(what string, ok func() bool) {
	b.Helper()
	for end := time.Now().Add(15 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			b.Fatalf("%s: not within 15 s", what)
		}
	}
}

func (b *bench) within(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(b.Context(), d)
	b.Cleanup(cancel)
	return ctx
}

var order = sale.Command{Number: "LCUS00001", Token: 1, Slot: 11}

func (b *bench) dispense(ctx context.Context, want sale.Outcome, detail string) {
	b.Helper()
	if v := b.dev.Dispense(ctx, order); v.Outcome != want || v.Detail != detail {
		b.Errorf("Dispense: %v (%s), want %v (%s)", v.Outcome, v.Detail, want, detail)
	}
}

// What a vend proves, and what it does not.
func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		name    string
		trouble func(*devicetest.Trouble)
		want    sale.Outcome
		detail  string
	}{
		{"on", func(*devicetest.Trouble) {}, sale.OutcomeDispensed, "relay 1 was on for at least 200ms; nothing watches what it switches"},
		{"the load does nothing", func(t *devicetest.Trouble) { t.Jam = true }, sale.OutcomeDispensed, "relay 1 was on for at least 200ms; nothing watches what it switches"},
		{"the command is lost", func(t *devicetest.Trouble) { t.LoseCommand = true }, sale.OutcomeUnknown, "the relay is not on after the command"},
		{"no answers", func(t *devicetest.Trouble) { t.LoseReports = true }, sale.OutcomeUnknown, "no answer of the board at the end of its time; the board did not answer"},
		{"another relay", func(t *devicetest.Trouble) { t.Other = true }, sale.OutcomeUnknown, "the relay is not on after the command"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := start(t)
			b.With(c.trouble)
			b.dispense(b.within(15*time.Second), c.want, c.detail)
			b.eventually("all off", func() bool { return !b.On() })
			v, err := b.dev.Recover(b.within(15*time.Second), order)
			if err != nil || v.Outcome != c.want || v.Detail != c.detail {
				t.Errorf("Recover: %v (%s), %v", v.Outcome, v.Detail, err)
			}
			other := order
			other.Number = "LCUS00002"
			v, err = b.dev.Recover(b.within(15*time.Second), other)
			if err != nil || v.Outcome != sale.OutcomeUnknown || v.Detail != "the board answers and remembers nothing of what was on" {
				t.Errorf("Recover of another order: %v (%s), %v", v.Outcome, v.Detail, err)
			}
		})
	}
}

// The board loses its power while the relay is on.
func TestPowerCut(t *testing.T) {
	b := start(t)
	time.AfterFunc(100*time.Millisecond, b.PowerCycle)
	v := b.dev.Dispense(b.within(15*time.Second), order)
	if v.Outcome != sale.OutcomeUnknown {
		t.Errorf("Dispense: %v (%s)", v.Outcome, v.Detail)
	}
}

// A relay that somebody else switched on is switched off, and sells nothing
// before.
func TestFoundOn(t *testing.T) {
	b := start(t)
	b.Switch(2, true)
	const want = "no byte of the command left: E-BOARD-01: the relay board has a relay on that should be off: a relay is on (wait until it is off; if it comes on again, something else switches it)"
	b.dispense(b.within(15*time.Second), sale.OutcomeNotDispensed, want)
	b.eventually("off", func() bool { return !b.On() })
	b.eventually("healthy", func() bool { return b.dev.Health() == nil })
	b.Switch(4, true)
	b.eventually("off by itself", func() bool { return !b.On() })
}

// A relay that does not fall off is a fault, until it does.
func TestStuck(t *testing.T) {
	b := start(t)
	b.Weld(true)
	b.Switch(4, true)
	const want = "E-BOARD-01: the relay board does not switch relay 4 off (cut the power of the load, then look for what holds the relay)"
	b.eventually("a fault", func() bool { err := b.dev.Health(); return err != nil && err.Error() == want })
	b.Weld(false)
	b.eventually("healthy", func() bool { return b.dev.Health() == nil })
}

// Close in a vend switches the relay off.
func TestCloseSwitchesOff(t *testing.T) {
	b := start(t)
	got := make(chan sale.Verdict)
	go func() { got <- b.dev.Dispense(context.Background(), order) }()
	b.eventually("on", b.On)
	b.dev.Close()
	if v := <-got; v.Outcome != sale.OutcomeUnknown {
		t.Errorf("Dispense: %v (%s)", v.Outcome, v.Detail)
	}
	b.eventually("off", func() bool { return !b.On() })
}

// Close switches off whatever is on.
func TestCloseSwitchesAllOff(t *testing.T) {
	b := start(t)
	b.Switch(4, true)
	b.dev.Close()
	b.eventually("off", func() bool { return !b.On() })
}
