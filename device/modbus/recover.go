package modbus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// Recover implements [sale.Dispenser]. It writes nothing but what switches
// relays off. What this process saw of the order decides; else the drop
// sensor's register does, if it is one higher than when the slot was checked
// and nothing else was driven since. A register that did not move proves
// nothing: a board without power counts nothing either.
func (d *Dev) Recover(ctx context.Context, c sale.Command) (sale.Verdict, error) {
	var v sale.Verdict
	var err error
	busy := d.do(ctx, func(ctx context.Context) { v, err = d.recover(ctx, c) })
	switch {
	case errors.Is(busy, device.ErrClosed):
		err = d.life.Board.Closed()
	case busy != nil:
		err = busy
	}
	if err != nil {
		return sale.Verdict{}, fmt.Errorf("recover slot %v: %w", c.Slot, err)
	}
	return v, nil
}

func (d *Dev) recover(ctx context.Context, c sale.Command) (sale.Verdict, error) {
	mine := d.last != nil && d.last.number == c.Number
	if mine && d.last.verdict.Outcome != sale.OutcomeUnknown {
		return d.last.verdict, nil
	}
	began := time.Now()
	for {
		err := d.step(ctx)
		if err == nil {
			err = d.count(ctx)
		}
		if err != nil && (ctx.Err() != nil || !d.again(err) || d.missed >= goneAfter) {
			return sale.Verdict{}, d.asFault(err)
		}
		if err == nil {
			v := d.compare(c, mine)
			if v.Outcome != sale.OutcomeUnknown || !d.sensor.counts || time.Since(began) > d.settings.DropSensor.Fall {
				return v, nil
			}
		}
		select {
		case <-time.After(pauseShort):
		case <-ctx.Done():
			return sale.Verdict{}, d.asFault(context.Cause(ctx))
		}
	}
}

// compare draws what can be drawn from the drop sensor's register.
func (d *Dev) compare(c sale.Command, mine bool) sale.Verdict {
	e := decodeEvidence(c.Evidence)
	then, ok := d.before(c.Evidence)
	driven := 0
	if e.Run == d.run {
		driven = e.Driven
	}
	if mine {
		driven++
	}
	n, sure := d.fell(then)
	detail := "the boards cannot say: "
	switch {
	case !ok:
		return sale.Verdict{Detail: detail + "no register of a drop sensor to compare with"}
	case e.Run == d.run && !mine && d.driven == e.Driven:
		return sale.Verdict{Outcome: sale.OutcomeNotDispensed, Detail: "no pulse was written since the slot was checked"}
	case d.driven != driven:
		return sale.Verdict{Detail: detail + "another slot was driven since"}
	case sure && n == 1:
		return sale.Verdict{Outcome: sale.OutcomeDispensed, Detail: fmt.Sprintf("the drop sensor's register stood at %d and stands at %d", then, d.sensor.value)}
	}
	return sale.Verdict{Detail: fmt.Sprintf("%sthe drop sensor's register stood at %d and stands at %d", detail, then, d.sensor.value)}
}
