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
		door, told := b.dev.DoorOpen()
		degrees, measured := b.dev.Celsius()
		if !door || !told || degrees != -2 || !measured {
			b.Errorf("the door %v, told %v; %d degrees, told %v", door, told, degrees, measured)
		}
	})
	kept(t, vmc.DefaultSettings(), func(b *board) {
		const shut = "52 00000000 FE 00 0000000000000000 30303030303132333435 AAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAA"
		b.passes(70*time.Second, map[string]string{"FA FB 51 01": shut})
		if e := b.event(); e != nil {
			b.Errorf("%v of a door that has not moved", e)
		}
		b.passes(70*time.Second, map[string]string{"FA FB 51 01": door})
		if e := b.event(); e != (sale.DoorMoved{Open: true}) {
			b.Errorf("the door was opened: %v", e)
		}
		b.passes(130*time.Second, map[string]string{"FA FB 51 01": shut})
		if e := b.event(); e != (sale.DoorMoved{}) {
			b.Errorf("the door was closed: %v", e)
		}
	})
	kept(t, vmc.DefaultSettings(), func(b *board) {
		if asked := b.passes(10*time.Minute, map[string]string{"FA FB 51 01": ""}); asked != 3 {
			b.Errorf("a controller that does not answer was asked %d times", asked)
		}
		if diff := cmp.Diff(vmc.Machine{}, b.dev.Condition()); diff != "" {
			b.Errorf("condition (-want +got):\n%s", diff)
		}
		_, told := b.dev.DoorOpen()
		if _, measured := b.dev.Celsius(); told || measured {
			b.Errorf("the door is told: %v, the temperature: %v", told, measured)
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
