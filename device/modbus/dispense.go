package modbus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

const (
	// leaveWithin is how long a pulse waits for the boards.
	leaveWithin = 5 * time.Second
	// stuckAfter the end of its pulse, and a step of the board's timer, a relay
	// is taken for stuck.
	stuckAfter = time.Second
)

// Dispense implements [sale.Dispenser]. It looks at everything once more,
// writes one pulse, and no second one: not when its answer is lost, not when
// the port or the board comes back. If the pulse cannot leave within five
// seconds it will not leave later, and nothing was dispensed. Then it watches
// the relay and the drop sensor until the product fell, or can fall no more,
// or ctx ends.
func (d *Dev) Dispense(ctx context.Context, c sale.Command) sale.Verdict {
	s, ok := d.plan.slots[c.Slot]
	if !ok {
		return device.NotSent(fmt.Errorf("no relay is configured for slot %v", c.Slot))
	}
	var v sale.Verdict
	if err := d.do(ctx, func(ctx context.Context) { v = d.dispense(ctx, c, s) }); err != nil {
		return device.NotSent(err)
	}
	return v
}

func (d *Dev) dispense(ctx context.Context, c sale.Command, s planned) sale.Verdict {
	r := d.pulse(s)
	if err := d.arm(ctx, c, s, r); err != nil {
		return device.NotSent(err)
	}
	v := &vend{number: c.Number, slot: s, base: d.sensor.value, breaks: d.breaks, sent: time.Now()}
	v.unit = families[d.settings.Boards[s.relay.board].Family].unit
	d.sensor.gap = 0
	n, err := d.bus.send(ctx, r)
	if n == 0 && err != nil {
		return device.NotSent(err)
	}
	d.last = v
	d.driven++
	v.answer(d.bus.hear(ctx, r))
	v.verdict = d.watch(ctx, v)
	d.log.Info("dispense ended", "order", string(c.Number), "slot", int(c.Slot), "outcome", v.verdict.Outcome.String(), "detail", v.verdict.Detail)
	return v.verdict
}

// arm waits until everything is as a vend needs it. Nothing has moved yet, so
// questions may be repeated.
func (d *Dev) arm(ctx context.Context, c sale.Command, s planned, r Request) error {
	ctx, cancel := context.WithTimeout(ctx, leaveWithin)
	defer cancel()
	for {
		err := d.lull(ctx)
		if err == nil {
			err = d.bus.forget(ctx, r)
		}
		if err == nil {
			err = d.inspect(ctx, s)
		}
		if err == nil {
			return d.unlatched(ctx, c)
		}
		if f, ok := errors.AsType[*sale.Fault](err); ok && f.Code == sale.CodeBoardFault {
			return err
		}
		if ctx.Err() != nil {
			return d.asFault(err)
		}
	}
}

// unlatched makes sure that what the sensor shows later is this vend's.
func (d *Dev) unlatched(ctx context.Context, c sale.Command) error {
	if err := d.current(c); err != nil {
		return err
	}
	if d.settings.DropSensor.Kind == sensorLatch && d.sensor.value != 0 {
		return d.clear(ctx)
	}
	return nil
}

func (d *Dev) pulse(s planned) Request {
	b := d.settings.Boards[s.relay.board]
	return families[b.Family].pulse(byte(b.Address), s.relay.n, s.pulse, b.FlashMode)
}

// watch follows a pulse that may have left.
func (d *Dev) watch(ctx context.Context, v *vend) sale.Verdict {
	for {
		err := d.step(ctx)
		if err == nil {
			err = d.follow(ctx, v)
		}
		if v.breaks != d.breaks {
			v.broken = true
		}
		if verdict, over := d.judge(v, err == nil); over {
			return verdict
		}
		select {
		case <-time.After(pauseShort):
		case <-ctx.Done():
			return d.cut(v)
		}
	}
}

// follow asks how the relay is.
func (d *Dev) follow(ctx context.Context, v *vend) error {
	asked := time.Now()
	on, err := d.isOn(ctx, v.slot.relay)
	if err != nil {
		v.broken = true
		return err
	}
	v.note(on, time.Now())
	if on && asked.After(v.end().Add(stuckAfter)) && !v.stuck {
		v.stuck = true
		d.log.Error("a relay stays on after its pulse; it is being switched off", "relay", d.relayName(v.slot.relay))
		d.ready.Store(false) // the next round switches off and looks
	}
	return nil
}

// cut is the verdict where there is no more time.
func (d *Dev) cut(v *vend) sale.Verdict {
	if n, sure := d.fell(v.base); n > 0 && sure {
		return d.given(v, n)
	}
	if d.life.Closed() {
		return v.unknown("the driver was closed during the vend")
	}
	return v.unknown("no result in time")
}

func (d *Dev) given(v *vend, n int) sale.Verdict {
	d.sensor.proved = time.Now()
	if n > 1 {
		d.log.Error("more than one product fell for one order", "order", string(v.number), "slot", int(v.slot.slot), "products", n)
	}
	return sale.Verdict{Outcome: sale.OutcomeDispensed, Detail: fmt.Sprintf("the drop sensor saw %s", products(n)) + v.aside()}
}

func products(n int) string {
	if n == 1 {
		return "one product"
	}
	return fmt.Sprintf("%d products", n)
}

// judge says what is known, and whether nothing better is to be waited for.
// fresh: this round saw relay and sensor.
func (d *Dev) judge(v *vend, fresh bool) (sale.Verdict, bool) {
	now := time.Now()
	over := v.over(now) && fresh || now.After(v.end().Add(stuckAfter))
	if v.wasOn && !v.isOff && fresh && !v.stuck {
		over = false // follow takes it for stuck soon, and has it switched off
	}
	n, sure := d.fell(v.base)
	switch {
	case !over:
		return sale.Verdict{}, false
	case n > 0 && sure:
		return d.given(v, n), true
	case v.refused != nil && v.refused.beforehand() && v.isOff && !v.wasOn && !v.broken && sure:
		return sale.Verdict{Outcome: sale.OutcomeNotDispensed, Detail: "the board refused: " + v.refused.Error()}, true
	case d.settings.DropSensor.Kind == sensorNone:
		return d.judgeBlind(v), true
	case now.Before(v.until(d)):
		return sale.Verdict{}, false
	}
	return d.judgeEmpty(v, sure && fresh), true
}

// judgeBlind is without a sensor: the motor turned, or nobody knows.
func (d *Dev) judgeBlind(v *vend) sale.Verdict {
	if why := v.doubt(); why != "" {
		return v.unknown(why)
	}
	return sale.Verdict{Outcome: sale.OutcomeDispensed, Detail: fmt.Sprintf("the relay was on for %v; no drop sensor watches", v.slot.pulse)}
}

// judgeEmpty is where the sensor has seen nothing until the end. That proves
// that nothing fell if the pulse went as it should, the sensor is known to
// work, and no moment was missed.
func (d *Dev) judgeEmpty(v *vend, sure bool) sale.Verdict {
	why := v.doubt()
	s := d.settings.DropSensor
	switch {
	case why != "":
	case !sure:
		why = "the drop sensor's register is not what it was"
	case s.Kind == sensorLevel && d.sensor.gap >= s.Hold:
		why = fmt.Sprintf("the drop sensor was not looked at for %v", d.sensor.gap.Truncate(time.Millisecond))
	case d.sensor.proved.IsZero() || time.Since(d.sensor.proved) > provedFor:
		why = "the drop sensor has not proved itself by a good vend since the start, or within a day"
	default:
		return sale.Verdict{Outcome: sale.OutcomeNotDispensed, Detail: "the relay was on as it should, and the drop sensor saw nothing" + v.aside()}
	}
	return v.unknown("the drop sensor saw nothing, which proves nothing: " + why)
}
