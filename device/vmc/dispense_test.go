package vmc_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"kioskd/device/vmc"
	"kioskd/sale"
)

const drive13 = "FA FB 06 05 02 01 00 00 0D 0C"

// dispense begins a Dispense of slot 13 and lets its command leave.
func (b *board) dispense(limit time.Duration) func() sale.Verdict {
	b.Helper()
	wait := b.call(within(b, limit))
	b.expect("the POLL", b.poll(), drive13)
	return wait
}

func (b *board) call(ctx context.Context) func() sale.Verdict {
	return later(func() sale.Verdict { return b.dev.Dispense(ctx, command(13)) })
}

// once fails unless n dispense commands were on the wire, also after a while,
// a new plug and a restart of the VMC.
func (b *board) once(n int) {
	b.Helper()
	b.idle(5 * time.Second)
	b.unplug()
	b.plug()
	b.idle(time.Second)
	b.data(0x31)
	b.idle(3 * time.Second)
	if b.drives() != n {
		b.Errorf("%d dispense commands on the wire, want %d: %v", b.drives(), n, b.sent)
	}
}

func (b *board) want(got sale.Verdict, outcome sale.Outcome, detail string) {
	b.Helper()
	if got.Outcome != outcome || got.Detail != detail {
		b.Errorf("verdict %v (%s), want %v (%s)", got.Outcome, got.Detail, outcome, detail)
	}
}

const (
	unknown = sale.OutcomeUnknown
	given   = sale.OutcomeDispensed
	not     = sale.OutcomeNotDispensed
)

// statusCase is a code that is the only word of the VMC: the outcome with a
// drop sensor and without, and what is said then.
type statusCase struct {
	code            byte
	sensor, without sale.Outcome
	detail, blind   string
}

func working(code byte, text string) statusCase {
	detail := fmt.Sprintf("no result in time; its last word was status %02X: %s", code, text)
	return statusCase{code: code, detail: detail, blind: detail}
}

func doubt(code byte, text string) statusCase {
	detail := fmt.Sprintf("status %02X: %s", code, text)
	return statusCase{code: code, detail: detail, blind: detail}
}

// Every code in the table, and some that are not.
func TestStatusCodes(t *testing.T) {
	const moves, behind = "lift, door or oven moves", "oven, stay pole or push rod error"
	for _, c := range []statusCase{
		{0x02, given, given, "status 02: dispensed", "status 02: dispensed"},
		{0x24, given, given, "status 24: please take the product", "status 24: please take the product"},
		{0x03, not, unknown, "status 03: selection jammed", "status 03: selection jammed, and no drop sensor watches"},
		{0x06, not, not, "status 06: the motor does not exist", "status 06: the motor does not exist"},
		{0xFF, not, unknown, "status FF: purchase terminated", "status FF: purchase terminated, and an earlier word may have been missed"},
		doubt(0x04, "the motor did not stop normally"),
		doubt(0x07, "lift error"), doubt(0x12, "lift error"), doubt(0x13, "lift error"),
		doubt(0x15, behind), doubt(0x17, behind), doubt(0x20, behind), doubt(0x25, behind),
		doubt(0x28, behind), doubt(0x29, behind), doubt(0x30, behind), doubt(0x31, behind), doubt(0x32, behind),
		working(0x01, "dispensing"), working(0x21, "no product seen in the oven"),
		working(0x10, moves), working(0x11, moves), working(0x14, moves), working(0x16, moves), working(0x18, moves), working(0x19, moves), working(0x26, moves),
		working(0x22, "heating"), working(0x23, "heating, time left"),
		working(0x40, "picked up"), working(0x41, "delivery door opened"), working(0x42, "delivery door closed"),
		working(0x00, "not in the protocol document"), working(0x05, "not in the protocol document"),
		working(0x77, "not in the protocol document"), working(0xFE, "not in the protocol document"),
	} {
		for _, sensor := range []bool{true, false} {
			t.Run(fmt.Sprintf("%02X sensor %v", c.code, sensor), func(t *testing.T) {
				s := vmc.DefaultSettings()
				s.DropSensor = sensor
				talking(t, s, func(b *board) {
					wait := b.call(within(b, 30*time.Second))
					b.poll()
					b.ack()
					b.status(c.code, 13)
					b.idle(31 * time.Second)
					outcome, detail := c.sensor, c.detail
					if !sensor {
						outcome, detail = c.without, c.blind
					}
					b.want(wait(), outcome, detail)
					b.once(1)
				})
			})
		}
	}
}

func TestCommandBytes(t *testing.T) {
	for _, c := range []struct {
		sensor, lift bool
		slot         int
		want         string
	}{
		{true, false, 13, "FA FB 06 05 02 01 00 00 0D 0C"},
		{false, false, 13, "FA FB 06 05 02 00 00 00 0D 0D"},
		{true, true, 13, "FA FB 06 05 02 01 01 00 0D 0D"},
		{true, false, 300, "FA FB 06 05 02 01 00 01 2C 2C"},
	} {
		s := vmc.DefaultSettings()
		s.DropSensor, s.Lift = c.sensor, c.lift
		talking(t, s, func(b *board) {
			wait := later(func() sale.Verdict { return b.dev.Dispense(within(b, time.Minute), command(c.slot)) })
			b.expect("the POLL", b.poll(), c.want)
			b.ack()
			b.status(0x02, c.slot)
			b.want(wait(), given, "status 02: dispensed")
		})
	}
}

// Sequences of words, as a VMC with all its habits says them.
func TestSequences(t *testing.T) {
	const lost = 0x31 // the VMC restarts
	for _, c := range []struct {
		name    string
		words   []byte
		outcome sale.Outcome
		detail  string
	}{
		{"plain", []byte{0x01, 0x02}, given, "status 02: dispensed"},
		{"unlisted first", []byte{0x01, 0x77, 0x02}, given, "status 02: dispensed"},
		{"unlisted, then jam", []byte{0x77, 0x01, 0x03}, not, "status 03: selection jammed"},
		{"not in the oven, then done", []byte{0x21, 0x24}, given, "status 24: please take the product"},
		{"ran on, and fell after all", []byte{0x04, 0x02}, given, "status 02: dispensed"},
		{"ran on, terminated", []byte{0x04, 0xFF}, unknown, "status 04: the motor did not stop normally"},
		{"ran on, jammed", []byte{0x04, 0x03}, unknown, "status 04: the motor did not stop normally"},
		{"ran on, no motor", []byte{0x04, 0x06}, unknown, "status 04: the motor did not stop normally"},
		{"started, terminated", []byte{0x01, 0xFF}, not, "status FF: purchase terminated"},
		{"restart", []byte{0x01, lost}, unknown, "the controller restarted during the vend; its last word was status 01: dispensing"},
		{"restart at once", []byte{lost}, unknown, "the controller restarted during the vend; the command was acknowledged and no status came"},
		{"ran on, restart", []byte{0x04, lost}, unknown, "the controller restarted during the vend; its last word was status 04: the motor did not stop normally"},
	} {
		t.Run(c.name, func(t *testing.T) {
			talking(t, vmc.DefaultSettings(), func(b *board) {
				b.idle(3 * time.Second)
				wait := b.dispense(time.Minute)
				b.ack()
				for _, w := range c.words {
					if w == lost {
						b.data(0x31)
					} else {
						b.status(w, 13)
					}
				}
				b.want(wait(), c.outcome, c.detail)
				b.once(1)
			})
		})
	}
}

func TestLostAckOfTheCommand(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		wait := b.dispense(time.Minute)
		b.expect("the next POLL", b.poll(), ackFrame)
		b.idle(10 * time.Second)
		b.status(0x01, 13)
		b.status(0x02, 13)
		b.want(wait(), given, "status 02: dispensed")
		b.once(1)
	})
}

func TestNoWordAtAll(t *testing.T) {
	for name, acked := range map[string]bool{"the command was acknowledged and no status came": true, "the command was not acknowledged": false} {
		talking(t, vmc.DefaultSettings(), func(b *board) {
			wait := b.dispense(20 * time.Second)
			if acked {
				b.ack()
			}
			b.idle(21 * time.Second)
			b.want(wait(), unknown, "no result in time; "+name)
			b.once(1)
		})
	}
}

// What is said of another slot is not said of this one.
func TestOtherSlot(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		wait := b.dispense(20 * time.Second)
		b.ack()
		b.status(0x01, 14)
		b.status(0x02, 14)
		b.status(0x03, 0x0D00)
		b.tell(unhex(b, "FA FB 04 03 70 02 0D"+"8D")) // LEN 3: no selection in it
		b.idle(21 * time.Second)
		b.want(wait(), unknown, "no result in time; the command was acknowledged and no status came")
		b.once(1)
	})
}

// A frame that is repeated because our ACK was lost is one word; the result of
// an order is not taken for that of the next one of the same slot.
func TestOldResult(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		wait := b.dispense(time.Minute)
		b.ack()
		b.status(0x02, 13)
		b.want(wait(), given, "status 02: dispensed")
		wait = b.call(within(b, 20*time.Second))
		b.expect("the repeated result", b.again(0x04, 0x02, 0, 13, 0), ackFrame)
		b.expect("the POLL", b.poll(), "FA FB 06 05 03 01 00 00 0D 0D")
		b.ack()
		b.expect("the result, repeated once more", b.again(0x04, 0x02, 0, 13, 0), ackFrame)
		b.status(0x03, 13)
		b.want(wait(), not, "status 03: selection jammed")
		b.once(2)
	})
}
