package vmc_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/device/vmc"
	"kioskd/sale"
)

// A command that cannot leave will not leave later.
func TestCannotLeave(t *testing.T) {
	const none = "no byte of the command left: "
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name   string
		before func(*board)
		ctx    func(*board) context.Context
		detail string
	}{
		{"unplugged", (*board).unplug, nil, "E-SERIAL-01: unplugged"},
		{"silent", func(b *board) { time.Sleep(4 * time.Second) }, nil,
			"E-SERIAL-03: the controller has been silent on /dev/test for 9s (check that it has power, that its cable is plugged, and that it is set to work with an upper computer (上位机))"},
		{"the context has ended", func(*board) {}, func(*board) context.Context { return ended }, "context canceled"},
		{"the context ends before a POLL", func(*board) {}, func(b *board) context.Context { return within(b, 100*time.Millisecond) }, "context deadline exceeded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			talking(t, vmc.DefaultSettings(), func(b *board) {
				c.before(b)
				ctx := within(b, time.Minute)
				if c.ctx != nil {
					ctx = c.ctx(b)
				}
				b.want(b.call(ctx)(), not, none+c.detail)
				b.plug()
				b.once(0)
			})
		})
	}
}

// The line takes no byte, or some of them.
func TestWriteErrors(t *testing.T) {
	for n := range 11 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			talking(t, vmc.DefaultSettings(), func(b *board) {
				b.idle(3 * time.Second)
				wait := b.call(within(b, 20*time.Second))
				b.breakAfter(n)
				b.poll()
				b.unplug()
				b.breakAfter(-1)
				time.Sleep(6 * time.Second)
				b.plug()
				b.idle(2 * time.Second)
				if n == 0 {
					b.want(wait(), not, "no byte of the command left: E-SERIAL-01: unplugged")
					b.once(0)
					return
				}
				b.status(0x02, 13)
				b.want(wait(), given, "status 02: dispensed")
				b.idle(time.Second)
				if whole := b.drives(); whole > 1 || n < 10 && whole > 0 {
					b.Errorf("after %d bytes of a command another one was written: %v", n, b.sent)
				}
			})
		})
	}
}

// The port goes away at each point of the exchange and comes back. The result
// is waited for, and nothing is said that a VMC could take for a restart.
func TestUnplugInVend(t *testing.T) {
	for _, c := range []struct {
		name   string
		before []byte // the VMC's words before the cable is pulled; AC its ACK
		after  []byte
		want   sale.Outcome
		detail string
	}{
		{"before the ACK", nil, []byte{0x01, 0x02}, given, "status 02: dispensed"},
		{"after the ACK", []byte{0xAC}, []byte{0x02}, given, "status 02: dispensed"},
		{"after the start", []byte{0xAC, 0x01}, []byte{0x02}, given, "status 02: dispensed"},
		{"jam", []byte{0xAC, 0x01}, []byte{0x03}, not, "status 03: selection jammed"},
		{"the result may be what was missed", []byte{0xAC, 0x01}, []byte{0xFF}, unknown, "status FF: purchase terminated, and an earlier word may have been missed"},
		{"restart", []byte{0xAC, 0x01}, []byte{0x31}, unknown, "the controller restarted during the vend; its last word was status 01: dispensing"},
		{"nothing", []byte{0xAC, 0x01}, nil, unknown, "no result in time; its last word was status 01: dispensing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			talking(t, vmc.DefaultSettings(), func(b *board) {
				b.idle(3 * time.Second)
				wait := b.dispense(30 * time.Second)
				say := func(words []byte) {
					for _, w := range words {
						switch w {
						case 0xAC:
							b.ack()
						case 0x31:
							b.data(0x31)
						default:
							b.status(w, 13)
						}
					}
				}
				say(c.before)
				b.unplug()
				time.Sleep(5 * time.Second)
				b.plug()
				b.expect("the first POLL after the plug", b.poll(), ackFrame)
				say(c.after)
				if c.after == nil {
					b.idle(31 * time.Second)
				}
				b.want(wait(), c.want, c.detail)
				b.once(1)
			})
		})
	}
}

// A gap in the VMC's PackNOs is a word that was missed.
func TestGapBeforeTermination(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		wait := b.dispense(time.Minute)
		b.ack()
		b.status(0x01, 13)
		b.pack++
		b.status(0xFF, 13)
		b.want(wait(), unknown, "status FF: purchase terminated, and an earlier word may have been missed")
	})
}

func TestCancelled(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		ctx, cancel := context.WithCancel(context.Background())
		wait := b.call(ctx)
		b.poll()
		b.ack()
		b.status(0x01, 13)
		cancel()
		b.want(wait(), unknown, "no result in time; its last word was status 01: dispensing")
		b.once(1)
	})
}

func TestClosedInVend(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		wait := b.dispense(time.Minute)
		b.ack()
		b.dev.Close()
		b.want(wait(), unknown, "the driver was closed during the vend; the command was acknowledged and no status came")
	})
}

// Check waits for its turn, and gives up with its context.
func TestCheckBesideDispense(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		wait := b.dispense(time.Minute)
		b.ack()
		_, err := b.dev.Check(within(b, time.Second), 13)
		if faultCode(err) != sale.CodeSerialSilent || !strings.Contains(err.Error(), "busy") {
			b.Errorf("Check beside a Dispense: %v", err)
		}
		check := later(func() error { _, err := b.dev.Check(within(b, time.Minute), 14); return err })
		b.expect("the POLL in a vend", b.poll(), ackFrame)
		b.status(0x02, 13)
		b.want(wait(), given, "status 02: dispensed")
		synctest.Wait()
		b.expect("the POLL after it", b.poll(), "FA FB 01 03 03 00 0E 0E")
		b.ack()
		b.data(0x02, 0x01, 0, 14)
		if err := check(); err != nil {
			b.Error(err)
		}
	})
}
