package wvl

import (
	"fmt"
	"strings"

	"kioskd/device"
	"kioskd/sale"
)

// OpenOn makes a driver on a line of the test's own.
func OpenOn(w device.Wire, s Settings) *Dev { return open(w, "/dev/test", s, Options{}) }

// CRC16 is the CRC of a VEND.
func CRC16(s string) uint16 { return crc16(s) }

// Vend is the text of a VEND.
func Vend(token uint32, slot sale.Slot, drop bool, log, at uint32) string {
	return strings.Join(command{token, slot, drop, log, at}.words(), " ")
}

// Record is a record in words, "" for none.
func Record(words []string) string {
	r, ok := decodeRecord(words)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%d %s %d slot %d record %d of %d in %08X, which has %d", r.token, r.state, r.ms, r.slot, r.index, r.n, r.log, r.has)
}

// DecodeAll lets every decoder have a try.
func DecodeAll(words []string) {
	decodeHello(words)
	decodeRecord(words)
	decodeRefusal(words)
	decodeSlot(words)
}

// Evidence is what Check would have noted.
func Evidence(log, n uint32) sale.Evidence {
	return device.EncodeEvidence(evidence{Version: evidenceVersion, Log: log, N: n})
}

// Recovered is the verdict of Recover on the words after an OK.
func Recovered(c sale.Command, words []string, sensor bool) sale.Verdict {
	r, ok := decodeRecord(words)
	if !ok {
		panic("no record")
	}
	return recovered(c, r, sensor)
}
