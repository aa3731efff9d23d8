package sale

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// GiveBack is a person's word that the money of an order shall go back.
type GiveBack struct {
	Number string `json:"number"` // of the order, or the end of it
	Reason string `json:"reason"` // for the journal, 1 to MaxReason characters
	// Dispensed: also if the ledger says that the product fell.
	Dispensed bool  `json:"dispensed,omitempty"`
	By        Actor `json:"-"` // who says so; empty: a command
}

// MaxReason is how long a reason may be, in characters.
const MaxReason = 200

// Refund gives the money of an order back because a person says so, whatever
// the policy, and returns the order as it is then: the refund goes on by
// itself, over restarts too. An error says why it is not begun. It may be
// called from any goroutine while Run runs.
func (m *Machine) Refund(ctx context.Context, g GiveBack) (Order, error) {
	return ask(ctx, m, func() (Order, error) { return m.giveBack(g) })
}

func (m *Machine) giveBack(g GiveBack) (Order, error) {
	return m.decide(g.Number, Action{By: g.By, What: DeedRefund, Note: g.Reason}, Refunding, func(o Order) error { return refundable(o, g.Dispensed) })
}

// decide applies a person's word to an order that may says nothing against.
func (m *Machine) decide(number string, a Action, as State, may func(Order) error) (Order, error) {
	reason := a.Note
	switch n := utf8.RuneCountInString(reason); {
	case n == 0:
		return Order{}, errors.New("no reason is given")
	case n > MaxReason:
		return Order{}, fmt.Errorf("the reason has %d characters: write at most %d", n, MaxReason)
	case m.draining:
		return Order{}, errors.New("the machine is about to end")
	}
	o, err := m.o.Ledger.Find(number)
	if err != nil {
		return Order{}, err
	}
	if err := may(o); err != nil {
		return o, err
	}
	if err := m.ledgerHealth(wordForOrder); err != nil {
		return o, err
	}
	t := m.track(o)
	m.apply(t, Resolved{As: as, Reason: reason})
	if m.failed != nil {
		return t.order, m.failed
	}
	a.Order, a.Slot, a.From, a.To = o.Number, o.Product.Slot, string(o.State), string(as)
	_ = m.act(a) // the reason stands in the order's journal already
	m.log.Warn("a person settles an order", "order", o.Number, "was", o.State, "as", as, "reason", reason)
	return t.order, nil
}

// refundable says why a person cannot have the money of an order sent back.
func refundable(o Order, dispensed bool) error {
	say := about(o)
	switch o.State {
	case Attention, WrittenOff:
		return nil
	case Dispensed:
		switch {
		case o.Test():
			return say("is a test vend, which nobody paid for")
		case !dispensed:
			return say("its product was dispensed: add --dispensed if the money shall go back all the same")
		}
		return nil
	case Refunded:
		return say("its money is back already")
	case Refunding:
		return say("its refund is under way")
	case Paid, Dispensing, Unknown:
		return say("is being settled (%s): wait", o.State)
	}
	return say("nobody has paid it (%s); if a customer shows a payment, run kioskd reconcile", o.State)
}

// about words a refusal.
func about(o Order) func(format string, args ...any) error {
	return func(format string, args ...any) error {
		return fmt.Errorf("order %s: %s", o.Number, fmt.Sprintf(format, args...))
	}
}

// track returns the order in hand, taking it up if it was done with.
func (m *Machine) track(o Order) *tracked {
	for _, t := range m.orders {
		if t.order.Number == o.Number {
			return t
		}
	}
	t := &tracked{order: o, since: time.Now(), recovered: true, createdAt: time.Now(), called: time.Now()}
	m.orders = append(m.orders, t)
	return t
}
