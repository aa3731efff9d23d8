package wvl

import (
	"context"
	"fmt"
	"slices"

	"kioskd/device"
	"kioskd/sale"
)

// Slots implements what [device.Shelf] describes with one STATUS for each slot
// of the board. The protocol has no prices and no stock.
func (d *Dev) Slots(ctx context.Context, also []sale.Slot) (device.Shelf, error) {
	if err := d.Health(); err != nil {
		return device.Shelf{}, err
	}
	d.mu.Lock()
	board := d.link.board
	d.mu.Unlock()
	numbers := slices.Clone(also)
	for n := range board.slots {
		numbers = append(numbers, n+1)
	}
	slices.Sort(numbers)
	shelf := device.Shelf{Notes: []string{fmt.Sprintf("board %q, firmware %q, start %d, log %08X", board.board, board.firmware, board.boot, board.log)}}
	for _, n := range slices.Compact(numbers) {
		s := device.Slot{Number: n, State: device.SlotMissing}
		if n >= 1 && n <= board.slots {
			said, err := d.peek(ctx, n)
			if err != nil {
				return device.Shelf{}, err
			}
			s.Say(d.sellable(said))
		}
		shelf.Slots = append(shelf.Slots, s)
	}
	return shelf, nil
}

// peek asks for one slot's state as it is, and gives the turn back.
func (d *Dev) peek(ctx context.Context, n sale.Slot) (slotState, error) {
	release, err := d.life.Take(ctx, d.turn)
	if err != nil {
		return slotState{}, d.life.Busy(err)
	}
	defer release()
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	return d.status(ctx, n)
}
