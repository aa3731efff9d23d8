package vmc_test

import (
	"testing"

	"kioskd/device/vmc"
)

// FuzzSaid: whatever a board says of the machine or of a slot, it is read
// within its length, and what is told can be shown to a person.
func FuzzSaid(f *testing.F) {
	f.Add(make([]byte, 39))
	f.Add(make([]byte, 40))
	f.Add(append(make([]byte, 40), 1, 2))
	f.Add([]byte("\x00\x0D\x00\x00\x01\x5E\x07\x0A\x00\x2A\x01"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, ok := vmc.DecodeMachine(text)
		if ok != (len(text) >= 39) {
			t.Errorf("%d bytes are read: %v", len(text), ok)
		}
		for _, r := range m.ID {
			if r < ' ' || r > '~' {
				t.Errorf("machine number %q", m.ID)
			}
		}
		if len(m.ID) > 10 {
			t.Errorf("machine number %q is longer than its field", m.ID)
		}
		slot, ok := vmc.DecodeReport(text)
		if ok != (len(text) >= 11) || ok && (slot < 0 || slot > 0xFFFF) {
			t.Errorf("slot %v of %d bytes: %v", slot, len(text), ok)
		}
	})
}
