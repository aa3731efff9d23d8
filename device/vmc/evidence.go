package vmc

import (
	"context"
	"encoding/binary"
	"fmt"

	"kioskd/device"
	"kioskd/sale"
)

// evidence is what Check notes for Recover, see [device.EncodeEvidence].
type evidence struct {
	Version  int       `json:"v"`
	Run      uint64    `json:"run,omitempty"`    // the process that took it ...
	Driven   int       `json:"driven,omitempty"` // ... and how often that one had driven the slot
	Counters *counters `json:"counters,omitempty"`
}

const evidenceVersion = 1

// counters is what the VMC itself remembers of a slot.
type counters struct {
	Sold   uint32 `json:"sold"`   // menu 47
	Amount uint32 `json:"amount"` // ... in the VMC's smallest unit
	Jammed bool   `json:"jammed"` // menu 32 lists it
}

// decodeEvidence returns no counters for what another version wrote.
func decodeEvidence(b sale.Evidence) evidence {
	e, _ := device.DecodeEvidence[evidence](b, evidenceVersion)
	return e
}

// counters reads what the VMC remembers of a slot. Call it with the turn.
func (d *Dev) counters(ctx context.Context, slot sale.Slot) (*counters, error) {
	if err := d.lull(ctx); err != nil {
		return nil, fmt.Errorf("ask for the counters of slot %v: %w", slot, err)
	}
	hi, lo := slotBytes(slot)
	sold, err := d.menu(ctx, fmt.Sprintf("the sales counter of slot %v", slot), 8, menuSold, menuRead, hi, lo)
	if err != nil {
		return nil, err
	}
	jams, err := d.menu(ctx, "the jam list", 1, menuJams, menuRead)
	if err != nil {
		return nil, err
	}
	return &counters{
		Sold: binary.BigEndian.Uint32(sold), Amount: binary.BigEndian.Uint32(sold[4:]),
		Jammed: listed(jams, slot),
	}, nil
}

// counts reports whether the sales counters are evidence on this machine.
func (d *Dev) counts() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.settings.Counts && d.distrust == ""
}

// counted is a slot's sales counter, and the vends since that the VMC called
// dispensed.
type counted struct {
	sold  uint32
	vends int
}

// audit holds a counter against the vends since it was read last. One that did
// not rise although the VMC gave a product does not count: then counters are no
// evidence, whatever the settings say, until the next start. Called with mu held.
func (d *Dev) audit(slot sale.Slot, now *counters) {
	was, ok := d.counted[slot]
	d.counted[slot] = counted{sold: now.Sold}
	if !ok || was.vends == 0 || now.Sold != was.sold {
		return
	}
	d.distrust = fmt.Sprintf("the sales counter of slot %v stands at %d as before a product was given", slot, now.Sold)
	d.log.Error("the sales counters do not count: write counts: false; until the next start they are no evidence", "why", d.distrust)
}

// commission reads a slot's sales counter around a test vend, and adds to its
// verdict whether command 06 counts: that is what setting counts must say. The
// journal keeps it. Call it with the turn, before the command leaves.
func (d *Dev) commission(ctx context.Context, slot sale.Slot) (add func(sale.Verdict) sale.Verdict) {
	before, err := d.counters(ctx, slot)
	return func(v sale.Verdict) sale.Verdict {
		if v.Outcome != sale.OutcomeDispensed {
			return v
		}
		var now *counters
		if err == nil {
			now, err = d.counters(ctx, slot)
		}
		switch {
		case err != nil:
			v.Detail += "; the sales counter is not told: leave counts: false"
		case now.Sold == before.Sold+1:
			v.Detail += fmt.Sprintf("; sales counter %d, then %d: command 06 counts, write counts: true if nothing else sells", before.Sold, now.Sold)
		default:
			v.Detail += fmt.Sprintf("; sales counter %d, then %d: command 06 does not count, leave counts: false", before.Sold, now.Sold)
		}
		return v
	}
}

// menu asks the service menu and returns the answer behind item and operation,
// at least need bytes.
func (d *Dev) menu(ctx context.Context, what string, need int, text ...byte) ([]byte, error) {
	r := &request{cmd: cmdMenu, text: text, answer: func(f Frame) bool {
		t := f.Text()
		return f.Cmd == cmdMenuData && len(t) >= 2+need && t[0] == text[0] && t[1] == text[1]
	}}
	f, err := d.ask(ctx, what, r)
	if err != nil {
		return nil, err
	}
	return f.Text()[2:], nil
}

// listed reports whether a slot is in a jam list: a count, selections of two
// bytes, and the same again for belts.
func listed(b []byte, slot sale.Slot) bool {
	for len(b) > 0 {
		n := int(b[0])
		b = b[1:]
		for ; n > 0 && len(b) >= 2; n-- {
			if slotOf(b) == slot {
				return true
			}
			b = b[2:]
		}
		if n > 0 {
			return false
		}
	}
	return false
}
