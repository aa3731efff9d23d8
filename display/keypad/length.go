package keypad

import (
	"kioskd/sale"
	"kioskd/sale/service"
)

// inService is the length of a slot or a count that a technician types. Enter or
// a pause ends a shorter one.
const inService = 4

// Length is how long a number can be that is typed while the scene shows; slots
// is the length of the longest number that customers use. Where service mode
// asks for the PIN each digit counts at once.
func Length(sc sale.Scene, slots int) int {
	if sc.Desk == nil {
		return slots
	}
	switch sc.Desk.Page {
	case service.PIN:
		return 1
	case service.RefillSlot, service.TestSlot, service.LockSlot, service.Count:
		return inService
	}
	n := 1
	for _, k := range sc.Desk.Keys {
		n = max(n, len(k.String()))
	}
	return n
}
