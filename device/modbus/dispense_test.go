package modbus_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"kioskd/device/modbus"
	"kioskd/device/modbus/modbustest"
	"kioskd/sale"
)

// verdict is one dispense of slot 11 after a good one, with what goes wrong.
func verdict(t *testing.T, r rig, wrong func(*modbustest.Vend)) (*modbustest.Bus, sale.Verdict) {
	t.Helper()
	b, d := r.start(t)
	proved(t, d, 11)
	c := checked(t, d, "TEST0001", 11)
	pulses := b.Pulses()
	b.Next(wrong)
	v := d.Dispense(t.Context(), c)
	if n := b.Pulses() - pulses; n > 1 {
		t.Errorf("%d pulses on the wire", n)
	}
	return b, v
}

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		name    string
		rig     rig
		wrong   func(*modbustest.Vend)
		outcome sale.Outcome
		detail  string
	}{
		{"good", counting(), func(*modbustest.Vend) {}, sale.OutcomeDispensed, "the drop sensor saw one product"},
		{"two", counting(), func(v *modbustest.Vend) { v.Twice = true }, sale.OutcomeDispensed, "the drop sensor saw 2 products"},
		{"late fall", counting(), func(v *modbustest.Vend) { v.FallLate = 100 * time.Millisecond }, sale.OutcomeDispensed, "the drop sensor saw one product"},
		{"jam", counting(), func(v *modbustest.Vend) { v.Jam = true }, sale.OutcomeNotDispensed, "the relay was on as it should, and the drop sensor saw nothing"},
		{"lost answer", counting(), func(v *modbustest.Vend) { v.LoseAnswer = true }, sale.OutcomeDispensed, "the drop sensor saw one product; the answer to the pulse was lost"},
		{"lost pulse", counting(), func(v *modbustest.Vend) { v.LoseCommand = true }, sale.OutcomeUnknown, "the drop sensor saw nothing, which proves nothing: no answer to the pulse: no answer; the answer to the pulse was lost, and the relay was not seen on"},
		{"odd code", counting(), func(v *modbustest.Vend) { v.Jam, v.Instead = true, []byte{1, 0x85, 0x77} }, sale.OutcomeUnknown, "the drop sensor saw nothing, which proves nothing: no answer to the pulse: no answer"},
		{"listed code that proves nothing", counting(), func(v *modbustest.Vend) { v.Jam, v.Instead = true, []byte{1, 0x85, 0x04} }, sale.OutcomeUnknown, "the drop sensor saw nothing, which proves nothing: the board answered the pulse with exception 04 to function 05: device failure"},
		{"a refusal that is a lie", counting(), func(v *modbustest.Vend) { v.Instead = []byte{1, 0x85, 0x02} }, sale.OutcomeDispensed, "the drop sensor saw one product"},
		{"stays on", counting(), func(v *modbustest.Vend) { v.Jam, v.Stick = true, true }, sale.OutcomeUnknown, "the drop sensor saw nothing, which proves nothing: the relay stayed on after its pulse; the relay stayed on after its pulse"},
		{"blind", blind(), func(*modbustest.Vend) {}, sale.OutcomeDispensed, "the relay was on for 200ms; no drop sensor watches"},
		{"blind, lost answer", blind(), func(v *modbustest.Vend) { v.LoseAnswer = true }, sale.OutcomeUnknown, "no answer to the pulse: no answer"},
		{"blind, stays on", blind(), func(v *modbustest.Vend) { v.Stick = true }, sale.OutcomeUnknown, "the relay stayed on after its pulse"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, v := verdict(t, c.rig, c.wrong)
			if v.Outcome != c.outcome || !strings.HasPrefix(v.Detail, c.detail) {
				t.Errorf("%v (%s), want %v (%s)", v.Outcome, v.Detail, c.outcome, c.detail)
			}
			eventually(t, "the relays are off", b.Idle)
		})
	}
}

// A sensor that has seen nothing yet proves nothing by seeing nothing.
func TestFirstJam(t *testing.T) {
	b, d := counting().start(t)
	c := checked(t, d, "TEST0001", 11)
	b.Next(func(v *modbustest.Vend) { v.Jam = true })
	v := d.Dispense(t.Context(), c)
	if want := "the drop sensor saw nothing, which proves nothing: the drop sensor has not proved itself by a good vend since the start, or within a day"; v.Outcome != sale.OutcomeUnknown || v.Detail != want {
		t.Errorf("%v (%s), want unknown (%s)", v.Outcome, v.Detail, want)
	}
}

// Between Check and the pulse nothing may have passed the sensor.
func TestHandAfterCheck(t *testing.T) {
	b, d := counting().start(t)
	proved(t, d, 11)
	c := checked(t, d, "TEST0001", 11)
	pulses := b.Pulses()
	b.Hand()
	time.Sleep(50 * time.Millisecond) // longer than the beam is dark
	v := d.Dispense(t.Context(), c)
	if v.Outcome != sale.OutcomeNotDispensed || !strings.HasPrefix(v.Detail, "no byte of the command left: the drop sensor's register changed after the slot was checked") {
		t.Errorf("%v (%s)", v.Outcome, v.Detail)
	}
	if b.Pulses() != pulses {
		t.Error("a pulse was written")
	}
}

// A pulse whose order was given up is watched to its end all the same.
func TestAbandonedPulse(t *testing.T) {
	b, d := blind().start(t)
	eventually(t, "health", func() bool { return d.Health() == nil })
	c := checked(t, d, "TEST0001", 11)
	b.Next(func(v *modbustest.Vend) { v.Stick = true })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got := make(chan sale.Verdict)
	go func() { got <- d.Dispense(ctx, c) }()
	eventually(t, "the motor turns", func() bool { return b.Turns() == 1 })
	cancel()
	if v := <-got; v.Outcome != sale.OutcomeUnknown {
		t.Errorf("%v (%s)", v.Outcome, v.Detail)
	}
	eventually(t, "the relay is off", b.Idle)
}

// A welded relay is a relay that nothing switches off: the driver sells no more.
func TestWelded(t *testing.T) {
	b, d := counting().start(t)
	proved(t, d, 11)
	c := checked(t, d, "TEST0001", 11)
	b.Next(func(v *modbustest.Vend) { v.Weld, v.Jam = true, true })
	if v := d.Dispense(t.Context(), c); v.Outcome != sale.OutcomeUnknown {
		t.Errorf("%v (%s)", v.Outcome, v.Detail)
	}
	want := "E-BOARD-01: relay 1 of the board with address 1 is on and does not switch off (cut the power of the motors, then look for what holds the relay)"
	eventually(t, "Health says so", func() bool { err := d.Health(); return err != nil && err.Error() == want })
	if _, err := d.Check(t.Context(), 300); err == nil || err.Error() != want {
		t.Errorf("Check: %v", err)
	}
	b.Restart()
	eventually(t, "health after the power was cut", func() bool { return d.Health() == nil })
}

func TestDoorAndBeam(t *testing.T) {
	r := counting()
	r.settings.Door.Input = "1/8"
	b, d := r.start(t)
	proved(t, d, 11)
	is := func(want bool) {
		t.Helper()
		eventually(t, "word of the door", func() bool { open, told := d.DoorOpen(); return told && open == want })
	}
	is(false)
	b.Hold(1, 8, true)
	is(true)
	b.Hold(1, 8, false)
	is(false)
	for _, c := range []struct {
		addr  byte
		input int
		want  string
	}{
		{1, 8, "E-BOARD-01: the door is open (close it; if it is closed, check its switch and door.open in the configuration)"},
		{2, 1, "E-BOARD-01: something is in the beam of the drop sensor (clear the drop zone; if it is clear, check the sensor and drop_sensor.blocked in the configuration)"},
	} {
		order := checked(t, d, "TEST0001", 11)
		b.Hold(c.addr, c.input, true)
		if _, err := d.Check(t.Context(), 11); err == nil || err.Error() != c.want {
			t.Errorf("Check: %v, want %s", err, c.want)
		}
		pulses := b.Pulses()
		if v := d.Dispense(t.Context(), order); v.Outcome != sale.OutcomeNotDispensed || v.Detail != "no byte of the command left: "+c.want {
			t.Errorf("%v (%s)", v.Outcome, v.Detail)
		}
		if b.Pulses() != pulses {
			t.Error("a pulse was written")
		}
		b.Hold(c.addr, c.input, false)
	}
}

// After each opening, and after a board was away, the first frames switch
// relays off; at Close the last ones do.
func TestAllOffFirstAndLast(t *testing.T) {
	for name, r := range map[string]rig{"waveshare": counting(), "dam": blind(), "r421": latching()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			off := map[string]string{
				"waveshare": "01 05 00 FF 00 00", "dam": "FE 0F 00 00 00 04 01 00", "r421": "07 06 00 01 02 00",
			}[name]
			b, d := r.start(t)
			eventually(t, "health", func() bool { return d.Health() == nil })
			b.Unplug()
			eventually(t, "no health", func() bool { return d.Health() != nil })
			if err := b.Plug(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "health", func() bool { return d.Health() == nil })
			d.Close()
			eventually(t, "the last frame is an off", func() bool { f := b.Frames(); return isOff(name, f[len(f)-1].Bytes) })
			session := 0
			for _, f := range b.Frames() {
				if f.Session != session && string(f.Bytes[:len(f.Bytes)-2]) != string(unhex(off)) {
					t.Errorf("session %d begins with % X, want %s", f.Session, f.Bytes, off)
				}
				session = f.Session
			}
			if session != 2 {
				t.Errorf("%d sessions", session)
			}
		})
	}
}

func isOff(family string, f []byte) bool {
	switch family {
	case "waveshare":
		return f[1] == 5 && f[3] == 0xFF && f[4] == 0
	case "dam":
		return f[1] == 15 && f[7] == 0
	}
	return f[1] == 6 && f[3] == 8 && f[4] == 2
}

// An input that switches a relay by itself gives products away.
func TestLinkageIsTaken(t *testing.T) {
	b, d := counting().start(t)
	eventually(t, "health", func() bool { return d.Health() == nil })
	want := string(unhex("01 06 10 00 00 00"))
	for _, f := range b.Frames() {
		if strings.HasPrefix(string(f.Bytes), want) {
			return
		}
	}
	t.Error("the linkage of input 1 was not switched off")
}

// The level of a stretched sensor is enough where it is looked at often.
func TestLevel(t *testing.T) {
	r := counting()
	r.settings.DropSensor = modbus.DropSensor{Kind: "level", Input: "2/1", Blocked: "on", Hold: 5 * time.Second, Fall: 500 * time.Millisecond}
	r.bus.Sensor.Hold = time.Second
	_, v := verdict(t, r, func(*modbustest.Vend) {})
	if v.Outcome != sale.OutcomeDispensed {
		t.Errorf("%v (%s)", v.Outcome, v.Detail)
	}
	_, v = verdict(t, r, func(v *modbustest.Vend) { v.Jam = true })
	if v.Outcome != sale.OutcomeNotDispensed {
		t.Errorf("jam: %v (%s)", v.Outcome, v.Detail)
	}
}

func TestRecover(t *testing.T) {
	b, d := counting().start(t)
	proved(t, d, 11)
	c := checked(t, d, "TEST0001", 11)
	ask := func(d *modbus.Dev, want sale.Outcome, detail string) {
		t.Helper()
		v, err := d.Recover(t.Context(), c)
		if err != nil || v.Outcome != want || v.Detail != detail {
			t.Errorf("%v (%s), %v; want %v (%s)", v.Outcome, v.Detail, err, want, detail)
		}
	}
	ask(d, sale.OutcomeNotDispensed, "no pulse was written since the slot was checked")
	d.Dispense(t.Context(), c)
	ask(d, sale.OutcomeDispensed, "the drop sensor saw one product")
	d.Close()
	next := counting().open(t, b)
	eventually(t, "health", func() bool { return next.Health() == nil })
	ask(next, sale.OutcomeDispensed, "the drop sensor's register stood at 1 and stands at 2")
	next.Dispense(t.Context(), checked(t, next, "TEST0002", 11))
	ask(next, sale.OutcomeUnknown, "the boards cannot say: another slot was driven since")
	c.Evidence = nil
	ask(next, sale.OutcomeUnknown, "the boards cannot say: no register of a drop sensor to compare with")
}

func TestNoSlot(t *testing.T) {
	_, d := blind().start(t)
	if _, err := d.Check(t.Context(), 99); !errors.Is(err, sale.ErrNoSlot) || err.Error() != "check slot 99: no such slot: no relay is configured for it" {
		t.Errorf("%v", err)
	}
	if v := d.Dispense(t.Context(), sale.Command{Slot: 99}); v.Outcome != sale.OutcomeNotDispensed || v.Detail != "no byte of the command left: no relay is configured for slot 99" {
		t.Errorf("%v (%s)", v.Outcome, v.Detail)
	}
}
