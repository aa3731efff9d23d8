package mdb

import (
	"fmt"
	"time"

	"kioskd/sale"
)

// vend is one VEND REQUEST and what became of it. Guarded by Dev.mu.
type vend struct {
	id      uint64
	item    uint16
	slot    sale.Slot
	price   sale.Fen
	at      time.Time
	session int  // of the port
	checked bool // Check has found it good
	refusal bool // to be denied by the next round

	over string // why there is nothing to approve any more, "" while there is

	// Of an approval:
	number   sale.Number
	approved time.Time // when it was written, zero before
	serving  bool      // Dispense waits for the result
	ended    string    // the machine ended the vend without a result
	endedAt  time.Time
	final    *sale.Verdict
}

// open reports whether the machine waits for an answer.
func (v *vend) open() bool { return v != nil && v.over == "" && v.approved.IsZero() }

// running reports whether the machine has an approval, and a result may come.
func (v *vend) running() bool {
	return v != nil && !v.approved.IsZero() && v.final == nil && v.ended == "" && (v.serving || time.Since(v.approved) < vendMost)
}

// vendMost is how long a vend may take of which nobody awaits the result.
const vendMost = time.Minute

// same reports whether a request says what this one does.
func (v *vend) same(m message) bool { return v.item == m.item && v.price == m.price }

// names reports whether a result is about this vend. Not every machine tells
// what it has given, and there is only one vend at a time.
func (v *vend) names(item uint16) bool { return item == noItem || v.item == noItem || v.item == item }

func (v *vend) finish(o sale.Outcome, detail string) {
	v.final = &sale.Verdict{Outcome: o, Detail: detail}
}

// end: the machine is in this vend no more, and has not told its result.
func (v *vend) end(why string) { v.ended, v.endedAt = why, time.Now() }

// requested takes a VEND REQUEST. The same one again is a repeat on the line,
// while the machine waits or an approval is on its way: it is not approved
// twice.
func (d *Dev) requested(m message, now time.Time) {
	v := d.vend
	if (v.open() || v.running() && v.serving) && v.same(m) {
		return
	}
	if v.open() {
		v.over = "the vending machine asked for something else meanwhile"
	}
	if v.running() {
		v.end("the vending machine asked for something else, and had not told the result")
	}
	d.vends++
	v = &vend{id: d.vends, item: m.item, slot: d.settings.slotOf(m.item), price: m.price, at: now, session: d.link.session}
	d.vend, d.orphan = v, nil
	d.log.Info("the vending machine asks", "item", int(v.item), "slot", int(v.slot), "price", v.price.String())
	if v.slot == 0 {
		d.log.Warn("the item has no slot: list it in items", "item", int(v.item))
		d.deny("the item has no slot")
		return
	}
	if d.failed[v.slot] {
		// The machine decides what it can vend, and says so by asking.
		delete(d.failed, v.slot)
		d.life.Emit(sale.SlotReport{Slot: v.slot})
	}
	d.life.Emit(sale.Selected{Slot: v.slot})
	if _, sold := d.prices[v.slot]; !sold {
		d.deny("the slot is not in the configuration")
	}
}

// withdrawn: the machine waits for an answer no more.
func (d *Dev) withdrawn(why string) {
	if d.vend.open() {
		d.vend.over = why
		d.log.Info("the request is over", "slot", int(d.vend.slot), "why", why)
		d.life.Emit(sale.CancelPressed{})
	}
}

// deny answers a request that waits with VEND DENIED.
func (d *Dev) deny(why string) {
	if v := d.vend; v.open() {
		v.over = why
		d.log.Info("the request is denied", "slot", int(v.slot), "why", why)
		d.say(deny)
	}
}

// pollMost is when a machine that is alive has polled the reader, and so taken
// an approval: it polls every 25 to 200 ms.
const pollMost = time.Second

// reset: the machine has reset the reader, or the adapter has started. A reset
// between VEND APPROVED and VEND SUCCESS is taken as VEND SUCCESS [MDB/ICP 4.2,
// 7.4.7], if it is certain that the machine had the approval.
func (d *Dev) reset(now time.Time) {
	d.withdrawn("the vending machine has reset the reader")
	v := d.vend
	switch {
	case !v.running():
	case v.session != d.life.Line.Session():
		v.end("the reader was reset, perhaps by a start of the adapter")
	case now.Sub(v.approved) < pollMost:
		v.end("the reader was reset right after the approval, which the vending machine perhaps had not taken")
	default:
		v.finish(sale.OutcomeDispensed, "presumed: the vending machine reset the reader after the approval, before a result (MDB/ICP 7.4.7)")
		v.final.Presumed = true
	}
}

// left: the adapter or the machine says that it is in no vend.
func (d *Dev) left(what string) {
	d.withdrawn("cancelled at the vending machine")
	if v := d.vend; v.running() {
		v.end(fmt.Sprintf("the vending machine ended the vend (%s) without a result", what))
	}
}

// resulted takes VEND SUCCESS and VEND FAILURE. They count for the vend that
// was approved last, as long as nothing was asked for since; even when nobody
// waits for them any more, for Recover may ask.
func (d *Dev) resulted(m message) {
	v := d.vend
	switch {
	case v == nil:
		if d.orphan == nil {
			d.orphan = &m
		}
		return
	case v.approved.IsZero(), v.final != nil, m.news == succeeded && !v.names(m.item):
		d.log.Warn("a result that is not this vend's", "result", m.text)
		return
	}
	v.final = verdict(m)
	d.log.Info("result of the vending machine", "order", string(v.number), "slot", int(v.slot), "outcome", v.final.Outcome.String())
}

// verdict is what a result proves.
func verdict(m message) *sale.Verdict {
	if m.news == succeeded {
		return &sale.Verdict{Outcome: sale.OutcomeDispensed, Detail: "VEND SUCCESS"}
	}
	return &sale.Verdict{Outcome: sale.OutcomeNotDispensed, Detail: "VEND FAILURE: the vending machine gave nothing"}
}
