package wvl

import (
	"context"
	"errors"
	"fmt"

	"kioskd/sale"
)

// Recover implements [sale.Dispenser]. It sends RESULT and nothing else, and
// waits for a motor that still turns.
func (d *Dev) Recover(ctx context.Context, c sale.Command) (sale.Verdict, error) {
	release, err := d.life.Take(ctx, d.turn)
	if err != nil {
		return sale.Verdict{}, fmt.Errorf("recover token %d: %w", c.Token, err)
	}
	defer release()
	for {
		within, cancel := context.WithTimeout(ctx, askWithin)
		r, err := d.result(within, c.Token)
		cancel()
		if err != nil {
			return sale.Verdict{}, fmt.Errorf("recover token %d: %w", c.Token, err)
		}
		if r.state != running {
			return recovered(c, r, d.settings.DropSensor), nil
		}
		d.life.Pause(ctx, 4*keepEvery)
		if ctx.Err() != nil || d.life.Closed() {
			return sale.Verdict{}, fmt.Errorf("recover token %d: %w", c.Token, errors.New("the motor still turns"))
		}
	}
}

// recovered judges what the log says of a command that an earlier process may
// have sent.
func recovered(c sale.Command, r record, sensor bool) sale.Verdict {
	e := decodeEvidence(c.Evidence)
	switch {
	case c.Token == 0:
		return unknown("the order has no token")
	case e != nil && e.Log != r.log:
		return unknown("the controller's log is %08X, and %08X when the slot was checked: the board was exchanged or its memory cleared", r.log, e.Log)
	case r.state == notKnown:
		return absent(e, r)
	case r.slot != c.Slot:
		return unknown("the controller has the token for slot %v", r.slot)
	case e != nil && r.index <= e.N:
		return unknown("the controller has the token from before this order (record %d, at %d)", r.index, e.N)
	case !r.final():
		return unknown("the controller says %s, which is no result", r.state)
	}
	return outcome(r, sensor)
}

// absent judges a token that is not in the log. That it never arrived is
// proved only by the log that was there before the command, if it still has
// every record since.
func absent(e *evidence, r record) sale.Verdict {
	switch {
	case e == nil:
		return unknown("the controller does not know the token, and nothing says which log it had before")
	case !r.reaches(e.N):
		return unknown("the controller does not know the token, and its log does not reach back far enough (record %d; it has the last %d of %d)", e.N, r.has, r.n)
	}
	return sale.Verdict{
		Outcome: sale.OutcomeNotDispensed,
		Detail:  fmt.Sprintf("log %08X has every record since the slot was checked, and not this token", r.log),
	}
}
