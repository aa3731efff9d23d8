package vmc

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// report is what the VMC says of a selection: in 11, which it sends for each
// one after a 31 and when something changes, or in menu 42 when it is asked.
type report struct {
	price           uint32 // in the VMC's smallest unit
	stock, capacity int
	paused          bool // only in 11
}

// decodeReport reads the text of 11: selection, price, stock, capacity,
// product, paused.
func decodeReport(t []byte) (slot sale.Slot, r report, ok bool) {
	if len(t) < 11 {
		return 0, r, false
	}
	r = report{binary.BigEndian.Uint32(t[2:]), int(t[6]), int(t[7]), t[10] == 1}
	return slotOf(t), r, true
}

// reported takes an 11.
func (d *Dev) reported(slot sale.Slot, r report) {
	d.reports[slot], d.reportedAt = r, time.Now()
	if r.paused {
		d.pause(slot)
	} else {
		delete(d.paused, slot)
	}
	d.life.Emit(sale.SlotReport{Slot: slot, SoldOut: r.stock == 0, Closed: r.paused})
}

// Slots implements what [device.Shelf] describes: each selection that the VMC
// has reported since the port was opened, and each of also, with its state now
// (01). Where there was no report menu 42 is read. Menu 41 would be the list of
// all selections, but its layout is not documented.
func (d *Dev) Slots(ctx context.Context, also []sale.Slot) (device.Shelf, error) {
	if err := d.toured(ctx); err != nil {
		return device.Shelf{}, err
	}
	d.mu.Lock()
	numbers := slices.AppendSeq(slices.Clone(also), maps.Keys(d.reports))
	d.mu.Unlock()
	slices.Sort(numbers)
	var shelf device.Shelf
	for _, n := range slices.Compact(numbers) {
		s, err := d.slot(ctx, n)
		if err != nil {
			return device.Shelf{}, err
		}
		shelf.Slots = append(shelf.Slots, s)
	}
	shelf.Notes = d.notes(ctx)
	return shelf, nil
}

// After a 31 the VMC reports one selection after the other.
const (
	tourPause = 1500 * time.Millisecond // without a report, and it is at its end
	tourMost  = 30 * time.Second
)

// toured waits for the end of the reports that follow the opening of the port.
func (d *Dev) toured(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, tourMost)
	defer cancel()
	for {
		d.mu.Lock()
		last := d.link.opened
		if d.reportedAt.After(last) {
			last = d.reportedAt
		}
		d.mu.Unlock()
		wait := tourPause - time.Since(last)
		if wait <= 0 || ctx.Err() != nil {
			return d.Health()
		}
		d.life.Pause(ctx, wait)
	}
}

// slot asks about one selection and gives the turn back: a customer may wait.
func (d *Dev) slot(ctx context.Context, n sale.Slot) (device.Slot, error) {
	s := device.Slot{Number: n}
	if n < 1 || n > maxSlot {
		s.State = device.SlotMissing
		return s, nil
	}
	release, err := d.life.Take(ctx, d.turn)
	if err != nil {
		return s, d.life.Busy(err)
	}
	defer release()
	err = d.state(ctx, n)
	if f, ok := errors.AsType[*sale.Fault](err); ok && f.Code != sale.CodeBoardFault {
		return s, f
	}
	if s.Say(err); s.State == device.SlotMissing {
		return s, nil
	}
	r, err := d.report(ctx, n)
	if err != nil {
		s.Detail = "its price and stock are not told"
		return s, nil
	}
	s.Stock, s.Capacity = &r.stock, &r.capacity
	if unit, ok := d.unit(ctx); ok {
		price := sale.Fen(r.price) * unit
		s.Price = &price
	}
	return s, nil
}

// report is the newest report of a selection, or what menu 42 says of it.
// Call it with the turn.
func (d *Dev) report(ctx context.Context, n sale.Slot) (report, error) {
	d.mu.Lock()
	r, ok := d.reports[n]
	d.mu.Unlock()
	if ok {
		return r, nil
	}
	if err := d.lull(ctx); err != nil {
		return r, err
	}
	hi, lo := slotBytes(n)
	// price, stock (two bytes here), capacity, product, mode, and three flags
	t, err := d.menu(ctx, fmt.Sprintf("the settings of slot %v", n), 7, menuSlot, menuRead, hi, lo)
	if err != nil {
		return r, err
	}
	return report{price: binary.BigEndian.Uint32(t), stock: int(binary.BigEndian.Uint16(t[4:])), capacity: int(t[6])}, nil
}

// unit is what one of the VMC's smallest units is, in fen, by the decimal
// digits of its amounts (menu 10). It is asked once. Call it with the turn.
func (d *Dev) unit(ctx context.Context) (sale.Fen, bool) {
	d.mu.Lock()
	known := d.digits
	d.mu.Unlock()
	if known == nil {
		known = new(int)
		*known = -1
		if t, err := d.menu(ctx, "the decimal digits", 1, menuDigits, menuRead); err == nil {
			*known = int(t[0])
		}
		d.mu.Lock()
		d.digits = known
		d.mu.Unlock()
	}
	switch *known {
	case 0:
		return 100, true
	case 1:
		return 10, true
	case 2:
		return 1, true
	}
	return 0, false
}

// notes are what the machine says of itself.
func (d *Dev) notes(ctx context.Context) (notes []string) {
	m, err := d.AskMachine(ctx)
	if err != nil {
		return []string{"the machine's own state is not told: " + err.Error()}
	}
	if m.ID != "" {
		notes = append(notes, "machine "+m.ID)
	}
	if m.Temperature != nil {
		notes = append(notes, fmt.Sprintf("%d degrees inside", *m.Temperature))
	}
	for _, x := range []struct {
		is   *bool
		what string
	}{{m.DoorOpen, "the door is open"}, {m.ProductInLift, "there is a product in the lift"}, {m.PickupDoorOpen, "the delivery door is open"}} {
		if x.is != nil && *x.is {
			notes = append(notes, x.what)
		}
	}
	return notes
}
