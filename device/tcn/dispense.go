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
	number  sale.Number
	slot    sale.Slot
	curtain bool
	odd     string    // the newest reply that is in no table
	until   time.Time // a reply that comes later is not believed
	over    bool
	verdict sale.Verdict
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
	v := &vend{number: c.Number, slot: c.Slot, curtain: d.settings.DropSensor}
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
	left, err := d.talk.Command(ctx, command.Append(nil), func(now time.Time) {
		d.last, v.until = v, now.Add(d.settings.VendTime)
		d.talk.Rest(v.until)
	})
	if !left {
		d.talk.Lock()
		defer d.talk.Unlock()
		if d.last == v {
			d.last = nil
			d.talk.Resume(time.Now())
		}
		return device.NotSent(err)
	}
	within, cancel := context.WithTimeout(ctx, d.settings.VendTime)
	defer cancel()
	err = d.life.Await(within, &d.talk.State, func() bool { return v.over })
	d.talk.Lock()
	defer d.talk.Unlock()
	switch {
	case v.over:
		return v.verdict
	case err == device.ErrClosed:
		return sale.Verdict{Detail: "the driver was closed during the vend" + v.odd}
	}
	return sale.Verdict{Detail: "no reply of the board in time" + v.odd}
}

// unasked takes a reply that answers no question: the run's, while one may be
// under way.
func (d *Dev) unasked(r Reply, now time.Time) {
	v := d.last
	if v == nil || v.over || now.After(v.until) {
		d.log.Info("a reply that answers nothing", "reply", fmt.Sprintf("% X", r.Append(nil)))
		return
	}
	if !r.listed() {
		v.odd = fmt.Sprintf("; it said % X, which is in no table", r.Append(nil))
		d.log.Warn("a reply that is in no table", "order", string(v.number), "reply", fmt.Sprintf("% X", r.Append(nil)))
		return
	}
	v.over, v.verdict = true, r.verdict(v.curtain)
	if r.R4 == dropExtra {
		d.log.Warn("the motor made an extra turn: two products may have fallen", "order", string(v.number), "slot", int(v.slot))
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
	if v := d.last; v != nil && v.over && v.number == c.Number {
		return v.verdict, nil
	}
	if err != nil {
		return sale.Verdict{}, fmt.Errorf("recover slot %v: %w", c.Slot, err)
	}
	return sale.Verdict{Detail: "the board answers and remembers nothing of a run"}, nil
}
