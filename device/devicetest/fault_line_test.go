package devicetest_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"kioskd/device/devicetest"
)

func TestLineFaults(t *testing.T) {
	t.Run("drop_command", func(t *testing.T) {
		c := start(t, nil)
		h := dial(t, c)
		inject(t, c, devicetest.Fault{Kind: devicetest.DropCommand})
		h.poll()
		h.send(drive13)
		h.quiet(50 * time.Millisecond)
		if got, want := c.Tally()[13], (devicetest.Tally{Commands: 1}); got != want || c.Commands()[0].Heard {
			t.Errorf("tally is %+v, want %+v", got, want)
		}
	})
	t.Run("drop_host_ack", func(t *testing.T) {
		c := start(t, func(o *devicetest.Options) { o.AnswerWithin = 300 * time.Millisecond })
		h := dial(t, c)
		inject(t, c, devicetest.Fault{Kind: devicetest.DropHostAck, Times: 2})
		c.Press(13)
		if p := h.data(key13, key13, key13); p[0] != p[1] || p[1] != p[2] {
			t.Errorf("the PackNOs of one frame are %v", p)
		}
		h.quiet(50 * time.Millisecond)
	})
	t.Run("repeat_frame", func(t *testing.T) {
		c := start(t, nil)
		h := dial(t, c)
		inject(t, c, devicetest.Fault{Kind: devicetest.RepeatFrame})
		c.Press(13)
		if p := h.data(key13, key13); p[0] != p[1] {
			t.Errorf("the PackNOs of one frame are %v", p)
		}
		c.Press(13)
		if p := h.data(key13); p[0] != 3 {
			t.Errorf("the PackNO after a repeated frame is %d, want 3", p[0])
		}
		h.quiet(50 * time.Millisecond)
	})
	t.Run("half_frame", func(t *testing.T) {
		c := start(t, func(o *devicetest.Options) { o.AnswerWithin = 300 * time.Millisecond })
		h := dial(t, c)
		inject(t, c, devicetest.Fault{Kind: devicetest.HalfFrame})
		c.Press(13)
		half := unhex(t, numbered(t, key13, 2))[:4]
		if got := unhex(t, h.next()); string(got[:4]) != string(half) || len(got) != 8 || string(got[4:]) != string(half) {
			t.Errorf("the board sent %s, want half a frame and its repeat", show(got))
		}
	})
	t.Run("flip_bit", func(t *testing.T) {
		c := start(t, nil)
		h := dial(t, c)
		want := unhex(t, numbered(t, key13, 2))
		inject(t, c, devicetest.Fault{Kind: devicetest.FlipBit})
		c.Press(13)
		flips := 0
		for i, b := range h.read(len(want)) {
			for x := b ^ want[i]; x != 0; x &= x - 1 {
				flips++
			}
		}
		if flips != 1 {
			t.Errorf("%d bits are wrong, want 1", flips)
		}
	})
	t.Run("noise", func(t *testing.T) {
		c := start(t, nil)
		h := dial(t, c)
		inject(t, c, devicetest.Fault{Kind: devicetest.Noise})
		eventually(t, "noise", func() bool {
			s, _ := h.frame(time.Second)
			h.send(ack)
			return s != "" && s != poll
		})
		h.quiet(50 * time.Millisecond)
	})
}

// read takes that many bytes of data, answering POLLs.
func (h *host) read(n int) []byte {
	h.t.Helper()
	for {
		h.port.SetReadDeadline(time.Now().Add(patience))
		b := make([]byte, 256)
		m, err := h.port.Read(b)
		if err != nil {
			h.t.Fatal(err)
		}
		h.buf = append(h.buf, b[:m]...)
		for strings.HasPrefix(show(h.buf), poll) {
			h.buf = h.buf[5:]
			h.send(ack)
		}
		if len(h.buf) >= n {
			return h.buf[:n]
		}
	}
}

func TestMuteAndSilent(t *testing.T) {
	c := start(t, nil)
	h := dial(t, c)
	inject(t, c, devicetest.Fault{Kind: devicetest.Mute, Times: 1})
	h.poll()
	h.send(drive13)
	h.quiet(50 * time.Millisecond)
	if got, want := c.Tally()[13], (devicetest.Tally{Commands: 1}); got != want {
		t.Errorf("tally of a mute board is %+v, want %+v", got, want)
	}
	h.say(check13)
	h.data(good13)

	inject(t, c, devicetest.Fault{Kind: devicetest.Silent, Chance: 1})
	c.Press(13)
	h.quiet(50 * time.Millisecond)
	if s, err := h.frame(100 * time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a silent board sends %q, %v", s, err)
	}
	c.Clear(devicetest.Silent)
	h.data(key13)

	inject(t, c, devicetest.Fault{Kind: devicetest.Silent, For: 100 * time.Millisecond})
	h.say(check13) // comes back by itself
	h.data(good13)
}

// The cable comes off after each byte of the exchange; the books stay true.
func TestCut(t *testing.T) {
	tests := []struct {
		dir  string
		at   int
		read string // what still arrives
		want devicetest.Tally
	}{
		{devicetest.FromHost, 0, "", devicetest.Tally{Commands: 1}},
		{devicetest.FromHost, 9, "", devicetest.Tally{Commands: 1}},
		{devicetest.FromHost, 10, "", devicetest.Tally{Commands: 1, Turns: 1, Drops: 1}},
		{devicetest.FromBoard, 0, "", devicetest.Tally{Commands: 1, Turns: 1, Drops: 1}},
		{devicetest.FromBoard, 3, "FA FB 42", devicetest.Tally{Commands: 1, Turns: 1, Drops: 1}},
		{devicetest.FromBoard, 5, ack, devicetest.Tally{Commands: 1, Turns: 1, Drops: 1}},
		{devicetest.FromBoard, 7, ack + " FA FB", devicetest.Tally{Commands: 1, Turns: 1, Drops: 1}},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s %d", test.dir, test.at), func(t *testing.T) {
			c := start(t, func(o *devicetest.Options) { o.AnswerWithin = 100 * time.Millisecond })
			h := dial(t, c)
			inject(t, c, devicetest.Fault{Kind: devicetest.Cut, Dir: test.dir, At: test.at, Delay: 50 * time.Millisecond})
			h.poll()
			h.send(drive13)
			var got []byte
			for b := make([]byte, 64); ; {
				h.port.SetReadDeadline(time.Now().Add(patience))
				n, err := h.port.Read(b)
				got = append(got, b[:n]...)
				if err != nil || n == 0 {
					break
				}
			}
			if s := show(got); s != test.read {
				t.Errorf("before the line went came %q, want %q", s, test.read)
			}
			eventually(t, "the cable is back and the motor rests", func() bool { s := c.State(); return s.Plugged && !s.Busy })
			if got := c.Tally()[13]; got != test.want {
				t.Errorf("tally is %+v, want %+v", got, test.want)
			}
			again := open(t, c)
			eventually(t, "the board polls the new line", func() bool {
				s, err := again.frame(time.Second)
				return err == nil && s == poll
			})
		})
	}
}
