package modbus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kioskd/device"
	"kioskd/sale"
)

// Slots implements what [device.Shelf] describes: each configured slot with
// what a Check would say of it, and what is on at the inputs, which shows how
// the keypad is wired while a key is held. Relay boards know no prices and no
// stock.
func (d *Dev) Slots(ctx context.Context, also []sale.Slot) (device.Shelf, error) {
	if err := d.Health(); err != nil {
		return device.Shelf{}, err
	}
	numbers := slices.AppendSeq(slices.Clone(also), maps.Keys(d.plan.slots))
	slices.Sort(numbers)
	var shelf device.Shelf
	for _, n := range slices.Compact(numbers) {
		s := device.Slot{Number: n, State: device.SlotMissing}
		if p, ok := d.plan.slots[n]; ok {
			var err error
			busy := d.do(ctx, func(ctx context.Context) {
				if err = d.lull(ctx); err == nil {
					err = d.inspect(ctx, p)
				}
				shelf.Notes = d.notes()
			})
			if busy != nil {
				return device.Shelf{}, d.life.Busy(busy)
			}
			if err = d.asSaid(err); silence(err) {
				return device.Shelf{}, err
			}
			s.Say(err)
			s.Detail = strings.TrimPrefix(s.Detail+"; "+d.wiring(n), "; ")
		}
		shelf.Slots = append(shelf.Slots, s)
	}
	return shelf, nil
}

// asSaid is asFault, with nil for nothing wrong.
func (d *Dev) asSaid(err error) error {
	if err == nil {
		return nil
	}
	return d.asFault(err)
}

// silence reports whether an error is none of a slot but of the line.
func silence(err error) bool {
	f, ok := errors.AsType[*sale.Fault](err)
	return ok && f.Code != sale.CodeBoardFault
}

// wiring is how a slot is connected, in the words of the settings.
func (d *Dev) wiring(n sale.Slot) string {
	for _, s := range d.settings.Slots {
		if s.Slot != n {
			continue
		}
		said := fmt.Sprintf("relay %s for %v", s.Relay, s.Pulse)
		if len(s.Key) > 0 {
			said += ", key " + strings.Join(s.Key, "+")
		}
		return said
	}
	return ""
}

// notes are what the inputs show. It belongs to the goroutine serve.
func (d *Dev) notes() []string {
	var on []string
	for i, b := range d.settings.Boards {
		for n := range b.Inputs {
			if d.levels&mask(point{i, n + 1}) != 0 {
				on = append(on, fmt.Sprintf("%d/%d", b.Address, n+1))
			}
		}
	}
	notes := []string{"no input is on"}
	if len(on) > 0 {
		notes = []string{"inputs that are on: " + strings.Join(on, ", ")}
	}
	if d.level(d.plan.door, d.settings.Door.Open) {
		notes = append(notes, "the door is open")
	}
	if k := d.settings.DropSensor.Kind; k != sensorNone {
		notes = append(notes, fmt.Sprintf("drop sensor: %s, at %d", k, d.sensor.value))
	}
	return notes
}
