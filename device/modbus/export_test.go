package modbus

import (
	"kioskd/device"
	"time"

	"kioskd/sale"
)

// Pulse is the pulse command of a family.
func Pulse(name string, addr byte, relay int, d time.Duration, mode int) Request {
	return families[name].pulse(addr, relay, d, mode)
}

// Keypad is the keypad of the settings; it takes the numbers of the inputs
// that are on, all of the first board.
func Keypad(s Settings) func(on ...int) sale.BoardEvent {
	k := keypad{keys: s.plan(func(string, string) {}).keys, held: true}
	return func(on ...int) sale.BoardEvent {
		var set uint64
		for _, n := range on {
			set |= mask(point{0, n})
		}
		return k.look(set)
	}
}

// OpenOn makes a driver on a line of the test's own.
func OpenOn(w device.Wire, s Settings) *Dev { return open(w, "/dev/test", s, Options{}) }
