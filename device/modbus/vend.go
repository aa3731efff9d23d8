package modbus

import (
	"time"

	"kioskd/sale"
)

// vend is one pulse and what was seen of it so far.
type vend struct {
	number sale.Number
	slot   planned
	unit   time.Duration // step of the board's timer
	base   uint16        // the sensor before the pulse
	breaks int           // of the line before the pulse
	sent   time.Time     // before the first byte left

	acked   bool
	refused *Exception
	lost    error // why there is no answer
	wasOn   bool  // the relay was seen on
	isOff   bool  // ... off after the answer
	offAt   time.Time
	early   bool // it went off before its time
	stuck   bool
	broken  bool // something may have been missed
	verdict sale.Verdict
}

// answer takes the board's answer to the pulse.
func (v *vend) answer(a Answer, err error) {
	switch {
	case err != nil:
		v.lost, v.broken = err, true
	case a.Refusal != nil:
		v.refused = a.Refusal
	default:
		v.acked = true
	}
}

// end is when the pulse is over by the board's clock, at the latest.
func (v *vend) end() time.Time { return v.sent.Add(v.slot.pulse + 2*v.unit) }

// until is when a product of this vend can fall no more.
func (v *vend) until(d *Dev) time.Time {
	at := v.end()
	if v.isOff {
		at = v.offAt
	}
	if d.settings.DropSensor.Kind == sensorNone {
		return at
	}
	return at.Add(d.settings.DropSensor.Fall)
}

// note takes a look at the relay. The board's timer is exact to a step of it.
func (v *vend) note(on bool, now time.Time) {
	if on {
		v.wasOn, v.isOff = true, false
		return
	}
	if !v.isOff {
		v.isOff, v.offAt = true, now
		v.early = now.Before(v.sent.Add(v.slot.pulse - v.unit))
	}
}

// over reports whether the relay is off for good. Before it was seen on, it may
// only be late.
func (v *vend) over(now time.Time) bool {
	return v.isOff && (v.wasOn || v.refused != nil || !now.Before(v.sent.Add(v.slot.pulse-v.unit)))
}

// doubt is what keeps the pulse from having gone as it should, "" for nothing.
func (v *vend) doubt() string {
	switch {
	case v.lost != nil:
		return "no answer to the pulse: " + v.lost.Error()
	case v.refused != nil:
		return "the board answered the pulse with " + v.refused.Error()
	case v.stuck:
		return "the relay stayed on after its pulse"
	case !v.isOff:
		return "the relay was not seen off after its pulse"
	case v.early:
		return "the relay went off before its time"
	case v.broken:
		return "the board was not heard without a break"
	}
	return ""
}

func (v *vend) unknown(why string) sale.Verdict { return sale.Verdict{Detail: why + v.aside()} }

// aside is what else a person who settles the order should know.
func (v *vend) aside() (s string) {
	switch {
	case v.stuck:
		return "; the relay stayed on after its pulse"
	case v.acked:
		return ""
	case v.wasOn:
		return "; the answer to the pulse was lost, but the relay was seen on"
	case v.lost != nil:
		return "; the answer to the pulse was lost, and the relay was not seen on"
	}
	return ""
}
