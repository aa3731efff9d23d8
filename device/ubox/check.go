package ubox

import (
	"context"
	"fmt"

	"kioskd/device"
	"kioskd/sale"
)

// evidence is what Check notes for Recover: see [device.EncodeEvidence].
type evidence struct {
	Version int `json:"v"`
	Probe   int `json:"probe,omitempty"` // the channel that Dispense will have probed with, 0 for none
}

const evidenceVersion = 1

// Check implements [sale.Dispenser]: it asks for the states of the channels
// and for the stock map.
func (d *Dev) Check(ctx context.Context, slot sale.Slot) (sale.Evidence, error) {
	release, err := d.life.Take(ctx, d.turn)
	if err != nil {
		return nil, d.life.Busy(err)
	}
	defer release()
	if err := d.sellable(ctx, slot); err != nil {
		return nil, fmt.Errorf("check slot %v: %w", slot, err)
	}
	return device.EncodeEvidence(evidence{Version: evidenceVersion, Probe: d.settings.ProbeChannel}), nil
}

// sellable asks whether a channel can vend. It waits for a vend under way.
func (d *Dev) sellable(ctx context.Context, slot sale.Slot) error {
	ctx, cancel := context.WithTimeout(ctx, askWithin+d.settings.VendTime)
	defer cancel()
	var states, stock []byte
	_, err := d.talk.Ask(ctx, ask(infoChannels), answerWithin, func(f Frame) (ok bool) {
		states, ok = decodeChannels(f)
		return ok
	})
	if err != nil {
		return err
	}
	if slot < 1 || int(slot) > len(states) {
		return fmt.Errorf("%w: this controller numbers them from 1 to %d", sale.ErrNoSlot, len(states))
	}
	if int(slot) == d.settings.ProbeChannel {
		return d.life.Board.Fault(fmt.Sprintf("has a channel %d", slot), "probe_channel in the configuration must be a number of no channel")
	}
	switch s := states[slot-1]; {
	case s&channelFaulty != 0:
		return d.life.Board.Fault(fmt.Sprintf("reports a fault of channel %d", slot), "look at its own menu, clear the fault there and test the channel")
	case s&channelDisabled != 0:
		return sale.ErrSlotClosed
	case s != 0:
		return d.life.Board.Fault(fmt.Sprintf("reports state %02X for channel %d, which is in no table", s, slot), "look at its own menu, and report the number")
	}
	_, err = d.talk.Ask(ctx, ask(infoStock), answerWithin, func(f Frame) (ok bool) {
		stock, ok = decodeStock(f)
		return ok && len(stock) == (len(states)+7)/8
	})
	if err == nil && bit(stock, slot) != (d.settings.StockBit == stockAvailable) {
		return sale.ErrSoldOut
	}
	return err
}
