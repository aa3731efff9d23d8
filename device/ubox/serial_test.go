package ubox_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"kioskd/device/devicetest"
	"kioskd/device/ubox"
	"kioskd/device/ubox/uboxtest"
	"kioskd/sale"
)

type bench struct {
	*testing.T
	*uboxtest.Board
	dev   *ubox.Dev
	probe int
}

func start(t *testing.T, probe int) *bench {
	b := &bench{T: t, probe: probe}
	var err error
	if b.Board, err = uboxtest.Start(filepath.Join(t.TempDir(), "controller")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Cable.Close)
	b.open()
	return b
}

// open is a process that starts.
func (b *bench) open() {
	if b.dev != nil {
		b.dev.Close()
	}
	d := ubox.Open(b.Cable.Path(), settings(b.probe), ubox.Options{})
	b.Cleanup(func() { d.Close() })
	b.dev = d
	for end := time.Now().Add(15 * time.Second); d.Health() != nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			b.Fatal(d.Health())
		}
	}
}

func (b *bench) within(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(b.Context(), d)
	b.Cleanup(cancel)
	return ctx
}

func (b *bench) order(token uint32) sale.Command {
	b.Helper()
	e, err := b.dev.Check(b.within(15*time.Second), 11)
	if err != nil {
		b.Fatal(err)
	}
	return sale.Command{Number: sale.Number("UBOX" + sale.Slot(token).String()), Token: token, Slot: 11, Evidence: e}
}

func (b *bench) dispense(c sale.Command, limit time.Duration, want sale.Outcome, detail string) {
	b.Helper()
	if v := b.dev.Dispense(b.within(limit), c); v.Outcome != want || v.Detail != detail {
		b.Errorf("Dispense: %v (%s), want %v (%s)", v.Outcome, v.Detail, want, detail)
	}
}

func (b *bench) recover(c sale.Command, want sale.Outcome, detail string) {
	b.Helper()
	vends := len(b.Vends())
	v, err := b.dev.Recover(b.within(15*time.Second), c)
	if err != nil || v.Outcome != want || v.Detail != detail {
		b.Errorf("Recover: %v (%s), %v, want %v (%s)", v.Outcome, v.Detail, err, want, detail)
	}
	if n := len(b.Vends()); n != vends {
		b.Errorf("Recover vended: %v", b.Vends()[vends:])
	}
}

const silence = "no result in time"

// A report that comes to the process after the one that sent the command is
// the order's, by channel and serial number.
func TestReportToTheNextProcess(t *testing.T) {
	b := start(t, 0)
	mine, other := b.order(7), b.order(8)
	b.With(func(t *devicetest.Trouble) { t.Delay = 600 * time.Millisecond })
	b.dispense(mine, 100*time.Millisecond, sale.OutcomeUnknown, silence)
	b.open()
	b.recover(mine, sale.OutcomeDispensed, "result 0 of channel 11, SN 8")
	b.recover(other, sale.OutcomeUnknown, "the controller cannot be asked for the result of a vend")
}

// Without a probe the driver takes another number where the board would take
// the order's for a repeat.
func TestSerialOfTheLastVend(t *testing.T) {
	b := start(t, 0)
	for _, c := range []struct {
		token uint32
		sn    byte
	}{{1, 2}, {256, 3}, {511, 2}, {2, 3}} {
		order := b.order(c.token)
		b.dispense(order, 15*time.Second, sale.OutcomeDispensed, "result 0 of channel 11, SN "+sale.Slot(c.sn).String())
		b.recover(order, sale.OutcomeDispensed, "result 0 of channel 11, SN "+sale.Slot(c.sn).String())
	}
	if n := len(b.Vends()); n != 4 {
		t.Errorf("%d vends for 4 orders: %v", n, b.Vends())
	}
}

// With a probe a new process cannot be fooled by the number of the last vend.
func TestSerialOfAnotherProcess(t *testing.T) {
	b := start(t, uboxtest.Probe)
	b.dispense(b.order(1), 15*time.Second, sale.OutcomeDispensed, "result 0 of channel 11, SN 2")
	b.open()
	b.With(func(t *devicetest.Trouble) { t.Jam = true })
	b.dispense(b.order(256), 15*time.Second, sale.OutcomeNotDispensed, "result 1 of channel 11, SN 2")
	if n := len(b.Vends()); n != 2 {
		t.Errorf("%d vends for 2 orders: %v", n, b.Vends())
	}
}

// What the probe finds when the report was lost.
func TestProbe(t *testing.T) {
	for _, c := range []struct {
		name    string
		trouble func(*devicetest.Trouble)
		want    sale.Outcome
		detail  string
	}{
		{"success", func(*devicetest.Trouble) {}, sale.OutcomeDispensed, "the controller has stored success of channel 11, SN 4"},
		{"jam", func(t *devicetest.Trouble) { t.Jam = true }, sale.OutcomeUnknown, "the controller has stored result 1, which it may have from before the vend"},
		{"never received", func(t *devicetest.Trouble) { t.LoseCommand = true }, sale.OutcomeUnknown, "the controller does not know the vend: it was not the last one, or the power was cut"},
		{"power cut after the drop", func(t *devicetest.Trouble) { t.Restart = 2 }, sale.OutcomeUnknown, "the controller does not know the vend: it was not the last one, or the power was cut"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := start(t, uboxtest.Probe)
			order := b.order(3)
			b.With(func(t *devicetest.Trouble) { t.LoseReports = true; c.trouble(t) })
			b.dispense(order, 15*time.Second, sale.OutcomeUnknown, silence)
			b.open()
			b.recover(order, c.want, c.detail)
		})
	}
}

// The probe is not used for an order that was checked without it: its command
// did not have "failed" stored before.
func TestProbeOfAnOrderWithout(t *testing.T) {
	b := start(t, 0)
	order := b.order(3)
	b.With(func(t *devicetest.Trouble) { t.LoseReports = true })
	b.dispense(order, 15*time.Second, sale.OutcomeUnknown, silence)
	b.probe = uboxtest.Probe
	b.open()
	b.recover(order, sale.OutcomeUnknown, "the controller cannot be asked for the result of a vend")
	if n := b.Probes(); n != 0 {
		t.Errorf("%d probes", n)
	}
}

// A probe that names a channel which there is stops everything.
func TestProbeOfAChannel(t *testing.T) {
	b := start(t, 11)
	_, err := b.dev.Check(b.within(15*time.Second), 11)
	const want = "check slot 11: E-BOARD-01: the controller has a channel 11 (probe_channel in the configuration must be a number of no channel)"
	if err == nil || err.Error() != want {
		t.Errorf("Check: %v", err)
	}
}
