package vmc

import (
	"time"

	"kioskd/sale"
)

// hear takes a new data frame of the VMC.
func (d *Dev) hear(f Frame, now time.Time) {
	text := f.Text()
	if r := d.link.asked; r != nil && r.got == nil && r.state != queued && r.answer(f) {
		r.got = &f
		if d.link.out == r {
			d.acknowledged() // the answer came, so the command did
		}
		return
	}
	switch {
	case f.Cmd == cmdStatus && len(text) >= 3:
		d.status(slotOf(text[1:]), text[0], text[3:], now)
	case f.Cmd == cmdKey && len(text) >= 2:
		d.key(slotOf(text))
	case f.Cmd == cmdSlot:
		if slot, r, ok := decodeReport(text); ok {
			d.reported(slot, r)
		}
	case f.Cmd == cmdFull:
		d.log.Info("somebody has filled the machine and pressed its button")
	case f.Cmd == cmdSync:
		d.restarted(now)
	default:
		d.log.Debug("frame without use", "command", int(f.Cmd), "text", text)
	}
}

func (d *Dev) key(s sale.Slot) {
	var e sale.BoardEvent = sale.CancelPressed{}
	if s != 0 {
		e = sale.Selected{Slot: s}
	}
	d.life.Emit(e)
}

// status takes an 04 for the newest vend of the slot that it names.
// rest is what follows: with heating the seconds that are left.
func (d *Dev) status(slot sale.Slot, code byte, rest []byte, now time.Time) {
	v := d.vends[slot]
	if v == nil {
		v = &vend{slot: slot}
		d.vends[slot] = v
	}
	log := d.log.With("order", string(v.number), "slot", int(slot), "status", words(code))
	if code == codeHeating && len(rest) > 0 {
		log = log.With("seconds", int(rest[0]))
	}
	log.Info("dispense status")
	v.note(code, d.settings.DropSensor, v.number != "" && v.breaks == d.breaks, now)
}

// restarted: the VMC sent 31. Whatever turned has stopped where it was.
func (d *Dev) restarted(now time.Time) {
	d.breaks++
	for _, v := range d.vends {
		if v.number != "" && !v.final {
			v.restarted = true
		}
	}
	if d.link.synced.IsZero() || now.Sub(d.link.synced) > syncWithin {
		d.log.Warn("the controller has started")
		d.greet()
	}
}
