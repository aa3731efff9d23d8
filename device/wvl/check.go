package wvl

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// Words of the board about a slot.
const (
	stateReady  = "READY"
	stateBusy   = "BUSY"   // a motor turns
	stateEmpty  = "EMPTY"  // sold out
	stateClosed = "CLOSED" // taken out of service at the board
	stateNone   = "NONE"   // no such slot
	stateSensor = "SENSOR" // the drop sensor's beam is blocked
	stateROM    = "ROM"    // the log cannot be written
)

// askWithin bounds the questions of one call.
const askWithin = 5 * time.Second

// evidence is what Check notes for Recover, see [device.EncodeEvidence].
type evidence struct {
	Version int    `json:"v"`
	Log     uint32 `json:"log"` // the identity of the board's log
	N       uint32 `json:"n"`   // how many records it had
}

const evidenceVersion = 1

// decodeEvidence returns nil for none, and for what another version wrote.
func decodeEvidence(b sale.Evidence) *evidence {
	e, ok := device.DecodeEvidence[evidence](b, evidenceVersion)
	if !ok || e.Log == 0 {
		return nil
	}
	return &e
}

// Check implements [sale.Dispenser]: it asks for the slot's state and notes
// which log the board has and how far it has come.
func (d *Dev) Check(ctx context.Context, slot sale.Slot) (sale.Evidence, error) {
	release, err := d.life.Take(ctx, d.turn)
	if err != nil {
		return nil, d.life.Busy(err)
	}
	defer release()
	if err := d.Health(); err != nil {
		return nil, fmt.Errorf("check slot %v: %w", slot, err)
	}
	d.mu.Lock()
	board := d.link.board
	d.mu.Unlock()
	if slot < 1 || slot > board.slots {
		return nil, fmt.Errorf("check slot %v: %w: this controller numbers them from 1 to %d", slot, sale.ErrNoSlot, board.slots)
	}
	s, err := d.slotState(ctx, slot)
	if err == nil {
		err = d.sellable(s)
	}
	if err != nil {
		return nil, fmt.Errorf("check slot %v: %w", slot, err)
	}
	return device.EncodeEvidence(evidence{Version: evidenceVersion, Log: s.log, N: s.n}), nil
}

// slotState asks for a slot's state, and waits for a motor that still turns.
func (d *Dev) slotState(ctx context.Context, slot sale.Slot) (s slotState, err error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	for {
		s, err = d.status(ctx, slot)
		if err != nil || s.state != stateBusy || ctx.Err() != nil {
			return s, err
		}
		d.life.Pause(ctx, 4*keepEvery)
	}
}

// status asks for a slot's state as it is now.
func (d *Dev) status(ctx context.Context, slot sale.Slot) (s slotState, err error) {
	err = d.ask(ctx, func(a []string) (ok bool) {
		if a[0] == "OK" {
			s, ok = decodeSlot(a[1:])
		}
		return ok && s.slot == slot
	}, "STATUS", strconv.Itoa(int(slot)))
	return s, err
}

// sellable says what is wrong with a slot.
func (d *Dev) sellable(s slotState) error {
	switch s.state {
	case stateReady:
		return d.logged(s)
	case stateEmpty:
		return sale.ErrSoldOut
	case stateClosed:
		return sale.ErrSlotClosed
	case stateNone:
		return sale.ErrNoSlot
	case stateBusy:
		return d.life.Board.Fault("still turns a motor for an earlier order", "if it never ends, the firmware has no time limit for its motors")
	case stateSensor:
		if d.settings.DropSensor {
			return d.life.Board.Fault("says that the beam of its drop sensor is blocked", "clear the drop zone, and check the sensor and its wires")
		}
		return d.logged(s)
	case stateROM:
		return d.romFault()
	}
	return d.life.Board.Fault(fmt.Sprintf("says %q of the slot", s.state), "its firmware does not keep to WVL/1 as docs/controllers/wvl.md has it")
}

// logged refuses a board that cannot remember what it does.
func (d *Dev) logged(s slotState) error {
	if s.log != 0 {
		return nil
	}
	d.mu.Lock()
	d.link.greeted = false
	d.mu.Unlock()
	return d.life.Board.Fault("has lost its log of vends", "wait until it has begun a new one; if this happens again, exchange the board")
}
