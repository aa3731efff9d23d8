package vmc_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/device"
	"kioskd/device/vmc"
	"kioskd/sale"
)

// both LENs of 01: the one that is answered is found out and kept.
func TestCheckLenIsFoundOut(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		wait := b.check(13, "FA FB 01 03 02 00 0D 0C")
		for range 5 {
			b.expect("the POLL while LEN 3 may be answered", b.poll(), ackFrame)
		}
		b.expect("the POLL after a second", b.poll(), "FA FB 01 04 03 00 0D 00 0A")
		b.ack()
		b.expect("the answer", b.data(0x02, 0x01, 0, 13), ackFrame)
		if got := wait(); got.err != nil {
			b.Fatal(got.err)
		}
		wait = b.check(300, "FA FB 01 04 04 01 2C 00 2D")
		b.data(0x02, 0x02, 1, 0x2C)
		if got := wait(); got.err == nil || got.err.Error() != "check slot 300: slot is sold out" {
			b.Error(got.err)
		}
		// A controller that answers neither is asked with both the next time.
		wait = b.check(13, "FA FB 01 04 05 00 0D 00 0C")
		b.idle(5 * time.Second)
		if got := wait(); faultCode(got.err) != sale.CodeSerialSilent {
			b.Error(got.err)
		}
		b.check(13, "FA FB 01 03 06 00 0D 08")
	})
}

// A pause that a check finds is told, and so is its end.
func TestSelectionPause(t *testing.T) {
	kept(t, vmc.DefaultSettings(), func(b *board) {
		wait := b.check(13, "FA FB 01 03 02 00 0D 0C")
		b.data(0x02, 0x04, 0, 13)
		if got := wait(); got.err == nil || got.err.Error() != "check slot 13: slot is closed" {
			b.Error(got.err)
		}
		if e := b.event(); e != (sale.SlotReport{Slot: 13, Closed: true}) {
			b.Errorf("event %v", e)
		}
		b.passes(70*time.Second, map[string]string{"FA FB 01 03": "02 01 00 0D", "FA FB 51 01": ""})
		if e := b.event(); e != (sale.SlotReport{Slot: 13}) {
			b.Errorf("event %v after the pause", e)
		}
		// What the core closed for a reason of its own is not opened by this.
		wait = later(func() checked { e, err := b.dev.Check(within(b, time.Minute), 13); return checked{e, err} })
		b.passes(time.Second, map[string]string{"FA FB 01 03": "02 01 00 0D"})
		if got := wait(); got.err != nil {
			b.Error(got.err)
		}
		if e := b.event(); e != nil {
			b.Errorf("event %v of a slot that was never paused", e)
		}
	})
}

// The machine's state is asked for once a minute, and no more if that is never
// answered.
func TestCondition(t *testing.T) {
	const door = "52 00000000 FE 01 0000000000000000 30303030303132333435 AAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAA"
	kept(t, vmc.DefaultSettings(), func(b *board) {
		asked := b.passes(130*time.Second, map[string]string{"FA FB 51 01": door})
		if asked != 2 && asked != 3 {
			b.Errorf("asked %d times in about two minutes", asked)
		}
		cold, open := -2, true
		if diff := cmp.Diff(vmc.Machine{ID: "0000012345", Temperature: &cold, DoorOpen: &open}, b.dev.Condition()); diff != "" {
			b.Errorf("condition (-want +got):\n%s", diff)
		}
	})
	kept(t, vmc.DefaultSettings(), func(b *board) {
		if asked := b.passes(10*time.Minute, map[string]string{"FA FB 51 01": ""}); asked != 3 {
			b.Errorf("a controller that does not answer was asked %d times", asked)
		}
		if diff := cmp.Diff(vmc.Machine{}, b.dev.Condition()); diff != "" {
			b.Errorf("condition (-want +got):\n%s", diff)
		}
	})
}

func TestSlots(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		b.data(0x11, unhex(b, "000D 0000015E 07 0A 002A 00")...)
		b.data(0x11, unhex(b, "012C 000000C8 00 0A 002A 01")...)
		got := later(func() device.Shelf {
			s, err := b.dev.Slots(within(b, time.Minute), []sale.Slot{14, 15, 1000})
			if err != nil {
				b.Error(err)
			}
			return s
		})
		b.passes(20*time.Second, map[string]string{
			"01 00 0D": "02 01 00 0D", "01 00 0E": "02 17 00 0E", "01 00 0F": "02 03 00 0F", "01 01 2C": "02 04 01 2C",
			"70 10 00":       "71 10 00 02",
			"70 42 00 00 0E": "71 42 00 000001F4 0003 0C 0001 00 00 01 00",
			"FA FB 51 01":    "52 00000000 08 00 0000000000000000 30303030303132333435 AAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAA",
		})
		fen := func(n sale.Fen) *sale.Fen { return &n }
		n := func(n int) *int { return &n }
		want := device.Shelf{
			Slots: []device.Slot{
				{Number: 13, State: device.SlotReady, Price: fen(350), Stock: n(7), Capacity: n(10)},
				{
					Number: 14, State: device.SlotFault, Price: fen(500), Stock: n(3), Capacity: n(12),
					Detail: "E-BOARD-01: the controller reports state 17 for slot 14: main motor fault (look at the controller's own menu, clear the fault there and test the slot)",
				},
				{Number: 15, State: device.SlotMissing},
				{Number: 300, State: device.SlotClosed, Price: fen(200), Stock: n(0), Capacity: n(10)},
				{Number: 1000, State: device.SlotMissing},
			},
			Notes: []string{"machine 0000012345", "8 degrees inside"},
		}
		if diff := cmp.Diff(want, got()); diff != "" {
			b.Errorf("(-want +got):\n%s", diff)
		}
		if b.drives() != 0 {
			b.Error("something moved")
		}
	})
}

// Twelve vends may come at once; then a sale has to wait. A paid order has not.
func TestPace(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		sells := func() error {
			wait := later(func() error { _, err := b.dev.Check(within(b, time.Minute), 13); return err })
			b.passes(time.Second, map[string]string{"01 00 0D": "02 01 00 0D"})
			return wait()
		}
		vends := func() {
			wait := b.call(within(b, time.Minute))
			b.passes(time.Second, map[string]string{"06 01 00 00 0D": "04 02 00 0D 00"})
			if got := wait(); got.Outcome != given {
				b.Fatalf("verdict %v (%s)", got.Outcome, got.Detail)
			}
		}
		for i := range 12 {
			if err := sells(); err != nil {
				b.Fatalf("sale %d: %v", i+1, err)
			}
			vends()
		}
		vends() // that it has begun is enough
		err := sells()
		if faultCode(err) != sale.CodeBoardRests {
			b.Fatalf("the sale after 13 vends: %v", err)
		}
		b.idle(21 * time.Second)
		if err := sells(); err != nil {
			b.Errorf("20 s later: %v", err)
		}
	})
}

// With an oven 02 is the shelf's word, 24 the end. What left the shelf is never
// called not dispensed.
func TestOven(t *testing.T) {
	s := vmc.DefaultSettings()
	s.Oven = true
	for _, c := range []struct {
		name    string
		codes   []byte
		outcome sale.Outcome
		detail  string
	}{
		{"heated", []byte{0x01, 0x02, 0x10, 0x22, 0x23, 0x23, 0x24}, given, "status 24: please take the product"},
		{"only the shelf", []byte{0x01, 0x02, 0x22}, unknown, "no result in time; its last word was status 22: heating"},
		{"oven fault", []byte{0x01, 0x02, 0x25}, unknown, "status 25: oven, stay pole or push rod error, after the product had left the shelf"},
		{"ended", []byte{0x01, 0x02, 0xFF}, unknown, "status FF: purchase terminated, after the product had left the shelf"},
		{"jam on the shelf", []byte{0x01, 0x03}, not, "status 03: selection jammed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			talking(t, s, func(b *board) {
				wait := b.dispense(2 * time.Minute)
				b.ack()
				for _, code := range c.codes {
					b.idle(time.Second)
					b.expect("a status", b.data(0x04, code, 0, 13, 0x1E), ackFrame)
				}
				b.idle(2 * time.Minute)
				b.want(wait(), c.outcome, c.detail)
			})
		})
	}
}

// After a lift error the lift is asked where the product is. That is told to
// people and decides nothing.
func TestLiftError(t *testing.T) {
	s := vmc.DefaultSettings()
	s.Lift = true
	talking(t, s, func(b *board) {
		wait := b.call(within(b, time.Minute))
		b.expect("the POLL", b.poll(), "FA FB 06 05 02 01 01 00 0D 0D")
		b.ack()
		b.status(0x12, 13)
		b.passes(5*time.Second, map[string]string{"FA FB 53 01": "54 01"})
		b.want(wait(), unknown, "status 12: lift error; lift state 01: the product is in the lift")
	})
}

// A test vend finds out whether 06 counts, and says so for the journal.
func TestCommissioning(t *testing.T) {
	for _, c := range []struct {
		name, after, detail string
	}{
		{"counts", "00000081 0000AFC8", "sales counter 128, then 129: command 06 counts, write counts: true if nothing else sells"},
		{"does not", "00000080 0000AF00", "sales counter 128, then 128: command 06 does not count, leave counts: false"},
		{"silent", "", "the sales counter is not told: leave counts: false"},
	} {
		t.Run(c.name, func(t *testing.T) {
			talking(t, vmc.DefaultSettings(), func(b *board) {
				test := command(13)
				test.Number = "SH0042-7-T-K7QM3X"
				wait := later(func() sale.Verdict { return b.dev.Dispense(within(b, time.Minute), test) })
				sold := map[string]string{"70 47 00 00 0D": "71 47 00 00000080 0000AF00", "70 32 00": "71 32 00 00 00"}
				if b.passes(400*time.Millisecond, sold) != 2 || b.drives() != 0 {
					b.Fatal("the counter is not read before the command")
				}
				sold["06 01 00 00 0D"] = "04 02 00 0D 00"
				sold["70 47 00 00 0D"] = "71 47 00 " + c.after
				if c.after == "" {
					delete(sold, "70 47 00 00 0D")
				}
				b.passes(10*time.Second, sold)
				b.want(wait(), given, "status 02: dispensed; "+c.detail)
				if b.drives() != 1 {
					b.Errorf("%d commands", b.drives())
				}
			})
		})
	}
}

// Counters that do not count are found out, and are no evidence from then on.
func TestCountersThatDoNotCount(t *testing.T) {
	s := vmc.DefaultSettings()
	s.Counts = true
	talking(t, s, func(b *board) {
		answers := map[string]string{
			"01 00 0D": "02 01 00 0D", "70 47 00 00 0D": "71 47 00 00000080 0000AF00", "70 32 00": "71 32 00 00 00",
			"06 01 00 00 0D": "04 02 00 0D 00",
		}
		evidence := func() string {
			wait := later(func() checked { e, err := b.dev.Check(within(b, time.Minute), 13); return checked{e, err} })
			b.passes(2*time.Second, answers)
			got := wait()
			if got.err != nil {
				b.Fatal(got.err)
			}
			return string(got.evidence)
		}
		if e := evidence(); e == `{"v":1}` {
			b.Fatal("no evidence at first")
		}
		if e := evidence(); e == `{"v":1}` {
			b.Fatal("no evidence although nothing was sold")
		}
		wait := b.call(within(b, time.Minute))
		b.passes(2*time.Second, answers)
		b.want(wait(), given, "status 02: dispensed")
		if e := evidence(); e != `{"v":1}` {
			b.Errorf("evidence %s by a counter that stood still", e)
		}
		if e := evidence(); e != `{"v":1}` {
			b.Errorf("later: evidence %s", e)
		}
	})
}

// kept is a driver that also asks by itself, with the greetings behind it.
func kept(t *testing.T, s vmc.Settings, do func(b *board)) {
	t.Helper()
	bubbleOf(t, func(l *line) *vmc.Dev { return vmc.OpenKept(l, s) }, func(b *board) {
		b.plug()
		b.expect("the first POLL", b.poll(), "FA FB 31 01 01 30")
		b.ack()
		b.sent = nil
		do(b)
	})
}

// passes polls for a while and answers commands: a key is the beginning of the
// frame, or command and text in hexadecimal; the value is command and text of
// the board's answer, empty for none. It returns how many had a key.
func (b *board) passes(d time.Duration, answers map[string]string) (asked int) {
	b.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		reply := b.poll()
		if reply == ackFrame || reply == "" {
			continue
		}
		b.ack()
		f := unhex(b, reply)
		key := fmt.Sprintf("% X", append([]byte{f[2]}, f[5:len(f)-1]...))
		answer, ok := answers[key]
		if !ok {
			answer, ok = answers[reply[:11]]
		}
		if !ok {
			continue
		}
		asked++
		if answer != "" {
			text := unhex(b, answer)
			b.expect("an answer", b.data(text[0], text[1:]...), ackFrame)
		}
	}
	return asked
}
