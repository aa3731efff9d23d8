package vmc

import (
	"context"
	"fmt"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

const (
	// leaveWithin is how long a command waits for a POLL to leave on.
	leaveWithin = 5 * time.Second
	// secondThought is how long a doubtful word waits for a better one.
	secondThought = 3 * time.Second
	// vendMost is how long a vend can take, with heating.
	vendMost = 5 * time.Minute
)

// Dispense implements [sale.Dispenser]. It writes one 06 on the next POLL, and
// no second one: not when its ACK or its result is lost, not when the port or
// the VMC comes back. If it cannot leave within five seconds it will not leave
// later, and nothing was dispensed. Once it may have left, Dispense waits for
// the VMC's word until ctx ends, across reconnections. It returns unknown
// before that when the VMC restarts or reports a fault that proves nothing.
func (d *Dev) Dispense(ctx context.Context, c sale.Command) sale.Verdict {
	if c.Slot < 1 || c.Slot > maxSlot {
		return device.NotSent(fmt.Errorf("this controller numbers its slots from 1 to %d", maxSlot))
	}
	release, err := d.life.Take(ctx, d.turn)
	if err != nil {
		return device.NotSent(err)
	}
	defer release()
	if err := d.current(ctx, c); err != nil {
		return device.NotSent(err)
	}
	finish := func(v sale.Verdict) sale.Verdict { return v }
	if c.Number.Test() {
		finish = d.commission(ctx, c.Slot)
	}
	v := &vend{number: c.Number, slot: c.Slot, oven: d.settings.Oven}
	if err := d.leave(ctx, v); err != nil {
		return device.NotSent(err)
	}
	return finish(d.result(ctx, v))
}

// current refuses evidence that another vend of the slot has overtaken: after
// a crash Recover would take that one's count for this one's. Only where such
// a vend is possible the VMC is asked, which takes a moment.
func (d *Dev) current(ctx context.Context, c sale.Command) error {
	e := decodeEvidence(c.Evidence)
	if e.Counters == nil || !d.counts() {
		return nil
	}
	d.mu.Lock()
	same := e.Run == d.run && e.Driven == d.driven[c.Slot]
	d.mu.Unlock()
	if same {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, leaveWithin)
	defer cancel()
	if err := d.life.Await(ctx, &d.mu, func() bool { return d.Health() == nil }); err != nil {
		return d.absence(err)
	}
	now, err := d.counters(ctx, c.Slot)
	if err != nil {
		return err
	}
	if *now != *e.Counters {
		return fmt.Errorf("slot %v was driven after it was checked for this order (sales counter %d, then %d)", c.Slot, e.Counters.Sold, now.Sold)
	}
	return nil
}

// absence prefers the reason for which the VMC is away to a time-out.
func (d *Dev) absence(err error) error {
	if f := d.Health(); f != nil {
		return f
	}
	return err
}

// leave waits until the command is written. With an error it never will be.
func (d *Dev) leave(ctx context.Context, v *vend) error {
	ctx, cancel := context.WithTimeout(ctx, leaveWithin)
	defer cancel()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	hi, lo := slotBytes(v.slot)
	r := &request{cmd: cmdDrive, text: []byte{bit(d.settings.DropSensor), bit(d.settings.Lift), hi, lo}, vend: v}
	d.mu.Lock()
	d.link.queue = append(d.link.queue, r)
	d.mu.Unlock()
	err := d.life.Await(ctx, &d.mu, func() bool { return r.state != queued })
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.state != queued {
		return nil
	}
	d.withdraw(r)
	return d.absence(err)
}

func bit(on bool) byte {
	if on {
		return 1
	}
	return 0
}

// result waits for what the VMC says about the vend.
func (d *Dev) result(ctx context.Context, v *vend) sale.Verdict {
	err := d.life.Await(ctx, &d.mu, v.over)
	if err == nil {
		within, cancel := context.WithTimeout(ctx, secondThought)
		defer cancel()
		d.life.Await(within, &d.mu, func() bool { return v.final || v.restarted })
	}
	lift := d.afterLift(ctx, v)
	d.mu.Lock()
	defer d.mu.Unlock()
	why := "no result in time"
	if err == device.ErrClosed {
		why = "the driver was closed during the vend"
	}
	r := v.result(why)
	r.Detail += lift
	if was, ok := d.counted[v.slot]; ok && r.Outcome == sale.OutcomeDispensed {
		was.vends++
		d.counted[v.slot] = was
	}
	d.log.Info("dispense ended", "order", string(v.number), "slot", int(v.slot), "outcome", r.Outcome.String(), "detail", r.Detail)
	return r
}

// afterLift asks the lift where the product is after it failed. That decides
// nothing: a product in the lift may still reach the customer.
func (d *Dev) afterLift(ctx context.Context, v *vend) string {
	d.mu.Lock()
	ask := v.lift && !v.final && !v.restarted
	d.mu.Unlock()
	if !ask || !d.settings.Lift {
		return ""
	}
	said, err := d.askLift(ctx)
	if err != nil {
		return ""
	}
	return "; " + said
}
