package mdb

import (
	"context"
	"fmt"

	"kioskd/device"
	"kioskd/sale"
)

// evidence is what Check notes, see [device.EncodeEvidence]: which request the
// order is for. No other is ever approved for it.
type evidence struct {
	Version int      `json:"v"`
	Run     uint64   `json:"run"`   // the process that heard it ...
	Request uint64   `json:"req"`   // ... and its number there
	Item    uint16   `json:"item"`  // as the machine named it
	Price   sale.Fen `json:"price"` // as the machine asked for it
}

const evidenceVersion = 1

// Check implements [sale.Dispenser]: the machine must wait for a payment for
// the slot, at the price of the configuration. Here the machine is the one who
// asks; a slot that it does not ask for is closed.
func (d *Dev) Check(_ context.Context, slot sale.Slot) (sale.Evidence, error) {
	if err := d.Health(); err != nil {
		return nil, err
	}
	price, sold := d.prices[slot]
	if !sold {
		return nil, fmt.Errorf("check slot %v: %w", slot, sale.ErrNoSlot)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.vend
	switch {
	case !v.open() || v.slot != slot:
		return nil, fmt.Errorf("check slot %v: %w: the vending machine does not ask for it", slot, sale.ErrSlotClosed)
	case v.price != price:
		d.deny("its price is another than in the configuration")
		return nil, &sale.Fault{
			Code: sale.CodeBoardFault,
			What: fmt.Sprintf("the vending machine wants %v yuan for slot %v (item %d), and the configuration %v", v.price, slot, v.item, price),
			Hint: "set the same price in both; if all differ by the same factor, set scale and decimals",
		}
	}
	v.checked = true
	return device.EncodeEvidence(evidence{evidenceVersion, d.run, v.id, v.item, v.price}), nil
}

// request is the vend that evidence is about, nil if it is not the newest of
// this process.
func (d *Dev) request(e sale.Evidence) *vend {
	note, ok := device.DecodeEvidence[evidence](e, evidenceVersion)
	if !ok || note.Run != d.run || d.vend == nil || d.vend.id != note.Request {
		return nil
	}
	return d.vend
}

// Decline implements [sale.Decliner]. The machine is told by the next round.
func (d *Dev) Decline(e sale.Evidence) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if v := d.request(e); v.open() {
		v.refusal = true
	}
}
