package tcn

import (
	"context"
	"fmt"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// Check implements [sale.Dispenser]: the board answers, and the door is closed
// where it has a switch. The board knows nothing of products, so it never says
// that a slot is sold out. It waits for a motor that may still turn.
func (d *Dev) Check(ctx context.Context, slot sale.Slot) (sale.Evidence, error) {
	if slot < 1 || int(slot) > d.settings.Slots {
		return nil, fmt.Errorf("check slot %v: %w: motors are numbered from 1 to %d", slot, sale.ErrNoSlot, d.settings.Slots)
	}
	release, err := d.life.Take(ctx, d.turn)
	if err != nil {
		return nil, d.life.Busy(err)
	}
	defer release()
	if err := d.ready(ctx); err != nil {
		return nil, fmt.Errorf("check slot %v: %w", slot, err)
	}
	return nil, nil // the board remembers nothing that could be noted
}

// ready asks for the door until the board answers.
func (d *Dev) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askWithin+d.settings.VendTime)
	defer cancel()
	r, err := d.talk.Ask(ctx, Command{readDoor, curtainOff}.Append(nil), answerWithin, isDoor)
	if err != nil {
		return err
	}
	if d.settings.Door == doorNormal && r.R3 == 0 || d.settings.Door == doorReversed && r.R3 == 1 {
		return d.life.Board.Fault("says that the door is open", "close it; if it is closed, check its switch and door in the configuration")
	}
	return nil
}

// vend is one run.
type vend struct {
	device.Vend
	slot    sale.Slot
	curtain bool
	until   time.Time // a reply that comes later is not believed
}

// Dispense implements [sale.Dispenser]. It asks for the door first: a board
// that does not answer gets no command, which it might obey when nobody waits
// any more. Then it writes one run and waits for its one reply, for vend_time
// at most.
func (d *Dev) Dispense(ctx context.Context, c sale.Command) sale.Verdict {
	if c.Slot < 1 || int(c.Slot) > d.settings.Slots {
		return device.NotSent(fmt.Errorf("motors are numbered from 1 to %d", d.settings.Slots))
	}
	release, err := d.life.Take(ctx, d.turn)
	if err != nil {
		return device.NotSent(err)
	}
	defer release()
	if err := d.ready(ctx); err != nil {
		return device.NotSent(err)
	}
	v := &vend{Vend: device.Vend{Number: c.Number}, slot: c.Slot, curtain: d.settings.DropSensor}
	verdict := d.run(ctx, v)
	d.log.Info("dispense ended", "order", string(c.Number), "slot", int(c.Slot), "outcome", verdict.Outcome.String(), "detail", verdict.Detail)
	return verdict
}

// run writes the run and waits for its reply.
func (d *Dev) run(ctx context.Context, v *vend) sale.Verdict {
	command := Command{byte(v.slot), curtainOff}
	if v.curtain {
		command.D5 = curtainOn
	}
	return d.talk.Drive(ctx, command.Append(nil), d.settings.VendTime, &v.Vend,
		func() { d.last, v.until = v, time.Now().Add(d.settings.VendTime) },
		func() { d.last = nil })
}

// unasked takes a reply that answers no question: the run's, while one may be
// under way.
func (d *Dev) unasked(r Reply, now time.Time) {
	v := d.last
	if v == nil || v.Over || now.After(v.until) {
		d.log.Info("a reply that answers nothing", "reply", fmt.Sprintf("% X", r.Append(nil)))
		return
	}
	if !r.listed() {
		v.Odd = fmt.Sprintf("; it said % X, which is in no table", r.Append(nil))
		d.log.Warn("a reply that is in no table", "order", string(v.Number), "reply", fmt.Sprintf("% X", r.Append(nil)))
		return
	}
	v.End(r.verdict(v.curtain))
	if r.R4 == dropExtra {
		d.log.Warn("the motor made an extra turn: two products may have fallen", "order", string(v.Number), "slot", int(v.slot))
	}
	d.talk.Resume(now)
}

// Recover implements [sale.Dispenser]: the reply to the run, if this process
// wrote it and the reply came, however late. Otherwise the board, once it
// answers, cannot say.
func (d *Dev) Recover(ctx context.Context, c sale.Command) (sale.Verdict, error) {
	release, err := d.life.Take(ctx, d.turn)
	if err != nil {
		return sale.Verdict{}, fmt.Errorf("recover slot %v: %w", c.Slot, err)
	}
	defer release()
	ctx, cancel := context.WithTimeout(ctx, askWithin+d.settings.VendTime)
	defer cancel()
	_, err = d.talk.Ask(ctx, Command{readDoor, curtainOff}.Append(nil), answerWithin, isDoor)
	d.talk.Lock()
	defer d.talk.Unlock()
	if v := d.last; v != nil && v.Over && v.Number == c.Number {
		return v.Verdict, nil
	}
	if err != nil {
		return sale.Verdict{}, fmt.Errorf("recover slot %v: %w", c.Slot, err)
	}
	return sale.Verdict{Detail: "the board answers and remembers nothing of a run"}, nil
}
