package tcn

import (
	"fmt"

	"kioskd/sale"
)

// What R4 says after a run.
const (
	dropSeen  = 0xAA
	dropExtra = 0xCC // on a second turn: two products may have fallen
	noDrop    = 0x33
	notSeen   = 0x00 // the curtain is off or faulty
)

// motorFaults are the high nibble of R3 after a run.
var motorFaults = [...]string{
	0: "", 1: "PMOS short", 2: "NMOS short", 3: "motor short", 4: "motor open", 5: "running time exceeded",
}

// listed reports whether every part of a reply to a run stands in the table.
func (r Reply) listed() bool {
	switch r.R4 {
	case dropSeen, dropExtra, noDrop, notSeen:
		return int(r.R3>>4) < len(motorFaults)
	}
	return false
}

// words are a reply in a person's words.
func (r Reply) words() string {
	s := map[byte]string{
		dropSeen: "drop seen", dropExtra: "drop seen on an extra turn: two products may have fallen",
		noDrop: "no drop seen", notSeen: "the light curtain is off or faulty",
	}[r.R4]
	if r.R3&0x0F != 0 {
		s += "; light curtain fault"
	}
	if f := motorFaults[r.R3>>4]; f != "" {
		s += "; " + f
	}
	if r.Failed {
		s += "; the board says that it failed"
	}
	return fmt.Sprintf("reply % X: %s", r.Append(nil)[1:4], s)
}

// verdict is what a listed reply to a run means.
//
// A curtain that is faulty has seen nothing that counts. A drop is a drop
// whatever became of the motor. "No drop" is proof if the operator says that
// there is a curtain and the board says that it is fine, but not after a short
// in the board's own switches: then nobody knows whether the motor has stopped.
// A reply 5C does not say what moved.
func (r Reply) verdict(curtain bool) sale.Verdict {
	v := sale.Verdict{Detail: r.words()}
	fault := r.R3 >> 4
	switch {
	case r.Failed, r.R3&0x0F != 0:
	case r.R4 == dropSeen, r.R4 == dropExtra:
		v.Outcome = sale.OutcomeDispensed
	case r.R4 == noDrop && curtain && fault != 1 && fault != 2:
		v.Outcome = sale.OutcomeNotDispensed
	case r.R4 == notSeen && !curtain && fault == 0:
		v.Outcome = sale.OutcomeDispensed
		v.Detail = "the motor turned; no light curtain watches"
	}
	return v
}
