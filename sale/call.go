package sale

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"time"
)

// callWithin bounds one attempt to reach the provider, over all its domains.
const callWithin = 15 * time.Second

// recoverWithin bounds one look for evidence; silentWithin is how long a board
// may stay silent before the policy decides about an unknown outcome.
const (
	recoverWithin = 20 * time.Second
	silentWithin  = 60 * time.Second
)

func usesNetwork(e Effect) bool {
	switch e {
	case DoCreate, DoQuery, DoClose, DoRefund, DoQueryRefund:
		return true
	}
	return false
}

// call carries out an effect. It runs beside the machine and touches nothing
// but the ports.
func (m *Machine) call(o Order, effect Effect) (Event, error) {
	switch effect {
	case DoDispense:
		ctx, cancel := context.WithTimeout(m.calls, m.o.DispenseWithin)
		defer cancel()
		return Vended{Verdict: m.o.Dispenser.Dispense(ctx, command(o))}, nil
	case DoRecover:
		ctx, cancel := context.WithTimeout(m.calls, recoverWithin)
		defer cancel()
		v, err := m.o.Dispenser.Recover(ctx, command(o))
		return Recovered{v}, err
	}
	ctx, cancel := context.WithTimeout(m.calls, callWithin)
	defer cancel()
	switch effect {
	case DoCreate:
		url, err := m.create(ctx, o)
		return CodeReady{url}, err
	case DoQuery:
		trade, err := m.o.Gateway.Query(ctx, o)
		return TradeSeen{Trade: trade}, err
	case DoClose:
		return CloseAccepted{}, m.o.Gateway.Close(ctx, o)
	case DoRefund:
		r, err := m.o.Gateway.Refund(ctx, o)
		return RefundSeen{r}, err
	case DoQueryRefund:
		r, err := m.o.Gateway.QueryRefund(ctx, o)
		return RefundSeen{r}, err
	}
	panic("sale: no call for effect " + effect.String())
}

// create registers an order. One of which only the number is known has no
// request of its own: any will do, for its code is shown to nobody.
func (m *Machine) create(ctx context.Context, o Order) (code string, err error) {
	if len(o.Request) == 0 {
		shadow := o
		shadow.Product = Product{Slot: o.Product.Slot, Name: string(o.Number), Price: 1}
		if o.Request, err = m.o.Gateway.Prepare(shadow, m.o.Clock.Now().Add(time.Minute)); err != nil {
			return "", err
		}
	}
	return m.o.Gateway.Create(ctx, o)
}

// command is the order's newest one. A command in another slot has a token of
// its own, far from those of the next orders in a board that keeps a byte of it.
func command(o Order) Command {
	return Command{
		Number: o.Number, Token: uint32(o.Seq) + uint32(len(o.Failed))<<30,
		Slot: o.Product.Slot, Evidence: o.Evidence,
	}
}

// failure maps a port's error to what Next wants to know.
func failure(err error) Failure {
	for _, f := range []struct {
		err error
		why Failure
	}{
		{ErrNotFound, FailNotFound}, {ErrPaid, FailPaid}, {ErrPaying, FailPaying}, {ErrAlreadyClosed, FailClosed},
		{ErrRefused, FailRefused}, {ErrMerchant, FailMerchant}, {ErrNotEnough, FailNotEnough},
	} {
		if errors.Is(err, f.err) {
			return f.why
		}
	}
	return FailTemporary
}

// pace says how long to wait before an effect. No order ever asks the provider
// more than once a second.
func (m *Machine) pace(t *tracked, e Effect) time.Duration {
	var wait time.Duration
	switch e {
	case DoDispense:
		return 0
	case DoAwaitReady:
		return beat
	case DoRecover:
		return after(t.tries, 0, time.Second, 2*time.Second, 5*time.Second)
	case DoCreate:
		wait = after(t.tries, 0, time.Second, 2*time.Second)
	case DoClose:
		wait = after(t.rounds/6, 0, 5*time.Second, 15*time.Second, time.Minute)
	case DoQuery:
		wait = m.queryPace(t)
	case DoRefund:
		wait = m.refundPace(t)
	case DoQueryRefund:
		if t.rounds > 0 {
			wait = after(t.rounds-1, 5*time.Second, 10*time.Second, 15*time.Second, 30*time.Second, time.Minute, time.Minute, 2*time.Minute, 5*time.Minute)
		}
	}
	wait = max(wait, time.Second-time.Since(t.called))
	most := wait / 4
	if t.order.State == Awaiting || wait <= time.Second {
		most = min(wait, 40*time.Millisecond) // a customer waits
	}
	return wait + m.jitter(most)
}

// jitter keeps a fleet from asking in step. It only adds.
func (m *Machine) jitter(most time.Duration) time.Duration {
	if most <= 0 {
		return 0
	}
	var b [8]byte
	if _, err := io.ReadFull(m.o.Random, b[:]); err != nil {
		return most / 2 // politeness is not worth a sale
	}
	return time.Duration(binary.LittleEndian.Uint64(b[:]) % uint64(most))
}

// lookupEvery is the pace at which the provider is asked about orders from a
// copy, which may be hundreds.
const lookupEvery = 250 * time.Millisecond

func (m *Machine) queryPace(t *tracked) time.Duration {
	switch {
	case t.order.Restored && t.order.State != Closed && t.rounds == 0:
		return t.patience
	case t.order.State == Awaiting && t.tries > 0:
		return after(t.tries-1, time.Second, time.Second, 2*time.Second)
	case t.order.State == Awaiting:
		// Who answers slowly is asked sooner: silence must be noticed in time.
		return m.pacing.Next(t.called.Sub(t.since)) - t.took - time.Since(t.called)
	case t.tries > 0 && (t.why == FailPaying || t.why == FailNotFound):
		return min(5*time.Second, time.Duration(t.tries)*time.Second)
	case t.tries > 0:
		return after(t.tries-1, time.Second, 2*time.Second, 4*time.Second, 8*time.Second, 15*time.Second, 30*time.Second, time.Minute)
	case t.order.State == Closing || t.order.State == Closed || t.order.State == Paid:
		return after(t.rounds/6, 0, 5*time.Second, 15*time.Second, time.Minute)
	}
	return 0
}

// after picks the nth wait; the last one stands for all that follow.
func after(n int, waits ...time.Duration) time.Duration { return waits[min(n, len(waits)-1)] }
