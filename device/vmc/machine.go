package vmc

import "strings"

// Machine is what the VMC says of the whole machine (52). A nil field means
// that it did not say, or that its sensor has no value yet. What one host has
// found out and the document does not say is marked "field".
type Machine struct {
	ID          string `json:"id,omitempty"`
	Temperature *int   `json:"temperature,omitempty"` // of the cabinet, degrees Celsius
	DoorOpen    *bool  `json:"door_open,omitempty"`   // field: 00 is closed
	// Of newer firmware, field:
	ProductInLift  *bool `json:"product_in_lift,omitempty"`
	PickupDoorOpen *bool `json:"pickup_door_open,omitempty"`
}

// Lengths of the text of 52: with and without the byte for the temperature,
// which one copy of the document leaves out, and with the two bytes of newer
// firmware.
const (
	machineLeast = 39
	machineFull  = 40
	machineNew   = 2
	notRead      = 0xAA
)

// decodeMachine reads the text of 52: four bytes about devices that take money,
// the temperature, the door, the change in notes and in coins (four bytes
// each), the machine's number (ten characters), eight temperatures, eight
// humidities.
func decodeMachine(t []byte) (m Machine, ok bool) {
	if len(t) < machineLeast {
		return m, false
	}
	rest := t[4:]
	if len(t) != machineLeast && len(t) != machineLeast+machineNew {
		m.Temperature = degrees(rest[0])
		rest = rest[1:]
	}
	m.DoorOpen = flag(rest[0])
	rest = rest[1+4+4:]
	m.ID = printable(rest[:10])
	rest = rest[10:]
	if inside := degrees(rest[0]); inside != nil {
		m.Temperature = inside
	}
	if rest = rest[8+8:]; len(rest) >= machineNew {
		m.ProductInLift, m.PickupDoorOpen = flag(rest[0]), flag(rest[1])
	}
	return m, true
}

func degrees(b byte) *int {
	if b == notRead {
		return nil
	}
	n := int(int8(b))
	return &n
}

// flag reads a byte that is 0 or 1. Another value says nothing.
func flag(b byte) *bool {
	if b > 1 {
		return nil
	}
	on := b == 1
	return &on
}

func printable(b []byte) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, string(b)))
}
