package mdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

const (
	// lateResult is how long a result may come after the machine ended the vend.
	lateResult = 2 * time.Second
	// leaveWithin is how long an adapter may take to be ready for an approval.
	leaveWithin = 3 * time.Second
)

// Dispense implements [sale.Dispenser]: it approves the request for which
// Check noted the evidence, once, and waits for the machine's result. Where
// the machine waits no more, nothing is approved. Nor is it by an adapter that
// does not answer: it might pass the approval on when nobody waits any more.
func (d *Dev) Dispense(ctx context.Context, c sale.Command) sale.Verdict {
	release, err := d.life.Take(ctx, d.turn)
	if err != nil {
		return d.settled(c, device.NotSent(err))
	}
	defer release()
	if err := d.answers(ctx); err != nil {
		return d.settled(c, device.NotSent(err))
	}
	v, err := d.approve(ctx, c)
	if err != nil {
		return d.settled(c, device.NotSent(err))
	}
	err = d.life.Await(ctx, &d.mu, func() bool { return v.final != nil || v.ended != "" })
	if err == nil {
		d.grace(ctx, v)
	}
	d.mu.Lock()
	v.serving = false
	verdict := v.verdict(err)
	d.mu.Unlock()
	return d.settled(c, verdict)
}

// answers asks an adapter that can be asked whether it is there.
func (d *Dev) answers(ctx context.Context) error {
	if d.text == nil {
		return nil
	}
	within, cancel := context.WithTimeout(ctx, leaveWithin)
	defer cancel()
	d.mu.Lock()
	before := d.link.count
	d.life.Line.Write([]byte(ping))
	d.mu.Unlock()
	if err := d.life.Await(within, &d.mu, func() bool { return d.link.count != before }); err != nil {
		return d.life.Absence(nil, err)
	}
	return nil
}

// settled is the end of a Dispense.
func (d *Dev) settled(c sale.Command, v sale.Verdict) sale.Verdict {
	d.remember(c, v)
	d.log.Info("dispense ended", "order", string(c.Number), "slot", int(c.Slot), "outcome", v.Outcome.String(), "detail", v.Detail)
	return v
}

// remember notes a slot that the core closes now: it is reported well when the
// machine asks for it again.
func (d *Dev) remember(c sale.Command, v sale.Verdict) {
	if v.Outcome == sale.OutcomeNotDispensed {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.failed[c.Slot] = true
	}
}

// approve writes the approval of the order's request. From here on it counts
// as approved, whatever became of its bytes.
func (d *Dev) approve(ctx context.Context, c sale.Command) (*vend, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.request(c.Evidence)
	switch {
	case v == nil:
		return nil, errors.New("the vending machine waits for another request, or for none")
	case v.slot != c.Slot:
		return nil, fmt.Errorf("the request is for slot %v", v.slot)
	case !v.approved.IsZero():
		return nil, errors.New("the request was approved before")
	case v.over != "":
		return nil, fmt.Errorf("the request was over: %s", v.over)
	case v.session != d.life.Line.Session() || d.life.Line.Err() != nil:
		return nil, errors.New("the adapter went away since the request")
	case ctx.Err() != nil || d.life.Closed():
		return nil, errors.New("it was too late to begin")
	}
	b, err := d.codec.say(approve, v.price, d.link.level)
	if err != nil {
		d.deny("its price cannot be said")
		return nil, err
	}
	v.approved, v.number, v.serving = time.Now(), c.Number, true
	d.served = v
	n, err := d.life.Line.Write(b)
	d.log.Info("approval written", "order", string(c.Number), "slot", int(c.Slot), "price", v.price.String(), "bytes", n)
	if n == 0 && err != nil {
		v.serving, v.over = false, "the adapter went away"
		v.end("no byte of the approval left")
		return nil, err
	}
	return v, nil
}

// grace waits a little for the result of a vend that ended without one.
func (d *Dev) grace(ctx context.Context, v *vend) {
	d.mu.Lock()
	left := lateResult - time.Since(v.endedAt)
	d.mu.Unlock()
	within, cancel := context.WithTimeout(ctx, max(left, 0))
	defer cancel()
	d.life.Await(within, &d.mu, func() bool { return v.final != nil })
}

// verdict is what is known now. err is why nobody waits any more, nil if the
// machine has ended the vend.
func (v *vend) verdict(err error) sale.Verdict {
	switch {
	case v.final != nil:
		return *v.final
	case v.ended != "":
		return sale.Verdict{Detail: v.ended}
	case err == device.ErrClosed:
		return sale.Verdict{Detail: "the driver was closed after the approval, before a result"}
	}
	return sale.Verdict{Detail: "no result of the vending machine in time"}
}
