package modbus_test

import (
	"path/filepath"
	"testing"
	"time"

	"kioskd/device/devicetest"
	"kioskd/device/modbus"
	"kioskd/device/modbus/modbustest"
	"kioskd/sale"
)

// answerWithin is for a loaded test machine: a pause of half a second is no
// fault of a board there.
const answerWithin = 1500 * time.Millisecond

// rig is a simulated bus with the settings for a driver on it.
type rig struct {
	bus      modbustest.Options
	settings modbus.Settings
	// relays of slot 11 and slot 300, as the echo of their pulses names them
	own, other []byte
	command    int // length of a pulse command
}

func settings(change func(*modbus.Settings)) modbus.Settings {
	s := modbus.DefaultSettings()
	s.Baud = 115200 // a pty has no speed; this keeps t3.5 short
	s.DropSensor.Fall = 500 * time.Millisecond
	change(&s)
	return s
}

// counting is a Waveshare board with a key for each slot and a sensor that a
// module with counters watches.
func counting() rig {
	return rig{
		bus: modbustest.Options{
			Boards: []modbustest.BoardOptions{
				{Addr: 1, Kind: modbustest.Waveshare, Relays: 8, Inputs: 8, Linked: true},
				{Addr: 2, Kind: modbustest.Module, Inputs: 4},
			},
			Sensor: modbustest.Sensor{Addr: 2, Input: 1, Register: 40, Counts: true, Hold: 10 * time.Millisecond},
			Keys:   map[int][]int{11: {1}, 300: {2}, 0: {3}}, KeyBoard: 1,
		},
		settings: settings(func(s *modbus.Settings) {
			s.Boards = []modbus.Board{{Address: 1, Family: "waveshare", Relays: 8, Inputs: 8}, {Address: 2, Family: "inputs", Inputs: 4}}
			s.Slots = []modbus.Slot{
				{Slot: 11, Relay: "1/1", Pulse: 200 * time.Millisecond, Key: []string{"1/1"}},
				{Slot: 300, Relay: "1/8", Pulse: 200 * time.Millisecond, Key: []string{"1/2"}},
			}
			s.Cancel = []string{"1/3"}
			s.DropSensor.Kind, s.DropSensor.Input, s.DropSensor.Register = "counter", "2/1", "2/40"
		}),
		own: []byte{1, 5, 2, 0, 0, 2}, other: []byte{1, 5, 2, 7, 0, 2}, command: 8,
	}
}

// blind is a DAM board with a matrix and no sensor.
func blind() rig {
	return rig{
		bus: modbustest.Options{
			Boards: []modbustest.BoardOptions{{Addr: 254, Kind: modbustest.DAM, Relays: 4, Inputs: 8, FlashOn: 4}},
			Keys:   map[int][]int{11: {1, 5}, 300: {2, 5}, 0: {2, 6}}, KeyBoard: 254,
		},
		settings: settings(func(s *modbus.Settings) {
			s.Boards = []modbus.Board{{Address: 254, Family: "dam", Relays: 4, Inputs: 8, FlashMode: 4}}
			s.Slots = []modbus.Slot{
				{Slot: 11, Relay: "2", Pulse: 200 * time.Millisecond, Key: []string{"1", "5"}},
				{Slot: 300, Relay: "4", Pulse: 200 * time.Millisecond, Key: []string{"2", "5"}},
			}
			s.Cancel = []string{"2", "6"}
		}),
		own: []byte{254, 16, 0, 8, 0, 2}, other: []byte{254, 16, 0, 18, 0, 2}, command: 13,
	}
}

// latching is an R421A08 beside a module with the keys and a latch.
func latching() rig {
	return rig{
		bus: modbustest.Options{
			Boards: []modbustest.BoardOptions{{Addr: 7, Kind: modbustest.R421, Relays: 8}, {Addr: 9, Kind: modbustest.Module, Inputs: 8}},
			Sensor: modbustest.Sensor{Addr: 9, Input: 8, Register: 3, Latches: true, Hold: 10 * time.Millisecond},
			Keys:   map[int][]int{11: {1}, 300: {2}, 0: {3}}, KeyBoard: 9,
		},
		settings: settings(func(s *modbus.Settings) {
			s.Boards = []modbus.Board{{Address: 7, Family: "r421", Relays: 8}, {Address: 9, Family: "inputs", Inputs: 8}}
			s.Slots = []modbus.Slot{
				{Slot: 11, Relay: "7/1", Pulse: time.Second, Key: []string{"9/1"}},
				{Slot: 300, Relay: "7/2", Pulse: time.Second, Key: []string{"9/2"}},
			}
			s.Cancel = []string{"9/3"}
			s.DropSensor.Kind, s.DropSensor.Input, s.DropSensor.Register = "latch", "9/8", "9/3"
		}),
		own: []byte{7, 6, 0, 1, 6, 1}, other: []byte{7, 6, 0, 2, 6, 1}, command: 8,
	}
}

// start makes a bus with a driver on it.
func (r rig) start(t testing.TB) (*modbustest.Bus, *modbus.Dev) {
	t.Helper()
	r.bus.Link = filepath.Join(t.TempDir(), "controller")
	for _, problem := range problems(r.settings) {
		t.Fatal(problem)
	}
	b, err := modbustest.Start(r.bus)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	t.Cleanup(func() {
		for _, x := range b.Breaches() {
			t.Error(x)
		}
	})
	return b, r.open(t, b)
}

func (r rig) open(t testing.TB, b *modbustest.Bus) *modbus.Dev {
	d := modbus.Open(b.Path(), r.settings, modbus.Options{AnswerWithin: answerWithin})
	t.Cleanup(func() { d.Close() })
	return d
}

func problems(s modbus.Settings) (all []string) {
	s.Check("", func(field, what string) { all = append(all, field+": "+what) })
	return all
}

// eventually waits for what must come; nothing here asserts a speed.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what + ": not in time")
		}
	}
}

// proved makes one good vend, after which the sensor's silence is proof.
func proved(t testing.TB, d devicetest.Driver, slot sale.Slot) {
	t.Helper()
	eventually(t, "health", func() bool { return d.Health() == nil })
	c := checked(t, d, "WARM0001", slot)
	if v := d.Dispense(t.Context(), c); v.Outcome != sale.OutcomeDispensed {
		t.Fatalf("the first vend: %v (%s)", v.Outcome, v.Detail)
	}
}

// checked is a command for the slot with its evidence.
func checked(t testing.TB, d devicetest.Driver, number sale.Number, slot sale.Slot) sale.Command {
	t.Helper()
	var e sale.Evidence
	eventually(t, "Check", func() (ok bool) {
		var err error
		e, err = d.Check(t.Context(), slot)
		return err == nil
	})
	return sale.Command{Number: number, Token: 1, Slot: slot, Evidence: e}
}
