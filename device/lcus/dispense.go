package lcus

import (
	"context"
	"fmt"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// planned is the relay of a slot.
func (d *Dev) planned(slot sale.Slot) (Slot, bool) {
	for _, s := range d.settings.Slots {
		if s.Slot == slot {
			return s, true
		}
	}
	return Slot{}, false
}

// Check implements [sale.Dispenser]: the board answers, and all its relays are
// off. It knows nothing of loads or products, so it never says that a slot is
// sold out.
func (d *Dev) Check(ctx context.Context, slot sale.Slot) (sale.Evidence, error) {
	if _, ok := d.planned(slot); !ok {
		return nil, fmt.Errorf("check slot %v: %w: no relay is configured for it", slot, sale.ErrNoSlot)
	}
	release, err := d.life.Take(ctx, d.turn)
	if err != nil {
		return nil, d.life.Busy(err)
	}
	defer release()
	if err := d.allOff(ctx); err != nil {
		return nil, fmt.Errorf("check slot %v: %w", slot, err)
	}
	return nil, nil // the board remembers nothing that could be noted
}

// Dispense implements [sale.Dispenser]. It makes sure that the board answers
// and that all relays are off, writes one "on", looks at the relay until its
// time is over, and writes "off" until the board says that it is.
func (d *Dev) Dispense(ctx context.Context, c sale.Command) sale.Verdict {
	s, ok := d.planned(c.Slot)
	if !ok {
		return device.NotSent(fmt.Errorf("no relay is configured for slot %v", c.Slot))
	}
	release, err := d.life.Take(ctx, d.turn)
	if err != nil {
		return device.NotSent(err)
	}
	defer release()
	if err := d.allOff(ctx); err != nil {
		return device.NotSent(err)
	}
	none := func() {}
	left, err := d.talk.Write(ctx, Switch{byte(s.Channel), true}.Append(nil), none, none)
	if !left {
		return device.NotSent(err)
	}
	verdict := d.hold(ctx, s)
	d.release(s)
	d.talk.Lock()
	d.last = &vend{c.Number, verdict}
	d.talk.Unlock()
	d.log.Info("dispense ended", "order", string(c.Number), "slot", int(c.Slot), "outcome", verdict.Outcome.String(), "detail", verdict.Detail)
	return verdict
}

// hold looks at a relay that was switched on until its time is over. That it
// is on at the end says that it was on since the only command that can have
// done it.
func (d *Dev) hold(ctx context.Context, s Slot) sale.Verdict {
	end := time.Now().Add(s.On)
	seen, last := false, "; the board did not answer"
	for {
		asked := time.Now()
		on, err := d.states(ctx)
		switch {
		case d.life.Closed():
			return sale.Verdict{Detail: "the driver was closed while the relay was on" + last}
		case ctx.Err() != nil:
			return sale.Verdict{Detail: "no result in time" + last}
		case err == nil && on[s.Channel-1] && !asked.Before(end):
			return sale.Verdict{
				Outcome: sale.OutcomeDispensed,
				Detail:  fmt.Sprintf("relay %d was on for at least %v; nothing watches what it switches", s.Channel, s.On),
			}
		case err == nil && on[s.Channel-1]:
			seen, last = true, "; the relay was seen on"
		case err == nil && seen:
			return sale.Verdict{Detail: "the relay went off before its time"}
		case err == nil:
			return sale.Verdict{Detail: "the relay is not on after the command"}
		case !asked.Before(end):
			return sale.Verdict{Detail: "no answer of the board at the end of its time" + last}
		}
		d.life.Pause(ctx, max(time.Millisecond, min(lookEvery, time.Until(end))))
	}
}

// release switches a relay off, and looks. Where that fails, guard goes on.
func (d *Dev) release(s Slot) {
	ctx, cancel := context.WithTimeout(d.life.Context(), askWithin)
	defer cancel()
	for range stuckAfter {
		d.life.Line.Write(Switch{Channel: byte(s.Channel)}.Append(nil))
		if on, err := d.states(ctx); err == nil && !on[s.Channel-1] {
			return
		}
	}
	d.unsafe()
}

// Recover implements [sale.Dispenser]: what this process saw of the order, if
// it saw it to the end. Otherwise the board, once it answers, cannot say.
func (d *Dev) Recover(ctx context.Context, c sale.Command) (sale.Verdict, error) {
	release, err := d.life.Take(ctx, d.turn)
	if err == nil {
		defer release()
		ctx, cancel := context.WithTimeout(ctx, askWithin)
		defer cancel()
		_, err = d.talk.Ask(ctx, askStates, answerWithin, func([]bool) bool { return true })
	}
	d.talk.Lock()
	defer d.talk.Unlock()
	if v := d.last; err == nil && v != nil && v.number == c.Number {
		return v.verdict, nil
	}
	if err != nil {
		return sale.Verdict{}, fmt.Errorf("recover slot %v: %w", c.Slot, err)
	}
	return sale.Verdict{Detail: "the board answers and remembers nothing of what was on"}, nil
}
