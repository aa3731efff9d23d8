package sale

import "context"

// Resolution is a person's answer to the question that an order in attention
// asks.
type Resolution struct {
	Number string `json:"number"` // of the order, or the end of it
	// As: Dispensed, the customer has the product and the money stays; Refunding,
	// the money goes back; WrittenOff, it was settled outside the machine, in
	// cash or in the merchant portal, or never will be.
	As     State  `json:"as"`
	Reason string `json:"reason"` // for the journal, 1 to MaxReason characters
	By     Actor  `json:"-"`      // who says so; empty: a command
}

// Resolve settles an order in attention and returns it as it is then. A refund
// goes on by itself. An error says why nothing was settled. It may be called
// from any goroutine while Run runs.
func (m *Machine) Resolve(ctx context.Context, r Resolution) (Order, error) {
	return ask(ctx, m, func() (Order, error) {
		return m.decide(r.Number, Action{By: r.By, What: DeedResolve, Note: r.Reason}, r.As, func(o Order) error { return resolvable(o, r.As) })
	})
}

// resolvable says why an order cannot be settled like this.
func resolvable(o Order, as State) error {
	say := about(o)
	switch {
	case as != Dispensed && as != Refunding && as != WrittenOff:
		return say("cannot be settled as %q", as)
	case o.State == WrittenOff && as == Refunding:
		return nil // the customer has turned up
	case o.State != Attention && !o.State.Final():
		return say("is being settled (%s): wait", o.State)
	case o.State != Attention:
		return say("asks nothing, it is %s", o.State)
	case as == Dispensed && o.Cause == CauseRefundFailed:
		return say("a refund was asked for, and may have gone through: settle it as refund, which asks again, or as written-off")
	}
	return nil
}
