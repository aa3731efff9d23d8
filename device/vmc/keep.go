package vmc

import (
	"context"
	"fmt"
	"time"

	"kioskd/sale"
)

const (
	keepEvery = time.Second
	// keepFirst leaves a VMC that has just been plugged to its slot reports.
	keepFirst   = 10 * time.Second
	statusEvery = time.Minute
	pausedEvery = time.Minute
	// keepWithin bounds one question that nobody waits for: a customer might.
	keepWithin = time.Second
	// statusTries questions for the machine's state without an answer mean that
	// this firmware has none.
	statusTries = 3
)

// keep is the goroutine that asks what nobody waits for, while nobody else asks.
func (d *Dev) keep() {
	ctx := d.life.Context()
	var asked time.Time
	tries := 0
	for ctx.Err() == nil {
		d.life.Pause(ctx, keepEvery)
		if d.Health() != nil || time.Since(d.openedAt()) < keepFirst {
			continue
		}
		if slot, ok := d.duePaused(time.Now()); ok {
			d.recheck(ctx, slot)
			continue
		}
		if tries < statusTries && time.Since(asked) >= statusEvery {
			asked = time.Now()
			if d.spare(ctx, func(ctx context.Context) error { _, err := d.askMachine(ctx); return err }) {
				tries = 0
			} else {
				tries++
			}
		}
	}
}

func (d *Dev) openedAt() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.link.opened
}

// spare asks a question if nobody talks to the VMC now, for a second at most.
// It reports whether there was an answer.
func (d *Dev) spare(ctx context.Context, ask func(context.Context) error) bool {
	select {
	case d.turn <- struct{}{}:
	default:
		return true // somebody does: that is no silence
	}
	defer func() { <-d.turn }()
	ctx, cancel := context.WithTimeout(ctx, keepWithin)
	defer cancel()
	return ask(ctx) == nil
}

// pause remembers that the VMC has paused a selection, so that it is asked
// again: it tells the end of a pause only to whom it wants. Called with mu held.
func (d *Dev) pause(slot sale.Slot) {
	if _, known := d.paused[slot]; !known {
		d.log.Warn("the controller has paused a slot; look at its menu if that was nobody", "slot", int(slot), "paused", len(d.paused)+1)
	}
	d.paused[slot] = time.Now()
}

// duePaused is a paused selection that was not asked about lately.
func (d *Dev) duePaused(now time.Time) (sale.Slot, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for slot, at := range d.paused {
		if now.Sub(at) >= pausedEvery {
			return slot, true
		}
	}
	return 0, false
}

// recheck asks about a paused selection. state tells the core if it is well.
func (d *Dev) recheck(ctx context.Context, slot sale.Slot) {
	d.mu.Lock()
	d.paused[slot] = time.Now()
	d.mu.Unlock()
	d.spare(ctx, func(ctx context.Context) error { return d.state(ctx, slot) })
}

// AskMachine asks the VMC for the machine's state now (51). The error is a
// *sale.Fault: there is no answer.
func (d *Dev) AskMachine(ctx context.Context) (Machine, error) {
	release, err := d.life.Take(ctx, d.turn)
	if err != nil {
		return Machine{}, d.life.Busy(err)
	}
	defer release()
	return d.askMachine(ctx)
}

// askMachine wants the turn.
func (d *Dev) askMachine(ctx context.Context) (Machine, error) {
	var m Machine
	_, err := d.ask(ctx, "the machine's state", &request{cmd: cmdMachine, answer: func(f Frame) (ok bool) {
		if f.Cmd == cmdMachined {
			m, ok = decodeMachine(f.Text())
		}
		return ok
	}})
	if err != nil {
		return Machine{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if was := d.machine.DoorOpen; m.DoorOpen != nil && (was == nil || *was != *m.DoorOpen) {
		d.log.Info("the machine's door", "open", *m.DoorOpen)
		if was != nil {
			d.life.Emit(sale.DoorMoved{Open: *m.DoorOpen})
		}
	}
	d.machine = m
	return m, nil
}

// Condition is what the VMC last said of the whole machine, asked for once a
// minute: see [Machine]. A door that has moved is an event; nothing else is
// decided by it.
func (d *Dev) Condition() any {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.machine
}

// DoorOpen is the VMC's last word on the machine's door, if it has one.
func (d *Dev) DoorOpen() (open, known bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.machine.DoorOpen == nil {
		return false, false
	}
	return *d.machine.DoorOpen, true
}

// Celsius is the VMC's last word on the temperature inside, if it has one.
func (d *Dev) Celsius() (degrees int, known bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.machine.Temperature == nil {
		return 0, false
	}
	return *d.machine.Temperature, true
}

// liftStates is what 54 says.
var liftStates = map[byte]string{
	0x00: "the lift is well",
	0x01: "the product is in the lift",
	0x02: "the delivery door is not closed",
	0x03: "lift error",
	0x04: "the lift's self-check found a fault",
}

// askLift is what the VMC says of the lift (53), in words. It wants the turn.
func (d *Dev) askLift(ctx context.Context) (string, error) {
	f, err := d.ask(ctx, "the lift's state", &request{cmd: cmdLift, answer: func(f Frame) bool {
		return f.Cmd == cmdLifted && len(f.Text()) >= 1
	}})
	if err != nil {
		return "", err
	}
	code := f.Text()[0]
	text, ok := liftStates[code]
	if !ok {
		text = notInTable
	}
	return fmt.Sprintf("lift state %02X: %s", code, text), nil
}
