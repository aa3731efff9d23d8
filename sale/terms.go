package sale

import (
	"context"
	"time"
)

// Terms are the parts of Options that may change while the machine runs. What
// is frozen with an order stays as it was for that order.
type Terms struct {
	Products       []Product
	Spares         map[Slot][]Slot
	NewCode        Slot
	PayWithin      time.Duration
	DispenseWithin time.Duration
	Policy         Policy
	RefundCap      Fen
	MaxDoubts      int
}

// On returns the options with other terms.
func (o Options) On(t Terms) Options {
	o.Products, o.Spares, o.NewCode = t.Products, t.Spares, t.NewCode
	o.PayWithin, o.DispenseWithin = t.PayWithin, t.DispenseWithin
	o.Policy, o.RefundCap, o.MaxDoubts = t.Policy, t.RefundCap, t.MaxDoubts
	return o
}

// Change gives the machine other terms: at once, or when the customer who is at
// the machine has gone. It reports whether it was at once. A later Change takes
// the place of one that waits. It may be called from any goroutine while Run
// runs.
func (m *Machine) Change(ctx context.Context, t Terms) (atOnce bool, err error) {
	return ask(ctx, m, func() (bool, error) {
		m.terms = &t
		m.renegotiate()
		return m.terms == nil, nil
	})
}

// renegotiate takes new terms on while nobody is at the machine: what a customer
// has seen holds for that customer.
func (m *Machine) renegotiate() {
	if m.terms == nil || !m.unattended() {
		return
	}
	m.o = m.o.On(*m.terms)
	m.terms = nil
	m.log.Info("the new terms of sale hold from now on", "products", len(m.o.Products))
}

// unattended reports whether nobody is at the machine, as far as it knows.
func (m *Machine) unattended() bool {
	return m.stage.order == nil && m.stage.ahead != SceneCreating && m.session == nil
}

// Yield has Run return, with nil, as soon as nobody is at the machine and no
// motor or payment is in hand, so that it can be run anew with other ports. Open
// refunds and closings are taken up by the next Run on the same ledger.
func (m *Machine) Yield() { m.post(func() { m.yielding = true }) }

func (m *Machine) yields() bool {
	if !m.yielding || !m.unattended() || m.testing != nil {
		return false
	}
	for _, t := range m.orders {
		switch t.order.State {
		case Created, Awaiting, Paid, Dispensing, Unknown:
			return false
		}
	}
	return true
}
