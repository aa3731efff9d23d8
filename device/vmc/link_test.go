package vmc_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/device"
	"kioskd/device/vmc"
	"kioskd/sale"
)

func TestGreetings(t *testing.T) {
	s := vmc.DefaultSettings()
	s.PollInterval = 2
	bubble(t, s, func(b *board) {
		b.plug()
		b.expect("the first POLL", b.poll(), "FA FB 31 01 01 30")
		b.ack()
		b.expect("the second", b.poll(), "FA FB 16 02 02 02 15")
		b.ack()
		b.expect("the third", b.poll(), ackFrame)
		b.unplug()
		b.plug()
		b.expect("the first POLL after a new plug", b.poll(), "FA FB 31 01 03 32")
	})
}

func TestRestartedVMC(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		b.expect("an echo of our own 31", b.data(0x31), ackFrame)
		b.expect("the POLL after it", b.poll(), ackFrame)
		b.idle(3 * time.Second)
		b.expect("a 31 of the VMC", b.data(0x31), ackFrame)
		b.expect("its repeat", b.again(0x31), ackFrame)
		b.expect("the POLL after it", b.poll(), "FA FB 31 01 02 33")
		b.ack()
		b.expect("the next POLL", b.poll(), ackFrame)
		b.idle(3 * time.Second)
		b.expect("the 31 of the next restart, with the same number", b.again(0x31), ackFrame)
		b.expect("the POLL after it", b.poll(), "FA FB 31 01 03 32")
	})
}

// Only the newest frame of what was read at once still has a listener.
func TestLateFrames(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		b.expect("three POLLs at once", b.tell(unhex(b, pollFrame+pollFrame+pollFrame)), ackFrame)
		b.expect("a press and a POLL at once", b.tell(unhex(b, "FA FB 05 03 09 00 0D 03"+pollFrame)), ackFrame)
		b.expect("half a POLL", b.tell(unhex(b, "FA FB 41")), "")
		b.expect("the other half", b.tell(unhex(b, "00 40")), ackFrame)
		b.expect("a frame whose end never comes", b.tell(unhex(b, "FA FB 11 0C 03 00")), "")
		b.expect("the POLL after it", b.poll(), ackFrame)
		if e := b.event(); e != (sale.Selected{Slot: 13}) {
			b.Errorf("event %v, want the press", e)
		}
	})
}

func TestEvents(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		for _, c := range []struct {
			name string
			cmd  byte
			text string
			want sale.BoardEvent
		}{
			{"key", 0x05, "01 2C", sale.Selected{Slot: 300}},
			{"the same key", 0x05, "01 2C", sale.Selected{Slot: 300}},
			{"cancel", 0x05, "00 00", sale.CancelPressed{}},
			{"in stock", 0x11, "000D 0000015E 07 0A 002A 00", sale.SlotReport{Slot: 13}},
			{"sold out", 0x11, "000D 0000015E 00 0A 002A 00", sale.SlotReport{Slot: 13, SoldOut: true}},
			{"paused", 0x11, "000D 0000015E 07 0A 002A 01", sale.SlotReport{Slot: 13, Closed: true}},
			{"too short a key", 0x05, "01", nil},
			{"too short a report", 0x11, "000D 0000015E 07 0A 002A", nil},
			{"fully loaded", 0x17, "", nil},
			{"money", 0x21, "05 0000015E", nil},
			{"unheard of", 0x99, "01 02 03", nil},
		} {
			text := unhex(b, c.text)
			b.expect(c.name, b.data(c.cmd, text...), ackFrame)
			if e := b.event(); e != c.want {
				b.Errorf("%s: event %#v, want %#v", c.name, e, c.want)
			}
			for range 5 {
				time.Sleep(200 * time.Millisecond)
				b.expect(c.name+", repeated", b.again(c.cmd, text...), ackFrame)
			}
			if e := b.event(); e != nil {
				b.Errorf("%s: event %#v of a repeat", c.name, e)
			}
		}
	})
}

func TestUnreadKeys(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		b.data(0x11, unhex(b, "000D 0000015E 00 0A 002A 00")...)
		const presses = device.KeysKept + 20
		for i := range presses {
			b.data(0x05, 0, byte(i+1))
		}
		b.data(0x11, unhex(b, "000E 0000015E 00 0A 002A 00")...)
		b.data(0x11, unhex(b, "000E 0000015E 07 0A 002A 00")...)
		var got []sale.BoardEvent
		for e := b.event(); e != nil; e = b.event() {
			got = append(got, e)
		}
		if len(got) != device.KeysKept+2 {
			b.Fatalf("%d events, want %d keys and 2 reports: %v", len(got), device.KeysKept, got)
		}
		if got[0] != (sale.SlotReport{Slot: 13, SoldOut: true}) || got[len(got)-1] != (sale.SlotReport{Slot: 14}) {
			b.Errorf("the reports are %v and %v", got[0], got[len(got)-1])
		}
		if e := got[device.KeysKept]; e != (sale.Selected{Slot: presses}) {
			b.Errorf("the newest key is %v, want %d", e, presses)
		}
	})
}

// A command that is not acknowledged is repeated five times with its number,
// then given up with it; one POLL passes before the next.
func TestUnacknowledged(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		check := later(func() error { _, err := b.dev.Check(within(b, time.Minute), 13); return err })
		for range 6 {
			b.expect("a POLL", b.poll(), "FA FB 01 03 02 00 0D 0C")
		}
		b.expect("the seventh POLL", b.poll(), ackFrame)
		if err := check(); faultCode(err) != sale.CodeSerialSilent {
			b.Errorf("Check: %v, want a fault %s", err, sale.CodeSerialSilent)
		}
		check = later(func() error { _, err := b.dev.Check(within(b, time.Minute), 13); return err })
		b.expect("the next command", b.poll(), "FA FB 01 03 03 00 0D 0D")
		b.ack()
		b.data(0x02, 0x01, 0, 13)
		if err := check(); err != nil {
			b.Error(err)
		}
	})
}

// After a question whose ACK may still be on its way one POLL passes before
// the next command.
func TestRest(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		check := later(func() error { _, err := b.dev.Check(within(b, 250*time.Millisecond), 13); return err })
		b.expect("a POLL", b.poll(), "FA FB 01 03 02 00 0D 0C")
		time.Sleep(100 * time.Millisecond)
		check()
		later(func() error { _, err := b.dev.Check(within(b, time.Minute), 14); return err })
		b.expect("the first POLL", b.poll(), ackFrame)
		b.expect("the second POLL", b.poll(), "FA FB 01 03 03 00 0E 0E")
		b.dev.Close()
	})
}

func TestPackNumbers(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		for i := 2; i < 600; i++ {
			check := later(func() error { _, err := b.dev.Check(within(b, time.Minute), 13); return err })
			pack := byte((i-1)%255 + 1)
			want := vmc.Frame{Cmd: 0x01, Body: []byte{pack, 0, 13}}.Append(nil)
			b.expect("a POLL", b.poll(), fmt.Sprintf("% X", want))
			b.ack()
			b.data(0x02, 0x01, 0, 13)
			if err := check(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestHealth(t *testing.T) {
	want := func(b *board, when string, code sale.Code) {
		b.Helper()
		synctest.Wait()
		if got := faultCode(b.dev.Health()); got != code {
			b.Errorf("%s: %v, want code %q", when, b.dev.Health(), code)
		}
	}
	bubble(t, vmc.DefaultSettings(), func(b *board) {
		want(b, "unplugged", sale.CodeSerialMissing)
		b.plug()
		want(b, "plugged, no POLL yet", sale.CodeSerialSilent)
		b.poll()
		want(b, "after a POLL", "")
		time.Sleep(2900 * time.Millisecond)
		want(b, "2.9 s later", "")
		time.Sleep(200 * time.Millisecond)
		want(b, "3.1 s later", sale.CodeSerialSilent)
		if _, err := b.dev.Check(within(b, time.Minute), 13); faultCode(err) != sale.CodeSerialSilent {
			b.Errorf("Check of a silent board: %v", err)
		}
		b.poll()
		want(b, "after another", "")
		b.unplug()
		want(b, "unplugged", sale.CodeSerialMissing)
		b.plug()
		want(b, "plugged again, no POLL yet", sale.CodeSerialSilent)
	})
}

func TestSilenceReopensThePort(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		time.Sleep(14 * time.Second)
		synctest.Wait()
		if b.reopens() != 0 {
			b.Fatal("the port is opened anew after 14 s")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if b.reopens() != 1 {
			b.Fatalf("opened anew %d times after 16 s of silence, want once", b.reopens())
		}
		time.Sleep(16 * time.Second)
		synctest.Wait()
		if b.reopens() != 2 {
			b.Fatalf("opened anew %d times after 32 s of silence, want twice", b.reopens())
		}
		b.expect("a POLL", b.poll(), "FA FB 31 01 02 33")
	})
}

func TestClose(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		check := later(func() error { _, err := b.dev.Check(within(b, time.Minute), 13); return err })
		for range 2 {
			if err := b.dev.Close(); err != nil {
				b.Error(err)
			}
		}
		if err := check(); faultCode(err) != sale.CodeSerialOther {
			b.Errorf("Check under way: %v", err)
		}
		if _, open := <-b.dev.Events(); open {
			b.Error("Events is open")
		}
		if err := b.dev.Health(); faultCode(err) != sale.CodeSerialOther {
			b.Errorf("Health: %v", err)
		}
		if _, err := b.dev.Check(within(b, time.Minute), 13); faultCode(err) != sale.CodeSerialOther {
			b.Errorf("Check: %v", err)
		}
		if _, err := b.dev.Recover(within(b, time.Minute), command(13)); err == nil {
			b.Error("Recover has an answer")
		}
		if v := b.dev.Dispense(within(b, time.Minute), command(13)); v.Outcome != sale.OutcomeNotDispensed || v.Detail != "no byte of the command left: the driver is closed" {
			b.Errorf("Dispense: %v", v)
		}
	})
}
