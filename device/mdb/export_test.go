package mdb

import (
	"fmt"
	"strings"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// OpenOn makes a driver on a line of the test's own.
func OpenOn(w device.Wire, s Settings, o Options) *Dev { return open(w, "/dev/test", s, o) }

// OpenFast makes a driver that waits less long for what may never come.
func OpenFast(path string, s Settings, o Options) *Dev {
	d := newDev(dial(path, s, o), path, s, o)
	d.patience = patience{first: 50 * time.Millisecond, mine: 400 * time.Millisecond, pause: 60 * time.Millisecond, watch: 500 * time.Millisecond}
	d.start()
	return d
}

// timeout is that of ninety seconds to pay.
const timeout = 120

// Hears is what a codec hears in b, in words.
func Hears(s Settings, b []byte) string { return HearsIn(s, b, max(1, len(b))) }

// HearsSlowly is the same, byte by byte.
func HearsSlowly(s Settings, b []byte) string { return HearsIn(s, b, 1) }

// HearsIn is the same in so many bytes at a time.
func HearsIn(s Settings, b []byte, step int) string {
	c := s.codec(timeout)
	var all []string
	for len(b) > 0 {
		n := min(step, len(b))
		for _, m := range c.feed(b[:n]) {
			all = append(all, m.words())
		}
		b = b[n:]
	}
	return strings.Join(all, "; ")
}

func (m message) words() string {
	s := map[news]string{
		alive: "alive", configured: "configured", refused: "refused", wasReset: "reset", wasSetUp: "set up", asksIdentity: "identity",
		takesOptions: "options", disabled: "disabled", enabled: "enabled", inSession: "in session", request: "request",
		cancelled: "cancelled", succeeded: "success", failed: "failure", completed: "complete", readerCancel: "reader cancel",
		revalue: "revalue", revalueLimit: "revalue limit", cashSale: "cash sale", unlisted: "unlisted",
	}[m.news]
	switch m.news {
	case wasSetUp:
		s += fmt.Sprintf(" level %d", m.level)
	case request:
		s += fmt.Sprintf(" %v item %d", m.price, m.item)
	case succeeded, cashSale:
		s += fmt.Sprintf(" item %d", m.item)
	}
	if m.switched {
		s += ", on"
	}
	if m.over {
		s += ", over"
	}
	return s
}

// Says is a word as a codec writes it.
func Says(s Settings, what string, price sale.Fen, level byte) ([]byte, error) {
	return s.codec(timeout).say(map[string]word{
		"approve": approve, "deny": deny, "begin": begin, "end": end, "configure": configure, "identify": identify,
		"cancelled here": cancelledHere, "no revalue": noRevalue, "end request": endRequest,
	}[what], price, level)
}

// SetUp are the lines that set a Qibixx adapter up.
func SetUp(s Settings) []string { return s.codec(timeout).(*qibixx).setUp() }

// FenOf, UnitsOf and Parse are the money of the bus.
func FenOf(scale, decimals int, units uint16) (sale.Fen, error) {
	return money{scale, decimals}.fen(units)
}

func UnitsOf(scale, decimals int, f sale.Fen) (uint16, error) {
	return money{scale, decimals}.units(f)
}

func Parse(s string) (sale.Fen, error) { return parse(s) }

// SlotOf is the slot of an item.
func SlotOf(s Settings, item uint16) sale.Slot { return s.slotOf(item) }
