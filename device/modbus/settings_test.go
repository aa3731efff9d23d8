package modbus_test

import (
	"slices"
	"testing"
	"time"

	"kioskd/device/modbus"
)

// good are two boards with everything on them.
func good() modbus.Settings {
	return settings(func(s *modbus.Settings) {
		s.Boards = []modbus.Board{{Address: 1, Family: "waveshare", Relays: 8, Inputs: 8}, {Address: 2, Family: "dam", Relays: 4, Inputs: 4, FlashMode: 4}}
		s.Slots = []modbus.Slot{
			{Slot: 11, Relay: "1/1", Pulse: 700 * time.Millisecond, Key: []string{"1/1", "1/5"}},
			{Slot: 12, Relay: "2/4", Pulse: time.Minute, Key: []string{"1/1", "1/6"}},
		}
		s.Cancel = []string{"1/2", "1/5"}
		s.DropSensor = modbus.DropSensor{Kind: "counter", Input: "2/1", Blocked: "on", Register: "2/65535", Fall: time.Second}
		s.Door = modbus.Door{Input: "2/2", Open: "off"}
	})
}

func TestSettings(t *testing.T) {
	if all := problems(good()); len(all) > 0 {
		t.Error(all)
	}
	one := func(family string, change func(*modbus.Settings)) func(*modbus.Settings) {
		return func(s *modbus.Settings) {
			*s = settings(func(s *modbus.Settings) {
				s.Boards = []modbus.Board{{Address: 1, Family: family, Relays: 8}}
				s.Slots = []modbus.Slot{{Slot: 11, Relay: "1", Pulse: time.Second}}
			})
			change(s)
		}
	}
	for _, c := range []struct {
		change func(*modbus.Settings)
		want   string
	}{
		{func(s *modbus.Settings) { s.Baud = 9601 }, "baud: 9601 is no speed of these boards: write 9600, or another from 1200 to 256000 that the board is set to"},
		{func(s *modbus.Settings) { s.Boards = nil }, "boards: 0 boards are not possible: write 1 or 2"},
		{func(s *modbus.Settings) { s.Boards = append(s.Boards, s.Boards[0]) }, "boards: 3 boards are not possible: write 1 or 2"},
		{func(s *modbus.Settings) { s.Boards[0].Family = "lcus" }, "boards[0].family: not a family of boards: write waveshare, dam, r421 or inputs"},
		{func(s *modbus.Settings) { s.Boards[0].Address = 0 }, "boards[0].address: 0 is out of range: write 1 to 247, or 254 for a dam board that is alone on its bus"},
		{func(s *modbus.Settings) { s.Boards[1].Address = 254 }, "boards[1].address: 254 is out of range: write 1 to 247, or 254 for a dam board that is alone on its bus"},
		{func(s *modbus.Settings) { s.Boards[1].Address = 1 }, "boards[1].address: boards[0] has address 1, too: give each board its own"},
		{func(s *modbus.Settings) { s.Boards[0].Relays = 33 }, "boards[0].relays: 33 is out of range: write 1 to 32, as many as the board has"},
		{one("r421", func(s *modbus.Settings) { s.Boards[0].Relays = 17 }), "boards[0].relays: 17 is out of range: write 1 to 16, as many as the board has"},
		{one("inputs", func(*modbus.Settings) {}), "boards[0].relays: a board of the family inputs has none: write 0, or its family"},
		{func(s *modbus.Settings) { s.Boards[0].Inputs = 33 }, "boards[0].inputs: 33 is out of range: write 0 to 32, as many as the board has"},
		{func(s *modbus.Settings) { s.Boards[1].FlashMode = 0 }, "boards[1].flash_mode: write 2 or 4: unplug the motors and try which of them switches a relay on and, after the time, off again"},
		{func(s *modbus.Settings) { s.Boards[0].FlashMode = 4 }, "boards[0].flash_mode: only boards of the family dam have one: take it out"},
		{func(s *modbus.Settings) { s.Slots = nil }, "slots: missing: write at least one"},
		{func(s *modbus.Settings) { s.Slots[0].Slot = 10000 }, "slots[0].slot: 10000 is out of range: write 1 to 9999"},
		{func(s *modbus.Settings) { s.Slots[1].Slot = 11 }, "slots[1].slot: 11 has a relay already: keep one of them"},
		{func(s *modbus.Settings) { s.Slots[0].Relay = "1" }, "slots[0].relay: not a relay: write its number behind the address of its board, like 2/3"},
		{func(s *modbus.Settings) { s.Slots[0].Relay = "3/1" }, "slots[0].relay: not a relay: write its number behind the address of its board, like 2/3"},
		{func(s *modbus.Settings) { s.Slots[0].Relay = "" }, "slots[0].relay: not a relay: write its number behind the address of its board, like 2/3"},
		{one("waveshare", func(s *modbus.Settings) { s.Slots[0].Relay = "K1" }), "slots[0].relay: not a relay: write its number, like 3"},
		{func(s *modbus.Settings) { s.Slots[0].Relay = "1/9" }, "slots[0].relay: 9 is out of range: write 1 to 8"},
		{func(s *modbus.Settings) { s.Slots[1].Relay = "1/1" }, "slots[1].relay: relay 1 of the board with address 1 is in use already, by slots[0].relay"},
		{func(s *modbus.Settings) { s.Slots[0].Pulse = 0 }, "slots[0].pulse: 0s is out of range: write 100ms to 1m0s in steps of 100ms"},
		{func(s *modbus.Settings) { s.Slots[0].Pulse = 750 * time.Millisecond }, "slots[0].pulse: 750ms is out of range: write 100ms to 1m0s in steps of 100ms"},
		{func(s *modbus.Settings) { s.Slots[1].Pulse = 61 * time.Second }, "slots[1].pulse: 1m1s is out of range: write 100ms to 1m0s in steps of 100ms"},
		{one("r421", func(s *modbus.Settings) { s.Slots[0].Pulse = 1500 * time.Millisecond }), "slots[0].pulse: 1.5s is out of range: write 1s to 1m0s in steps of 1s"},
		{func(s *modbus.Settings) { s.Slots[0].Key = []string{"1/9"} }, "slots[0].key[0]: 9 is out of range: write 1 to 8"},
		{one("r421", func(s *modbus.Settings) { s.Slots[0].Key = []string{"1"} }), "slots[0].key[0]: the board with address 1 has no inputs"},
		{func(s *modbus.Settings) { s.Slots[0].Key = []string{"1/1", "1/1"} }, "slots[0].key: names the same input twice"},
		{func(s *modbus.Settings) { s.Slots[0].Key = []string{"1/1", "1/2", "1/3"} }, "slots[0].key: 3 inputs are too many: write one, or row and column"},
		{func(s *modbus.Settings) { s.Slots[1].Key = s.Slots[0].Key }, "slots[1].key: cannot be told apart from the key of slot 11: no key may have all inputs of another"},
		{func(s *modbus.Settings) { s.Cancel = []string{"1/5"} }, "cancel: cannot be told apart from the key of slot 11: no key may have all inputs of another"},
		{func(s *modbus.Settings) { s.DropSensor.Kind = "laser" }, "drop_sensor.kind: not a kind of drop sensor: write none, level, latch or counter"},
		{func(s *modbus.Settings) { s.DropSensor.Input = "1/1" }, "drop_sensor.input: the input is in use already, by the key of slot 11"},
		{func(s *modbus.Settings) { s.DropSensor.Input = "" }, "drop_sensor.input: not an input: write its number behind the address of its board, like 2/3"},
		{func(s *modbus.Settings) { s.DropSensor.Blocked = "yes" }, "drop_sensor.blocked: not a level of an input: write on or off"},
		{func(s *modbus.Settings) { s.DropSensor.Kind = "level" }, "drop_sensor.hold: 0s is out of range: write 200ms to 5s, as the sensor is set; a shorter signal would be missed"},
		{func(s *modbus.Settings) { s.DropSensor.Fall = time.Minute }, "drop_sensor.fall: 1m0s is out of range: write 200ms to 10s"},
		{func(s *modbus.Settings) { s.DropSensor.Register = "2/65536" }, "drop_sensor.register: not a register: write its number behind the address of its board, like 2/3"},
		{func(s *modbus.Settings) { s.DropSensor.Kind, s.DropSensor.Register = "latch", "2/3" }, "drop_sensor.register: a latch is cleared by a write, and the board with address 2 may drive a relay with that register: write one from 4096 on, or one of a board of the family inputs"},
		{func(s *modbus.Settings) { s.Door.Input = "2/1" }, "door.input: input 1 of the board with address 2 is in use already, by drop_sensor.input"},
		{func(s *modbus.Settings) { s.Door.Open = "" }, "door.open: not a level of an input: write on or off"},
	} {
		s := good()
		c.change(&s)
		got := problems(s)
		if !slices.Contains(got, c.want) {
			t.Errorf("problems %q,\nwant %q", got, c.want)
		}
	}
}
