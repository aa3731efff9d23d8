package modbus

import (
	"encoding/binary"
	"time"
)

// family is what differs between the makers' boards. Numbers of relays count
// from 1. No family has a command that toggles or that switches on without the
// board's own timer: there is nothing here to send one with.
type family struct {
	// unit is the step of the board's timer. A pulse may be shorter by it.
	unit time.Duration
	// pulse switches relay n on for d. mode is the board's flash_mode.
	pulse func(addr byte, n int, d time.Duration, mode int) Request
	// off switches all n relays off. The requests may be repeated.
	off func(addr byte, n int) []Request
	// state asks for relay n, and isOn reads the answer.
	state func(addr byte, n int) Request
	isOn  func(data []byte) bool
	// most is how many relays such a board has at most.
	most int
}

// The names of the families in the settings.
const (
	waveshare = "waveshare"
	dam       = "dam"
	r421      = "r421"
	inputs    = "inputs" // no relays: a module with inputs only
)

// families is the table of section 6.2 of the reference: the wiki of the maker
// for Waveshare, LC-1 and LC-2 for DAM, R421A08.py for R421A08 and R421B16.
var families = map[string]family{
	waveshare: {
		unit: 100 * time.Millisecond,
		pulse: func(addr byte, n int, d time.Duration, _ int) Request {
			return WriteCoil(addr, 0x0200+uint16(n-1), tenths(d))
		},
		off: func(addr byte, _ int) []Request {
			return []Request{WriteCoil(addr, 0x00FF, 0)}
		},
		state: coil, isOn: coilOn, most: 32,
	},
	dam: {
		unit: 100 * time.Millisecond,
		pulse: func(addr byte, n int, d time.Duration, mode int) Request {
			return WriteRegisters(addr, uint16(3+5*(n-1)), uint16(mode), tenths(d))
		},
		off: func(addr byte, n int) []Request {
			return []Request{ClearCoils(addr, n)}
		},
		state: coil, isOn: coilOn, most: 32,
	},
	r421: {
		unit: time.Second,
		pulse: func(addr byte, n int, d time.Duration, _ int) Request {
			return WriteRegister(addr, uint16(n), 0x0600|uint16(d/time.Second))
		},
		off: func(addr byte, n int) (all []Request) {
			for i := range n {
				all = append(all, WriteRegister(addr, uint16(i+1), 0x0200))
			}
			return all
		},
		state: func(addr byte, n int) Request { return ReadRegisters(addr, uint16(n), 1) },
		// 0001 is on. A value that is not documented is not off either.
		isOn: func(data []byte) bool { return binary.BigEndian.Uint16(data) != 0 },
		most: 16,
	},
}

// Waveshare boards with inputs keep in registers 1000 to 1007 (hexadecimal)
// what an input does to its relay by itself. 0 is nothing.
const linkage = 0x1000

func tenths(d time.Duration) uint16 { return uint16(d / (100 * time.Millisecond)) }

func coil(addr byte, n int) Request { return ReadCoils(addr, uint16(n-1), 1) }

func coilOn(data []byte) bool { return data[0]&1 == 1 }
