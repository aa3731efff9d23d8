package devicetest_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"kioskd/device/devicetest"
)

// The vectors are those of the protocol's document and of an independent
// host's unit tests, not of this package's encoder.
func TestVectors(t *testing.T) {
	soldOut := func(c *devicetest.Cabinet) { c.SetStock(13, 0) }
	tests := []struct {
		name  string
		setup func(*devicetest.Cabinet)
		opt   func(*devicetest.Options)
		send  string
		want  []string
	}{
		{"check, LEN 3", nil, nil, "FA FB 01 03 01 00 0D 0F", []string{"FA FB 02 04 01 01 00 0D 0A"}},
		{"check, LEN 4", nil, nil, "FA FB 01 04 01 00 0D 00 08", []string{"FA FB 02 04 01 01 00 0D 0A"}},
		{"check, sold out", nil, func(o *devicetest.Options) { o.Slots[1].Stock = 0 },
			"FA FB 01 03 01 00 0D 0F", []string{"FA FB 02 04 01 02 00 0D 09"}},
		{"check, paused", nil, func(o *devicetest.Options) { o.Slots[1].Paused = true },
			"FA FB 01 03 01 00 0D 0F", []string{"FA FB 02 04 01 04 00 0D 0F"}},
		{"check, no such slot", nil, nil, "FA FB 01 03 01 00 0E 0C", []string{"FA FB 02 04 01 03 00 0E 0B"}},
		{"buy", nil, nil, "FA FB 03 03 01 00 0D 0D", []string{"FA FB 02 04 01 01 00 0D 0A"}},
		{"drive, drop sensor", nil, nil, "FA FB 06 05 01 01 00 00 0D 0F",
			[]string{"FA FB 04 05 05 01 00 0D 00 09", "FA FB 04 05 06 02 00 0D 00 09"}},
		{"drive, lift", nil, nil, "FA FB 06 05 01 01 01 00 0D 0E",
			[]string{"FA FB 04 05 05 01 00 0D 00 09", "FA FB 04 05 06 02 00 0D 00 09"}},
		{"drive, high selection number", nil, nil, "FA FB 06 05 7F 01 00 01 2C 51",
			[]string{"FA FB 04 05 05 01 01 2C 00 29", "FA FB 04 05 06 02 01 2C 00 29"}},
		{"drive, no such motor", nil, nil, "FA FB 06 05 01 01 00 00 0E 0C", []string{"FA FB 04 05 06 06 00 0E 00 0E"}},
		{"drive, jam", func(c *devicetest.Cabinet) { c.JamNext(13) }, nil, "FA FB 06 05 01 01 00 00 0D 0F",
			[]string{"FA FB 04 05 05 01 00 0D 00 09", "FA FB 04 05 06 03 00 0D 00 08"}},
		{"drive, jam without a sensor", func(c *devicetest.Cabinet) { c.JamNext(13) },
			func(o *devicetest.Options) { o.NoSensor = true }, "FA FB 06 05 01 01 00 00 0D 0F",
			[]string{"FA FB 04 05 05 01 00 0D 00 09", "FA FB 04 05 06 02 00 0D 00 09"}},
		{"drive, empty", nil, func(o *devicetest.Options) { o.Slots[1].Stock = 0 }, "FA FB 06 05 01 01 00 00 0D 0F",
			[]string{"FA FB 04 05 05 01 00 0D 00 09", "FA FB 04 05 06 03 00 0D 00 08"}},
		{"drive, paused", nil, func(o *devicetest.Options) { o.Slots[1].Paused = true }, "FA FB 06 05 01 01 00 00 0D 0F",
			[]string{"FA FB 04 05 07 FF 00 0D 00 F5"}},
		{"drive, short status", nil, func(o *devicetest.Options) { o.ShortStatus = true }, "FA FB 06 05 01 01 00 00 0D 0F",
			[]string{"FA FB 04 04 05 01 00 0D 08", "FA FB 04 04 06 02 00 0D 08"}},
		{"key", func(c *devicetest.Cabinet) { c.Press(13) }, nil, "", []string{"FA FB 05 03 09 00 0D 03"}},
		{"cancel key", (*devicetest.Cabinet).Cancel, nil, "", []string{"FA FB 05 03 09 00 00 0E"}},
		{"slot reports", nil, nil, "FA FB 31 01 01 30", []string{
			"FA FB 11 0C 02 00 0C 00 00 00 C8 05 0A 00 00 00 D5",
			"FA FB 11 0C 03 00 0D 00 00 01 5E 07 0A 00 2A 00 6A",
			"FA FB 11 0C 04 01 2C 00 00 00 64 01 0A 00 00 00 5A"}},
		{"report after a change", soldOut, nil, "", []string{"FA FB 11 0C 03 00 0D 00 00 01 5E 00 0A 00 2A 00 6D"}},
		{"lift status", nil, nil, "FA FB 53 01 01 52", []string{"FA FB 54 02 01 00 56"}},
		{"lift status, product in it", func(c *devicetest.Cabinet) { c.SetLift(1) }, nil, "FA FB 53 01 01 52", []string{"FA FB 54 02 01 01 57"}},
		{"machine status", nil, nil, "FA FB 51 01 01 50", []string{"FA FB 52 29 01 00 00 00 00 08 00 00 00 00 00 00 00 00 00 53 49 4D 30 30 30 30 30 30 31 08 AA AA AA AA AA AA AA AA AA AA AA AA AA AA AA B7"}},
		{"machine status, newer firmware", func(c *devicetest.Cabinet) { c.SetLift(1) },
			func(o *devicetest.Options) { o.NewFirmware = true }, "FA FB 51 01 01 50", []string{"FA FB 52 2B 01 00 00 00 00 08 00 00 00 00 00 00 00 00 00 53 49 4D 30 30 30 30 30 30 31 08 AA AA AA AA AA AA AA AA AA AA AA AA AA AA AA 01 00 B4"}},
		{"drive, oven", nil, func(o *devicetest.Options) { o.Oven = true }, "FA FB 06 05 01 01 00 00 0D 0F", []string{
			"FA FB 04 05 05 01 00 0D 00 09", "FA FB 04 05 06 02 00 0D 00 09",
			"FA FB 04 05 05 22 00 0D 00 2A", "FA FB 04 05 05 23 00 0D 00 2B", "FA FB 04 05 06 24 00 0D 00 2F"}},
		{"fully loaded", (*devicetest.Cabinet).Fill, nil, "", []string{"FA FB 17 01 01 16",
			"FA FB 11 0C 02 00 0C 00 00 00 C8 0A 0A 00 00 00 DA",
			"FA FB 11 0C 02 00 0D 00 00 01 5E 0A 0A 00 2A 00 66",
			"FA FB 11 0C 02 01 2C 00 00 00 64 0A 0A 00 00 00 57"}},
		{"jam list, empty", nil, nil, "FA FB 70 03 01 32 00 41", []string{"FA FB 71 05 01 32 00 00 00 46"}},
		{"jam list", nil, func(o *devicetest.Options) { o.Slots[0].Number, o.Slots[0].Jammed = 1, true },
			"FA FB 70 03 01 32 00 41", []string{"FA FB 71 07 03 32 00 01 00 01 00 46"}},
		{"jam list, clear", nil, nil, "FA FB 70 03 01 32 01 40", []string{"FA FB 71 04 01 32 01 00 46"}},
		{"sales counter", nil, func(o *devicetest.Options) { o.Slots[1].Sold, o.Slots[1].Taken = 128, 44800 },
			"FA FB 70 05 01 47 00 00 0D 3F", []string{"FA FB 71 0B 01 47 00 00 00 00 80 00 00 AF 00 12"}},
		{"decimals", nil, nil, "FA FB 70 03 01 10 00 63", []string{"FA FB 71 04 01 10 00 02 67"}},
		{"slot menu", nil, nil, "FA FB 70 05 01 42 00 00 0D 3A",
			[]string{"FA FB 71 10 01 42 00 00 00 01 5E 00 07 0A 00 2A 00 00 01 00 5A"}},
		{"slot list", nil, nil, "FA FB 70 03 01 41 00 32",
			[]string{"FA FB 71 0B 01 41 00 00 03 00 0C 00 0D 01 2C 14"}},
		{"money back", nil, nil, "FA FB 25 01 01 24", []string{"FA FB 26 09 01 00 00 00 00 00 00 00 00 2F"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := start(t, test.opt)
			h := dial(t, c)
			if test.setup != nil {
				test.setup(c)
			}
			if test.send != "" {
				h.say(test.send)
			}
			h.data(test.want...)
			h.quiet(30 * time.Millisecond)
			if n := c.Counters(); len(n.Breaches) > 0 || n.Garbled > 0 {
				t.Errorf("a proper host is accused: %+v", n)
			}
		})
	}
}

// Commands without an answer of their own: their ACK, and what they change.
func TestCommandsThatSet(t *testing.T) {
	c := start(t, nil)
	h := dial(t, c)
	h.say("FA FB 12 07 04 00 0D 00 00 01 5E 42") // price 350 for 13
	h.say("FA FB 13 04 05 00 0D 09 17")          // stock 9 for 13
	h.say("FA FB 14 04 06 03 E9 14 E9")          // capacity 20 for tray 1
	h.say("FA FB 15 05 07 00 00 00 07 11")       // product 7 for all
	h.say("FA FB 05 03 08 00 00 0F")             // the host cancels
	h.say("FA FB 27 06 08 05 00 00 01 5E 72")    // credit, which a sale must not need
	h.quiet(30 * time.Millisecond)
	want := []devicetest.Slot{
		{Number: 12, Price: 200, Stock: 5, Capacity: 20, Product: 7},
		{Number: 13, Price: 350, Stock: 9, Capacity: 20, Product: 7},
		{Number: 300, Price: 100, Stock: 1, Capacity: 10, Product: 7},
	}
	for i, s := range c.State().Slots {
		if s != want[i] {
			t.Errorf("slot is %+v, want %+v", s, want[i])
		}
	}
	if tally := c.Tally()[13]; tally != (devicetest.Tally{}) {
		t.Errorf("something moved: %+v", tally)
	}
	h.say("FA FB 16 02 02 02 15") // interval 200 ms
	begin := time.Now()
	h.poll()
	h.send(ack)
	h.poll()
	if d := time.Since(begin); d < 150*time.Millisecond {
		t.Errorf("POLLs come every %v after an interval of 200 ms was set", d)
	}
}

func TestMachineStatus(t *testing.T) {
	for _, open := range []bool{false, true} {
		c := start(t, nil)
		h := dial(t, c)
		c.SetDoor(open)
		h.say("FA FB 51 01 01 50")
		b := unhex(t, h.next())
		if b[2] != 0x52 || len(b) != 5+1+40 || b[9] != 8 || b[10] == 1 != open || string(b[19:29]) != "SIM0000001" {
			t.Errorf("door open %v: status is %s", open, show(b))
		}
	}
}

func TestCheckLen(t *testing.T) {
	len3, len4 := "FA FB 01 03 01 00 0D 0F", "FA FB 01 04 01 00 0D 00 08"
	for n, other := range map[int]string{3: len4, 4: len3} {
		c := start(t, func(o *devicetest.Options) { o.CheckLen = n })
		h := dial(t, c)
		h.say(other)
		h.quiet(50 * time.Millisecond)
		if n == 3 {
			h.say(len3)
		} else {
			h.say(len4)
		}
		h.data("FA FB 02 04 01 01 00 0D 0A")
	}
}

// A frame that nobody acknowledges comes six times with one PackNO; the next
// one has the next.
func TestRepeatsUntilAck(t *testing.T) {
	c := start(t, impatient)
	h := open(t, c)
	c.Press(13)
	for range 6 {
		h.want("FA FB 31 01 01 30")
	}
	for range 4 {
		h.want("FA FB 05 03 02 00 0D 08")
	}
	h.send(ack)
	h.poll()
	eventually(t, "the press is taken", func() bool { return c.Presses()[0].Taken })
	if n := c.Counters(); n.GivenUp != 1 || n.Repeats != 5+3 {
		t.Errorf("counters are %+v", n)
	}
}

// Nobody acknowledges the tour of slot reports: it ends after the first.
func TestReportsEndWithTheHost(t *testing.T) {
	c := start(t, func(o *devicetest.Options) { o.AnswerWithin = 200 * time.Millisecond })
	h := dial(t, c)
	h.say("FA FB 31 01 01 30")
	for range 6 {
		h.want("FA FB 11 0C 02 00 0C 00 00 00 C8 05 0A 00 00 00 D5")
	}
	h.poll()
}

func TestPackNOSkipsZero(t *testing.T) {
	c := start(t, nil)
	h := dial(t, c)
	last := byte(1)
	for range 300 {
		c.Press(13)
		pack := h.data("FA FB 05 03 09 00 0D 03")[0]
		if want := last%255 + 1; pack != want {
			t.Fatalf("PackNO %d follows %d", pack, last)
		}
		last = pack
	}
}

// What comes out of turn or damaged is not obeyed, but the book of commands
// sees it.
func TestNotObeyed(t *testing.T) {
	drive := "FA FB 06 05 01 01 00 00 0D 0F"
	tests := []struct {
		name string
		do   func(h *host, c *devicetest.Cabinet)
		want devicetest.Tally
	}{
		{"late", func(h *host, c *devicetest.Cabinet) {
			h.poll()
			time.Sleep(100 * time.Millisecond)
			h.send(drive)
		}, devicetest.Tally{Commands: 1}},
		{"in place of an ACK", func(h *host, c *devicetest.Cabinet) {
			h.poll()
			c.Press(12)
			for s, _ := h.frame(patience); s == poll; s, _ = h.frame(patience) {
			}
			h.send(drive)
		}, devicetest.Tally{Commands: 1}},
		{"bad XOR", func(h *host, c *devicetest.Cabinet) {
			h.poll()
			h.send("FA FB 06 05 01 01 00 00 0D 0E")
		}, devicetest.Tally{}},
		{"wrong LEN", func(h *host, c *devicetest.Cabinet) {
			h.poll()
			h.send("FA FB 06 03 01 00 0D 08")
		}, devicetest.Tally{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := start(t, func(o *devicetest.Options) {
				o.AnswerWithin, o.PollEvery = 20*time.Millisecond, 2*time.Second
			})
			h := open(t, c)
			h.want("FA FB 31 01 01 30")
			h.send(ack)
			test.do(h, c)
			time.Sleep(100 * time.Millisecond)
			if got := c.Tally()[13]; got != test.want {
				t.Errorf("tally is %+v, want %+v", got, test.want)
			}
			n := c.Counters()
			if n.Late+n.Garbled+len(n.Breaches) == 0 {
				t.Error("nobody noticed")
			}
		})
	}
}

// The board finds a command behind noise, false starts, a bad XOR and a frame
// that lost its end.
func TestHostNoise(t *testing.T) {
	for _, before := range []string{"", "00 FA", "FA", drive13[:26] + " 0E", "FA FB 06 05 01", "FA FB FA 05"} {
		c := start(t, nil)
		h := dial(t, c)
		h.poll()
		h.send(before + check13)
		h.want(ack)
		h.data(good13)
		if n := c.Counters().Garbled; n == 0 != (before == "") {
			t.Errorf("%q: %d stretches were garbled", before, n)
		}
	}
}

// FuzzScan: however the bytes are cut into reads, the same frames are found,
// and a frame is found again in what it encodes to.
func FuzzScan(f *testing.F) {
	f.Add(unhex(f, "00 FA FA FB 06 05 01 01 00 00 0D 0F FA FB 42 00 43"), uint8(1))
	f.Add(unhex(f, "FA FB 06 05 01 FA FB 01 03 01 00 0D 0F"), uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, step uint8) {
		whole := devicetest.Scan(b, len(b))
		parts := devicetest.Scan(b, int(step))
		if !slices.EqualFunc(whole, parts, bytes.Equal) {
			t.Fatalf("in one read %X, in reads of %d %X", whole, step, parts)
		}
		for _, x := range whole {
			if !bytes.Contains(b, x) {
				t.Fatalf("found %X, which is not in %X", x, b)
			}
		}
	})
}
