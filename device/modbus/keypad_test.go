package modbus_test

import (
	"testing"

	"kioskd/device/modbus"
	"kioskd/sale"
)

func TestKeypad(t *testing.T) {
	for name, looks := range map[string][]struct {
		on   []int
		want sale.BoardEvent
	}{
		"a press is two looks":      {{}, {}, {on: []int{1}}, {on: []int{1}, want: sale.Selected{Slot: 11}}, {on: []int{1}}, {on: []int{1}}},
		"one look is none":          {{}, {}, {on: []int{1}}, {}, {on: []int{1}}, {}, {}},
		"it bounces":                {{}, {}, {on: []int{1}}, {}, {on: []int{1}}, {on: []int{1}, want: sale.Selected{Slot: 11}}, {}, {on: []int{1}}, {on: []int{1}}},
		"released between":          {{}, {}, {on: []int{1}}, {on: []int{1}, want: sale.Selected{Slot: 11}}, {}, {}, {on: []int{1}}, {on: []int{1}, want: sale.Selected{Slot: 11}}},
		"held at the start":         {{on: []int{1}}, {on: []int{1}}, {on: []int{1}}, {}, {}, {on: []int{1}}, {on: []int{1}, want: sale.Selected{Slot: 11}}},
		"two at once":               {{}, {}, {on: []int{1, 2}}, {on: []int{1, 2}}, {on: []int{2}}, {on: []int{2}}, {}, {}},
		"a second one while held":   {{}, {}, {on: []int{1}}, {on: []int{1}, want: sale.Selected{Slot: 11}}, {on: []int{2}}, {on: []int{2}}},
		"row before column":         {{}, {}, {on: []int{5}}, {on: []int{5}}, {on: []int{5, 6}}, {on: []int{5, 6}, want: sale.CancelPressed{}}},
		"inputs that are no keys":   {{on: []int{8}}, {on: []int{8}}, {on: []int{1, 8}}, {on: []int{1, 8}, want: sale.Selected{Slot: 11}}},
		"two columns at once":       {{}, {}, {on: []int{5, 6, 7}}, {on: []int{5, 6, 7}}, {on: []int{5, 6}}, {on: []int{5, 6}}},
		"row and another key's bit": {{}, {}, {on: []int{1, 5}}, {on: []int{1, 5}}, {on: []int{1}}, {on: []int{1}}},
	} {
		look := modbus.Keypad(settings(func(s *modbus.Settings) {
			s.Boards = []modbus.Board{{Address: 1, Family: "waveshare", Relays: 8, Inputs: 8}}
			s.Slots = []modbus.Slot{{Slot: 11, Relay: "1", Key: []string{"1"}}, {Slot: 12, Relay: "2", Key: []string{"2"}}, {Slot: 13, Relay: "3", Key: []string{"5", "7"}}}
			s.Cancel = []string{"5", "6"}
		}))
		for i, l := range looks {
			if got := look(l.on...); got != l.want {
				t.Errorf("%s: look %d at %v: %#v, want %#v", name, i, l.on, got, l.want)
			}
		}
	}
}
