// Package keypad turns the single strokes of a keypad or keyboard into slot
// numbers.
//
// A number is complete when the customer pauses, presses enter, or has typed
// as many digits as the longest number of the machine. A cancel stroke throws
// away what was typed so far and is always delivered itself, so that the
// cancel key answers whatever happened before. A number of nothing but zeros
// is no slot, but service mode has a use for it.
//
// [Collector] decides and knows no clock; [Run] drives it with real strokes
// and a timer. What the customer gets to see is none of this package's
// business.
package keypad

import (
	"strings"

	"kioskd/sale"
)

// Key is what was meant: a slot, or to cancel. Slot is 0 when Cancel is set, and
// for a number of nothing but zeros.
type Key struct {
	Slot   sale.Slot
	Zeros  int // in front of the number; of a PIN they count
	Cancel bool
}

// Digits is the number as it was typed, "" for the cancel key.
func (k Key) Digits() string {
	zeros := strings.Repeat("0", k.Zeros)
	if k.Slot == 0 {
		return zeros
	}
	return zeros + k.Slot.String()
}

// Stroke is one key going down: [Digit] of 0 to 9, [Enter] or [Cancel].
type Stroke int

const (
	Enter  Stroke = 10 // the number is complete
	Cancel Stroke = 11
)

// Digit is the stroke of one digit, 0 to 9.
func Digit(d int) Stroke { return Stroke(d) }

// DefaultDigits is the length of the longest number if nobody says otherwise.
const DefaultDigits = 3

// Collector collects digits. The zero value is ready and uses [DefaultDigits].
// It belongs to one goroutine.
type Collector struct {
	Digits int // length of the longest slot number; at most 9
	// Longest, if set, is asked for Digits at each stroke: the products of a
	// machine may change while it runs.
	Longest func() int

	slot  sale.Slot
	zeros int // in front
	typed int
}

// Press takes one stroke and returns a key if that completes one. A value that
// is no stroke is ignored.
func (c *Collector) Press(s Stroke) (Key, bool) {
	switch {
	case s >= 0 && s <= 9:
		c.slot = c.slot*10 + sale.Slot(s)
		if c.slot == 0 {
			c.zeros++
		}
		c.typed++
		if c.typed >= c.length() {
			return c.Flush()
		}
	case s == Enter:
		return c.Flush()
	case s == Cancel:
		c.slot, c.zeros, c.typed = 0, 0, 0
		return Key{Cancel: true}, true
	}
	return Key{}, false
}

// Flush ends the number that was being typed: the customer paused.
func (c *Collector) Flush() (Key, bool) {
	k, some := Key{Slot: c.slot, Zeros: c.zeros}, c.typed > 0
	c.slot, c.zeros, c.typed = 0, 0, 0
	return k, some
}

// Pending reports whether digits wait for more digits or for a pause.
func (c *Collector) Pending() bool { return c.typed > 0 }

func (c *Collector) length() int {
	n := c.Digits
	if c.Longest != nil {
		n = c.Longest()
	}
	if n <= 0 {
		return DefaultDigits
	}
	return min(n, 9)
}
