package vmc_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/device/vmc"
	"kioskd/sale"
)

type checked struct {
	evidence sale.Evidence
	err      error
}

// check begins a Check and lets the driver ask with the frame that is wanted.
func (b *board) check(n int, frame string) func() checked {
	b.Helper()
	wait := later(func() checked {
		e, err := b.dev.Check(within(b, time.Minute), slot(n))
		return checked{e, err}
	})
	b.expect("the POLL", b.poll(), frame)
	b.ack()
	return wait
}

func TestCheckStates(t *testing.T) {
	for _, c := range []struct {
		state byte
		is    error
		text  string
	}{
		{0x01, nil, ""},
		{0x02, sale.ErrSoldOut, "check slot 13: slot is sold out"},
		{0x03, sale.ErrNoSlot, "check slot 13: no such slot"},
		{0x04, sale.ErrSlotClosed, "check slot 13: slot is closed"},
		{0x07, nil, "E-BOARD-01: the controller reports state 07 for slot 13: lift error (look at the controller's own menu, clear the fault there and test the slot)"},
		{0x17, nil, "E-BOARD-01: the controller reports state 17 for slot 13: main motor fault (look at the controller's own menu, clear the fault there and test the slot)"},
		{0x7F, nil, "E-BOARD-01: the controller reports state 7F for slot 13: not in the protocol document (look at the controller's own menu, clear the fault there and test the slot)"},
		{0x00, nil, "E-BOARD-01: the controller reports state 00 for slot 13: not in the protocol document (look at the controller's own menu, clear the fault there and test the slot)"},
	} {
		t.Run(fmt.Sprintf("%02X", c.state), func(t *testing.T) {
			talking(t, vmc.DefaultSettings(), func(b *board) {
				wait := b.check(13, "FA FB 01 03 02 00 0D 0C")
				b.expect("a state of another slot", b.data(0x02, 0x02, 0, 14), ackFrame)
				b.expect("a state without a slot", b.data(0x02, 0x02), ackFrame)
				b.expect("the answer", b.data(0x02, c.state, 0, 13), ackFrame)
				got := wait()
				switch {
				case c.text == "" && got.err != nil:
					b.Errorf("error %v", got.err)
				case c.text != "" && (got.err == nil || got.err.Error() != c.text):
					b.Errorf("error %v, want %s", got.err, c.text)
				case c.is != nil && !errors.Is(got.err, c.is):
					b.Errorf("error %v is not %v", got.err, c.is)
				case got.err == nil && string(got.evidence) != `{"v":1}`:
					b.Errorf("evidence %s", got.evidence)
				}
			})
		})
	}
}

func TestCheckLen4(t *testing.T) {
	s := vmc.DefaultSettings()
	s.CheckLen = 4
	talking(t, s, func(b *board) {
		wait := b.check(13, "FA FB 01 04 02 00 0D 00 0B")
		b.data(0x02, 0x01, 0, 13)
		if got := wait(); got.err != nil {
			b.Error(got.err)
		}
	})
}

// The answer proves that the question arrived, even if its ACK did not.
func TestCheckLostAck(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		wait := later(func() error { _, err := b.dev.Check(within(b, time.Minute), 13); return err })
		b.expect("the POLL", b.poll(), "FA FB 01 03 02 00 0D 0C")
		b.data(0x02, 0x01, 0, 13)
		if err := wait(); err != nil {
			b.Error(err)
		}
		next := b.check(14, "FA FB 01 03 03 00 0E 0E")
		b.data(0x02, 0x01, 0, 14)
		if got := next(); got.err != nil {
			b.Error(got.err)
		}
	})
}

func TestCheckUnanswered(t *testing.T) {
	s := vmc.DefaultSettings()
	s.CheckLen = 3
	talking(t, s, func(b *board) {
		wait := b.check(13, "FA FB 01 03 02 00 0D 0C")
		b.idle(5 * time.Second)
		got := wait()
		const want = "ask for the state of slot 13: E-SERIAL-03: the controller took the question and does not answer it: " +
			"context deadline exceeded (if it never answers, set check_len to the other value (3 or 4))"
		if got.err == nil || got.err.Error() != want {
			b.Errorf("error %v, want %s", got.err, want)
		}
		b.data(0x02, 0x02, 0, 13)
		if n := len(b.sent); n != 1 {
			b.Errorf("%d frames sent: %v", n, b.sent)
		}
	})
}

func TestCheckSlotNumbers(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		for _, n := range []int{-1, 0, 1000, 65536 + 13} {
			if _, err := b.dev.Check(within(b, time.Minute), slot(n)); !errors.Is(err, sale.ErrNoSlot) {
				b.Errorf("Check of slot %d: %v", n, err)
			}
			v := b.dev.Dispense(within(b, time.Minute), command(n))
			if v.Outcome != sale.OutcomeNotDispensed || !strings.HasPrefix(v.Detail, "no byte of the command left: ") {
				b.Errorf("Dispense of slot %d: %v", n, v)
			}
		}
		b.idle(time.Second)
		if b.sent != nil {
			b.Errorf("sent %v", b.sent)
		}
	})
}

// answers plays a VMC that answers questions: slots vend, the sales counter
// and the jam list are given.
func (b *board) answers(sold uint32, jams ...byte) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			default:
			}
			b.answer(b.poll(), sold, jams)
		}
	}()
	return func() { close(quit); <-done }
}

// answer acknowledges one frame of the driver and answers it.
func (b *board) answer(frame string, sold uint32, jams []byte) {
	if frame == ackFrame || frame == "" {
		return
	}
	b.ack()
	var p vmc.Parser
	f := p.Feed(unhex(b, frame))[0]
	text := f.Text()
	switch {
	case f.Cmd == 0x01:
		b.data(0x02, 0x01, text[0], text[1])
	case f.Cmd == 0x70 && text[0] == 0x47:
		b.data(0x71, 0x47, 0, byte(sold>>24), byte(sold>>16), byte(sold>>8), byte(sold), 0, 0, 0xAF, 0)
	case f.Cmd == 0x70 && text[0] == 0x32:
		list := []byte{0x32, 0, byte(len(jams))}
		for _, j := range jams {
			list = append(list, 0, j)
		}
		b.data(0x71, append(list, 0)...)
	}
}

func TestEvidence(t *testing.T) {
	s := vmc.DefaultSettings()
	s.Counts = true
	talking(t, s, func(b *board) {
		wait := b.check(13, "FA FB 01 03 02 00 0D 0C")
		b.data(0x02, 0x01, 0, 13)
		b.expect("the POLL", b.poll(), "FA FB 70 05 03 47 00 00 0D 3D")
		b.ack()
		b.data(0x71, unhex(b, "32 00 00 00")...) // late, of another question
		b.data(0x71, unhex(b, "47 00 00000080 0000")...)
		b.data(0x71, unhex(b, "47 00 00000080 0000AF00")...)
		b.expect("the POLL", b.poll(), "FA FB 70 03 04 32 00 44")
		b.ack()
		b.data(0x71, unhex(b, "32 00 02 0001 000D 00")...)
		got := wait()
		if got.err != nil {
			b.Fatal(got.err)
		}
		e := string(got.evidence)
		if !strings.HasPrefix(e, `{"v":1,"run":`) || !strings.HasSuffix(e, `,"counters":{"sold":128,"amount":44800,"jammed":true}}`) {
			b.Errorf("evidence %s", e)
		}
	})
}

// No baseline, no sale: a board that is said to count must say how far.
func TestEvidenceUnanswered(t *testing.T) {
	s := vmc.DefaultSettings()
	s.Counts = true
	talking(t, s, func(b *board) {
		wait := b.check(13, "FA FB 01 03 02 00 0D 0C")
		b.data(0x02, 0x01, 0, 13)
		b.idle(5 * time.Second)
		if got := wait(); faultCode(got.err) != sale.CodeSerialSilent {
			b.Errorf("evidence %s, error %v", got.evidence, got.err)
		}
		// The answer comes late, when the counter of another slot is wanted.
		wait = b.check(14, "FA FB 01 03 04 00 0E 09")
		b.data(0x02, 0x01, 0, 14)
		b.expect("the POLL while the old answer may come", b.poll(), ackFrame)
		b.data(0x71, unhex(b, "47 00 00000080 0000AF00")...)
		stop := b.answers(7)
		defer stop()
		if got := wait(); got.err != nil || !strings.Contains(string(got.evidence), `"sold":7,`) {
			b.Errorf("evidence %s, error %v: the counter of slot 13 was taken for that of 14", got.evidence, got.err)
		}
	})
}

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*vmc.Settings)
		want []string
	}{
		{"default", func(*vmc.Settings) {}, nil},
		{"all possible", func(s *vmc.Settings) { *s = vmc.Settings{Baud: 9600, CheckLen: 4, PollInterval: 20} }, nil},
		{"all wrong", func(s *vmc.Settings) {
			*s = vmc.Settings{Baud: 57601, CheckLen: 5, PollInterval: 21, Pace: 5*time.Minute + time.Millisecond}
		}, []string{
			"baud: 57601 is no speed of a serial port: write 57600, or what the controller's manual says, from 1200 to 115200",
			"check_len: 5 is not possible: write 3 or 4, or 0 to find out which one the controller answers",
			"pace: 5m0.001s is out of range: write 1s to 5m0s, or 0s for no bound",
			"poll_interval: 21 is out of range: write 1 to 20 (in 100 ms), or 0 to leave the controller's own",
		}},
		{"negative", func(s *vmc.Settings) { s.PollInterval = -1 }, []string{
			"poll_interval: -1 is out of range: write 1 to 20 (in 100 ms), or 0 to leave the controller's own",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := vmc.DefaultSettings()
			c.edit(&s)
			var got []string
			s.Check("/etc/kioskd", func(field, what string) { got = append(got, field+": "+what) })
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
