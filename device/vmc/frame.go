package vmc

import "kioskd/sale"

// Commands of the document that the driver knows.
const (
	cmdCheck    = 0x01 // host: can the selection vend?
	cmdState    = 0x02 // VMC: answer to 01
	cmdStatus   = 0x04 // VMC: what a vend is doing
	cmdKey      = 0x05 // VMC: a customer chose a selection, 0 for cancel
	cmdDrive    = 0x06 // host: drive a selection
	cmdSlot     = 0x11 // VMC: price, stock and pause of a selection
	cmdInterval = 0x16 // host: interval of the POLLs
	cmdSync     = 0x31 // both: I have started
	cmdPoll     = 0x41 // VMC
	cmdAck      = 0x42 // both
	cmdFull     = 0x17 // VMC: somebody pressed "fully loaded"
	cmdMachine  = 0x51 // host: how is the machine?
	cmdMachined = 0x52 // VMC: answer to 51
	cmdLift     = 0x53 // host: how is the lift?
	cmdLifted   = 0x54 // VMC: answer to 53
	cmdMenu     = 0x70 // host: service menu
	cmdMenuData = 0x71 // VMC: answer to 70
)

// Items of the service menu.
const (
	menuDigits = 0x10 // decimal digits of amounts
	menuJams   = 0x32
	menuSlot   = 0x42
	menuSold   = 0x47
	menuRead   = 0x00
)

// Frame is one message of either side. On the wire it is FA FB, the command,
// the length of the body, the body, and the XOR of all bytes before.
type Frame struct {
	Cmd  byte
	Body []byte // PackNO and text, at most 255 bytes; POLL and ACK have none
}

var ack = Frame{Cmd: cmdAck}.Append(nil)

// data makes a frame with a PackNO.
func data(cmd, pack byte, text ...byte) Frame {
	return Frame{Cmd: cmd, Body: append([]byte{pack}, text...)}
}

// Append encodes the frame behind b.
func (f Frame) Append(b []byte) []byte {
	start := len(b)
	b = append(b, 0xFA, 0xFB, f.Cmd, byte(len(f.Body)))
	b = append(b, f.Body...)
	return append(b, xor(b[start:]))
}

// Pack is the PackNO, 0 for a frame without one.
func (f Frame) Pack() byte {
	if len(f.Body) == 0 {
		return 0
	}
	return f.Body[0]
}

// Text is what follows the PackNO.
func (f Frame) Text() []byte {
	if len(f.Body) == 0 {
		return nil
	}
	return f.Body[1:]
}

func xor(b []byte) (x byte) {
	for _, c := range b {
		x ^= c
	}
	return x
}

// nextPack counts PackNOs: 1 to 255, never 0.
func nextPack(n byte) byte { return n%255 + 1 }

// Selections are two bytes, the high one first. From 1000 on the document
// gives them other meanings (a whole tray), so the driver never sends those.
const maxSlot = 999

func slotBytes(s sale.Slot) (hi, lo byte) { return byte(s >> 8), byte(s) }

func slotOf(b []byte) sale.Slot { return sale.Slot(b[0])<<8 | sale.Slot(b[1]) }
