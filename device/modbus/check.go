package modbus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// inspectWithin bounds the tries of one look at everything.
const inspectWithin = 2500 * time.Millisecond

// Check implements [sale.Dispenser]: all boards answer, the slot's relay is
// off, the door closed and the drop sensor clear. A relay board knows nothing
// of products, so it never says that a slot is sold out. Within the time in
// which the product of an earlier vend may still fall, Check waits.
func (d *Dev) Check(ctx context.Context, slot sale.Slot) (sale.Evidence, error) {
	s, ok := d.plan.slots[slot]
	if !ok {
		return nil, fmt.Errorf("check slot %v: %w: no relay is configured for it", slot, sale.ErrNoSlot)
	}
	var e sale.Evidence
	var err error
	if busy := d.do(ctx, func(ctx context.Context) { e, err = d.check(ctx, s) }); busy != nil {
		return nil, d.life.Busy(busy)
	}
	return e, err
}

func (d *Dev) check(ctx context.Context, s planned) (sale.Evidence, error) {
	if err := d.lull(ctx); err != nil {
		return nil, err
	}
	if err := d.inspect(ctx, s); err != nil {
		return nil, d.asFault(err)
	}
	if d.settings.DropSensor.Kind == sensorLatch && d.sensor.value != 0 && d.known() {
		if err := d.clear(ctx); err != nil {
			return nil, d.asFault(err)
		}
	}
	return device.EncodeEvidence(d.evidence()), nil
}

// known reports whether the product that set the latch was told to the core.
// Otherwise the latch may be the evidence of an earlier process's order.
func (d *Dev) known() bool {
	return d.last != nil && d.last.verdict.Outcome == sale.OutcomeDispensed
}

// lull waits until what the last vend moved has fallen or never will.
func (d *Dev) lull(ctx context.Context) error {
	for d.busy() {
		d.step(ctx)
		select {
		case <-time.After(pauseShort):
		case <-ctx.Done():
			return d.life.Busy(context.Cause(ctx))
		}
	}
	return nil
}

// busy reports whether a product of the last vend may still fall.
func (d *Dev) busy() bool {
	return d.last != nil && d.last.verdict.Outcome != sale.OutcomeDispensed && time.Now().Before(d.last.until(d))
}

// inspect looks at everything that a vend of the slot needs, again if an
// answer was lost.
func (d *Dev) inspect(ctx context.Context, s planned) error {
	ctx, cancel := context.WithTimeout(ctx, inspectWithin)
	defer cancel()
	for {
		err := d.look(ctx, s)
		if err == nil || !d.again(err) || ctx.Err() != nil {
			return err
		}
	}
}

// again reports whether an error of the line may be gone the next time.
func (d *Dev) again(err error) bool {
	_, refused := errors.AsType[*Exception](err)
	_, fault := errors.AsType[*sale.Fault](err)
	return !refused && !fault && !errors.Is(err, errEcho)
}

func (d *Dev) look(ctx context.Context, s planned) error {
	if err := d.step(ctx); err != nil {
		return err
	}
	if err := d.count(ctx); err != nil {
		return err
	}
	if err := d.mustBeOff(ctx, s.relay); err != nil {
		d.ready.Store(false) // if it is on, the next round switches it off
		return err
	}
	if d.level(d.plan.door, d.settings.Door.Open) {
		return boardFault("the door is open", "close it; if it is closed, check its switch and door.open in the configuration")
	}
	if d.blocked() {
		return boardFault("something is in the beam of the drop sensor", "clear the drop zone; if it is clear, check the sensor and drop_sensor.blocked in the configuration")
	}
	return nil
}

// asFault makes of an error what a screen can show.
func (d *Dev) asFault(err error) error {
	if _, ok := errors.AsType[*sale.Fault](err); ok {
		return err
	}
	if x, ok := errors.AsType[*Exception](err); ok {
		f := boardFault("a relay board refuses a question", "check family, relays and inputs of the boards in the configuration")
		f.Err = x
		return f
	}
	return d.life.Absence(d.Health(), err)
}
