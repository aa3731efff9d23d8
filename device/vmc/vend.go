package vmc

import (
	"fmt"
	"time"

	"kioskd/sale"
)

// vend is one drive of a slot and what the VMC has said about it so far.
type vend struct {
	number sale.Number // "" for a vend that this process did not start
	slot   sale.Slot
	sent   time.Time // the first byte left
	acked  bool
	breaks int  // of the line, when it was sent: see [Dev].breaks
	oven   bool // the product is heated before it is given

	heard     time.Time // of the last 04, zero for none
	last      byte      // its code
	doubt     string    // the first word that makes the outcome doubtful
	lift      bool      // ... was about the lift
	shelved   bool      // the product is in the oven
	restarted bool      // the VMC began anew meanwhile
	final     bool
	verdict   sale.Verdict
}

// note takes a status of this vend. sensor says whether a drop sensor watches,
// whole whether no word of the VMC can have been missed since it was sent.
func (v *vend) note(code byte, sensor, whole bool, now time.Time) {
	v.heard, v.last = now, code
	class := statusOf(code).class
	if class == given && v.oven && code == codeDone {
		v.shelved = true // from here on it cannot be said that nothing left the shelf
		return
	}
	if class == given {
		// The sensor saw it: better than anything said before.
		v.settle(sale.OutcomeDispensed, words(code))
		return
	}
	if v.final {
		return
	}
	switch class {
	case absent:
		v.fail(code, true, "")
	case jammed:
		v.fail(code, sensor, ", and no drop sensor watches")
	case ended:
		v.fail(code, sensor && whole, ", and an earlier word may have been missed")
	case doubtful:
		v.lift = v.lift || v.doubt == "" && (code == codeLift || code == 0x12 || code == 0x13)
		v.fail(code, false, "")
	}
}

// fail ends the vend. Without proof, or after a word that was doubtful, the
// product may have fallen; why says what is missing.
func (v *vend) fail(code byte, proved bool, why string) {
	switch {
	case v.doubt != "":
	case v.shelved:
		v.doubt = words(code) + ", after the product had left the shelf"
	case proved:
		v.settle(sale.OutcomeNotDispensed, words(code))
	default:
		v.doubt = words(code) + why
	}
}

func (v *vend) settle(o sale.Outcome, detail string) {
	v.final, v.verdict = true, sale.Verdict{Outcome: o, Detail: detail}
}

// over reports whether nothing better is to be waited for, but for a second
// thought of the VMC after a doubtful word.
func (v *vend) over() bool { return v.final || v.restarted || v.doubt != "" }

// result is what is known now. why is said where the VMC said nothing final.
func (v *vend) result(why string) sale.Verdict {
	switch {
	case v.final:
		return v.verdict
	case v.restarted:
		return sale.Verdict{Detail: "the controller restarted during the vend" + v.lastWords()}
	case v.doubt != "":
		return sale.Verdict{Detail: v.doubt}
	}
	return sale.Verdict{Detail: why + v.lastWords()}
}

func (v *vend) lastWords() string {
	switch {
	case !v.heard.IsZero():
		return fmt.Sprintf("; its last word was %s", words(v.last))
	case v.acked:
		return "; the command was acknowledged and no status came"
	}
	return "; the command was not acknowledged"
}
