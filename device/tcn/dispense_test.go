package tcn_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"kioskd/device/devicetest"
	"kioskd/device/tcn"
	"kioskd/device/tcn/tcntest"
	"kioskd/sale"
)

type bench struct {
	*testing.T
	*tcntest.Board
	dev *tcn.Dev
}

func start(t *testing.T, s tcn.Settings) *bench {
	b := &bench{T: t}
	var err error
	if b.Board, err = tcntest.Start(filepath.Join(t.TempDir(), "controller")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Cable.Close)
	b.dev = tcn.Open(b.Cable.Path(), s, tcn.Options{})
	t.Cleanup(func() { b.dev.Close() })
	b.eventually(func() bool { return b.dev.Health() == nil })
	return b
}

func (b *bench) eventually(ok func() bool) {
	b.Helper()
	for end := time.Now().Add(15 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			b.Fatal("not within 15 s")
		}
	}
}

func (b *bench) within(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(b.Context(), d)
	b.Cleanup(cancel)
	return ctx
}

var order = sale.Command{Number: "TCN000001", Token: 1, Slot: 11}

// A reply that comes after Dispense gave up is the order's, and no other's.
func TestLateReply(t *testing.T) {
	b := start(t, settings(true))
	b.With(func(t *devicetest.Trouble) { t.Delay = 400 * time.Millisecond })
	if v := b.dev.Dispense(b.within(200*time.Millisecond), order); v.Outcome != sale.OutcomeUnknown || v.Detail != "no result in time" {
		t.Fatalf("Dispense: %v (%s)", v.Outcome, v.Detail)
	}
	v, err := b.dev.Recover(b.within(15*time.Second), order)
	if err != nil || v.Outcome != sale.OutcomeDispensed || v.Detail != "reply 5D 00 AA: drop seen" {
		t.Errorf("Recover: %v (%s), %v", v.Outcome, v.Detail, err)
	}
	other := order
	other.Number = "TCN000002"
	v, err = b.dev.Recover(b.within(15*time.Second), other)
	if err != nil || v.Outcome != sale.OutcomeUnknown || v.Detail != "the board answers and remembers nothing of a run" {
		t.Errorf("Recover of another order: %v (%s), %v", v.Outcome, v.Detail, err)
	}
}

// What the board says of a run that nothing fell in, or twice.
func TestResults(t *testing.T) {
	b := start(t, settings(true))
	for _, c := range []struct {
		head, r3, r4 byte
		want         sale.Outcome
		detail       string
	}{
		{0x5D, 0x00, 0xCC, sale.OutcomeDispensed, "reply 5D 00 CC: drop seen on an extra turn: two products may have fallen"},
		{0x5D, 0x40, 0x00, sale.OutcomeUnknown, "reply 5D 40 00: the light curtain is off or faulty; motor open"},
		{0x5C, 0x00, 0x00, sale.OutcomeUnknown, "reply 5C 00 00: the light curtain is off or faulty; the board says that it failed"},
		{0x5D, 0x00, 0x99, sale.OutcomeUnknown, "no result in time; it said 00 5D 00 99 F6, which is in no table"},
	} {
		b.Answer(c.head, c.r3, c.r4)
		if v := b.dev.Dispense(b.within(15*time.Second), order); v.Outcome != c.want || v.Detail != c.detail {
			t.Errorf("%02X %02X %02X: %v (%s), want %s", c.head, c.r3, c.r4, v.Outcome, v.Detail, c.detail)
		}
	}
	if breaches := b.Breaches(); len(breaches) > 0 {
		t.Error(breaches)
	}
}

// An open door stops the sale, in the reading that the operator chose.
func TestDoor(t *testing.T) {
	const want = "check slot 11: E-BOARD-01: the spiral board says that the door is open (close it; if it is closed, check its switch and door in the configuration)"
	for _, c := range []struct {
		reading string
		is      byte
		open    bool
	}{{"none", 0, false}, {"none", 1, false}, {"normal", 0, true}, {"normal", 1, false}, {"reversed", 0, false}, {"reversed", 1, true}} {
		t.Run(c.reading, func(t *testing.T) {
			t.Parallel()
			s := settings(true)
			s.Door = c.reading
			b := start(t, s)
			b.Door(c.is)
			_, err := b.dev.Check(b.within(15*time.Second), 11)
			if c.open != (err != nil) || err != nil && err.Error() != want {
				t.Errorf("%s, %d: %v", c.reading, c.is, err)
			}
			if v := b.dev.Dispense(b.within(15*time.Second), order); (v.Outcome == sale.OutcomeNotDispensed) != c.open {
				t.Errorf("%s, %d: %v (%s)", c.reading, c.is, v.Outcome, v.Detail)
			}
		})
	}
}

// A process that starts while a motor turns says nothing until it must be done.
func TestStartInARun(t *testing.T) {
	b := start(t, settings(true))
	b.VendTime = time.Second
	go b.dev.Dispense(b.within(15*time.Second), order)
	b.eventually(func() bool { return b.Turning() })
	b.dev.Close()
	b.dev = tcn.Open(b.Cable.Path(), settings(true), tcn.Options{})
	t.Cleanup(func() { b.dev.Close() })
	b.eventually(func() bool { return b.dev.Health() == nil })
	if breaches := b.Breaches(); len(breaches) > 0 {
		t.Error(breaches)
	}
}
