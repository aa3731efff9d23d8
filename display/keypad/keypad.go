// Package keypad turns the single strokes of a keypad or keyboard into slot
// numbers.
//
// A number is complete when the customer pauses, presses enter, or has typed
// as many digits as the longest number of the machine. A cancel stroke throws
// away what was typed so far and is always delivered itself, so that the
// cancel key answers whatever happened before. A number of nothing but zeros
// is no slot and is thrown away too.
//
// [Collector] decides and knows no clock; [Run] drives it with real strokes
// and a timer. What the customer gets to see is none of this package's
// business.
package keypad

import "kioskd/sale"

// Key is what the customer meant: a slot, or to cancel. Slot is 0 exactly when
// Cancel is set.
type Key struct {
	Slot   sale.Slot
	Cancel bool
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
	typed int
}

// Press takes one stroke and returns a key if that completes one. A value that
// is no stroke is ignored.
func (c *Collector) Press(s Stroke) (Key, bool) {
	switch {
	case s >= 0 && s <= 9:
		c.slot = c.slot*10 + sale.Slot(s)
		c.typed++
		if c.typed >= c.length() {
			return c.Flush()
		}
	case s == Enter:
		return c.Flush()
	case s == Cancel:
		c.slot, c.typed = 0, 0
		return Key{Cancel: true}, true
	}
	return Key{}, false
}

// Flush ends the number that was being typed: the customer paused.
func (c *Collector) Flush() (Key, bool) {
	k := Key{Slot: c.slot}
	c.slot, c.typed = 0, 0
	return k, k.Slot > 0
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
