package devicetest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kioskd/device/devicetest"
)

const (
	check13 = "FA FB 01 03 01 00 0D 0F"
	good13  = "FA FB 02 04 01 01 00 0D 0A"
	drive13 = "FA FB 06 05 01 01 00 00 0D 0F"
	running = "FA FB 04 05 05 01 00 0D 00 09"
	done    = "FA FB 04 05 06 02 00 0D 00 09"
	jammed  = "FA FB 04 05 06 03 00 0D 00 08"
	key13   = "FA FB 05 03 09 00 0D 03"
)

func inject(t testing.TB, c *devicetest.Cabinet, f devicetest.Fault) {
	t.Helper()
	if err := c.Inject(f); err != nil {
		t.Fatal(err)
	}
}

// Faults of a vend: what is reported, and what really happened.
func TestVendFaults(t *testing.T) {
	tests := []struct {
		fault devicetest.Fault
		want  []string // data frames of the board
		drops int
		sold  int
	}{
		{devicetest.Fault{Kind: devicetest.LostResult}, []string{running}, 1, 1},
		{devicetest.Fault{Kind: devicetest.LostReports}, nil, 1, 1},
		{devicetest.Fault{Kind: devicetest.DelayStatus, Delay: 50 * time.Millisecond}, []string{running, done}, 1, 1},
		{devicetest.Fault{Kind: devicetest.StrayResult, Other: 12}, []string{running, "FA FB 04 05 06 02 00 0C 00 08", done}, 1, 1},
		{devicetest.Fault{Kind: devicetest.WrongSlot, Other: 12},
			[]string{"FA FB 04 05 05 01 00 0C 00 08", "FA FB 04 05 06 02 00 0C 00 08"}, 1, 1},
		{devicetest.Fault{Kind: devicetest.ExtraCode, Code: 0x77}, []string{running, "FA FB 04 05 06 77 00 0D 00 7C", done}, 1, 1},
		{devicetest.Fault{Kind: devicetest.ReplaceCode, Code: 0x24}, []string{running, "FA FB 04 05 06 24 00 0D 00 2F"}, 1, 1},
		{devicetest.Fault{Kind: devicetest.TrailingCode, Code: 0xFF}, []string{running, done, "FA FB 04 05 07 FF 00 0D 00 F5"}, 1, 1},
		{devicetest.Fault{Kind: devicetest.NoDrop}, []string{running, jammed}, 0, 0},
		{devicetest.Fault{Kind: devicetest.FalseJam}, []string{running, jammed}, 1, 0},
		{devicetest.Fault{Kind: devicetest.NoCount}, []string{running, done}, 1, 0},
		{devicetest.Fault{Kind: devicetest.RestartBeforeDrop}, []string{running, "FA FB 31 01 01 30"}, 0, 0},
		{devicetest.Fault{Kind: devicetest.RestartAfterDrop}, []string{running, "FA FB 31 01 01 30"}, 1, 0},
		{devicetest.Fault{Kind: devicetest.NoDrop, Slot: 12}, []string{running, done}, 1, 1},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s %d", test.fault.Kind, test.fault.Slot), func(t *testing.T) {
			c := start(t, nil)
			h := dial(t, c)
			inject(t, c, test.fault)
			h.say(drive13)
			h.data(test.want...)
			eventually(t, "the motor stops", func() bool { return !c.State().Busy })
			h.quiet(50 * time.Millisecond)
			if n := len(c.Drops()); n != test.drops {
				t.Errorf("%d products fell, want %d", n, test.drops)
			}
			if s := c.State().Slots[1]; s.Sold != test.sold || s.Taken != 350*test.sold || s.Stock != 7-test.drops {
				t.Errorf("the slot is %+v after %d drops and %d counted", s, test.drops, test.sold)
			}
			if cmd := c.Commands()[0]; !cmd.Heard || !cmd.Turned || !cmd.Drop || cmd.PackNO != 1 || cmd.Slot != 13 {
				t.Errorf("the command is booked as %+v", cmd)
			}
			h.say(numbered(t, drive13, 2)) // it struck once, and never again
			h.data(running, done)
		})
	}
}

// A repeated command turns the motor again, unless the board was built better.
func TestRepeatedCommand(t *testing.T) {
	for better, want := range map[bool]devicetest.Tally{
		false: {Commands: 2, Turns: 2, Drops: 2},
		true:  {Commands: 2, Turns: 1, Drops: 1},
	} {
		c := start(t, func(o *devicetest.Options) { o.DropRepeats = better })
		h := dial(t, c)
		inject(t, c, devicetest.Fault{Kind: devicetest.DropBoardAck})
		h.poll()
		h.send(drive13)
		h.data(running)
		h.say(drive13)
		h.data(done)
		if !better {
			h.data(running, done)
		}
		h.quiet(50 * time.Millisecond)
		if got := c.Tally()[13]; got != want {
			t.Errorf("DropRepeats %v: tally is %+v, want %+v", better, got, want)
		}
	}
}

// After N vends every slot is paused, and a power cycle does not help.
func TestPause(t *testing.T) {
	c := start(t, nil)
	h := dial(t, c)
	inject(t, c, devicetest.Fault{Kind: devicetest.Pause, At: 1})
	h.say(check13)
	h.data(good13)
	h.say(drive13)
	h.data(running, done)
	c.Restart()
	h.data("FA FB 31 01 01 30")
	h.say(check13)
	h.data("FA FB 02 04 01 04 00 0D 0F")
	h.say(numbered(t, drive13, 2))
	h.data("FA FB 04 05 07 FF 00 0D 00 F5")
	if got, want := c.Tally()[13], (devicetest.Tally{Commands: 2, Turns: 1, Drops: 1}); got != want {
		t.Errorf("tally is %+v, want %+v", got, want)
	}
	c.Clear(devicetest.Pause)
	h.say(check13)
	h.data(good13)
	inject(t, c, devicetest.Fault{Kind: devicetest.CheckState, Code: 0x05})
	h.say(numbered(t, check13, 2))
	h.data("FA FB 02 04 01 05 00 0D 0E")
}

// A fault by chance strikes as often as it should, and no more when cleared.
func TestChance(t *testing.T) {
	c := start(t, nil)
	h := dial(t, c)
	inject(t, c, devicetest.Fault{Kind: devicetest.CheckState, Code: 0x77, Chance: 0.5})
	odd := 0
	for range 100 {
		h.say(check13)
		if b := unhex(t, h.next()); b[5] == 0x77 {
			odd++
		}
		h.send(ack)
	}
	if odd < 25 || odd > 75 {
		t.Errorf("a fault with chance 0.5 struck %d of 100 times", odd)
	}
	if n := c.Counters().Faults[devicetest.CheckState]; n != odd {
		t.Errorf("the books count %d strikes of %d", n, odd)
	}
	c.Clear()
	for range 10 {
		h.say(check13)
		h.data(good13)
	}
}

func TestInjectRefuses(t *testing.T) {
	c := start(t, func(o *devicetest.Options) { o.Link = "" })
	for want, f := range map[string]devicetest.Fault{
		`no fault is called "rust": use one of drop_host_ack, drop_board_ack, `: {Kind: "rust"},
		"fault noise: no number may be negative":                                {Kind: devicetest.Noise, Times: -1},
		"fault noise: chance is 2: write a probability from 0 to 1":             {Kind: devicetest.Noise, Chance: 2},
		`fault cut: dir is "": write "host" or "board"`:                         {Kind: devicetest.Cut},
		"fault stray_result: name the other slot in other":                      {Kind: devicetest.StrayResult},
		"fault delay_status: say how long in delay":                             {Kind: devicetest.DelayStatus},
		"this cabinet has no link: ":                                            {Kind: devicetest.Cut, Dir: devicetest.FromHost},
	} {
		if err := c.Inject(f); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", f, err, want)
		}
	}
}
