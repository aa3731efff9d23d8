package modbus_test

import (
	"testing"
	"time"

	"kioskd/device/devicetest"
	"kioskd/device/modbus/modbustest"
	"kioskd/sale"
)

func TestConformance(t *testing.T) {
	for name, r := range map[string]rig{"waveshare, counter": counting(), "dam, no sensor": blind(), "r421, latch": latching()} {
		t.Run(name, func(t *testing.T) { devicetest.RunDriver(t, r.harness()) })
	}
}

// harness plays the bus in the suite's terms. What a drop sensor reports is
// its register, and what the board reports are the answers to questions; so
// reports that are lost or late are answers that do not come, or late.
func (r rig) harness() devicetest.Harness {
	senses := r.settings.DropSensor.Kind != "none"
	return devicetest.Harness{
		Proves: senses, Recovers: senses, Unread: 24,
		CommandBytes: r.command, AnswerBytes: 8 + 6,
		Open: func(t testing.TB) *devicetest.Bench {
			b, d := r.start(t)
			// The sensor must have seen a product before its silence is proof.
			proved(t, d, 11)
			return r.bench(t, b, d)
		},
	}
}

func (r rig) bench(t testing.TB, b *modbustest.Bus, d devicetest.Driver) *devicetest.Bench {
	pulses, turns, drops := b.Pulses(), b.Turns(), b.Drops()
	next := func(change func(*modbustest.Vend)) func() { return func() { b.Next(change) } }
	bench := &devicetest.Bench{
		Driver: d, Slot: 11, Other: 300, NoSlot: 99,
		Commands: func() int { return b.Pulses() - pulses },
		Turns:    func() int { return b.Turns() - turns },
		Drops:    func() int { return b.Drops() - drops },
		Idle:     b.Idle,
		Press:    func(s sale.Slot) { b.Press(int(s)) },
		Cancel:   func() { b.Press(0) },

		Jam:         next(func(v *modbustest.Vend) { v.Jam = true }),
		LoseCommand: next(func(v *modbustest.Vend) { v.LoseCommand = true }),
		LoseAck:     next(func(v *modbustest.Vend) { v.LoseAnswer = true }),
		LoseResult:  next(func(v *modbustest.Vend) { v.Mute = time.Second }),
		LoseReports: next(func(v *modbustest.Vend) { v.LoseAnswer, v.Mute = true, time.Second }),
		Delay:       func(d time.Duration) { b.Next(func(v *modbustest.Vend) { v.Delay = d }) },
		StrayResult: next(func(v *modbustest.Vend) { v.Stray = r.other }),
		WrongSlot:   next(func(v *modbustest.Vend) { v.Instead = r.other }),
		ExtraCode:   next(func(v *modbustest.Vend) { v.Stray = []byte{r.own[0], r.own[1] | 0x80, 0x77} }),
		OddResult:   next(func(v *modbustest.Vend) { v.Instead = []byte{r.own[0], r.own[1] | 0x80, 0x77} }),
		Restart: func(fallen bool) {
			b.Next(func(v *modbustest.Vend) {
				if v.Restart = 1; fallen {
					v.Restart = 2
				}
			})
		},

		RepeatFrames: b.Repeat,
		Noise:        b.Noise,
		Silence: func() func() {
			b.Silence(true)
			return func() { b.Silence(false) }
		},
		Unplug: b.Unplug,
		Plug: func() {
			if err := b.Plug(); err != nil {
				t.Error(err)
			}
		},
		Cut: func(fromBoard bool, n int) {
			b.Next(func(v *modbustest.Vend) {
				if v.CutHost = n; fromBoard {
					v.CutHost, v.CutBoard = -1, n
				}
			})
		},
	}
	bench.Reopen = func() devicetest.Driver {
		bench.Driver = r.open(t, b)
		return bench.Driver
	}
	return bench
}
