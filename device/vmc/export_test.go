package vmc

import (
	"kioskd/device"
	"kioskd/sale"
)

// OpenOn makes a driver on a line of the test's own. It asks nothing unasked.
func OpenOn(w device.Wire, s Settings) *Dev { return open(w, "/dev/test", s, Options{}) }

// OpenKept makes one that does, as Open does.
func OpenKept(w device.Wire, s Settings) *Dev {
	d := OpenOn(w, s)
	d.life.Go(d.keep)
	return d
}

// Listed is the parser of the jam list.
func Listed(b []byte, slot sale.Slot) bool { return listed(b, slot) }

// Evidence decodes stored evidence and encodes it again.
func Evidence(b sale.Evidence) sale.Evidence { return device.EncodeEvidence(decodeEvidence(b)) }

// DecodeMachine reads the text of 52.
func DecodeMachine(t []byte) (Machine, bool) { return decodeMachine(t) }

// DecodeReport reads the text of 11 and returns its slot.
func DecodeReport(t []byte) (sale.Slot, bool) {
	slot, _, ok := decodeReport(t)
	return slot, ok
}
