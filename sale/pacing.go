package sale

import (
	"fmt"
	"slices"
	"time"

	"kioskd/sale/habit"
)

// recent is how many orders are looked at to know the customers' habit, and the
// refunds of the last day.
const recent = 400

// loadRecent learns from the orders in the ledger.
func (m *Machine) loadRecent() error {
	orders, err := m.o.Ledger.Recent(recent)
	if err != nil {
		return fmt.Errorf("read the newest orders: %w", err)
	}
	for _, o := range slices.Backward(orders) {
		if o.Shown > 0 {
			m.habit.Add(o.Shown, o.paidInTime())
		}
	}
	m.pacing = m.habit.Pace(habit.Price)
	m.loadSpent(orders)
	return nil
}

// learn takes note of how a code ended.
func (m *Machine) learn(from State, o Order) {
	if from == Awaiting && o.Shown > 0 {
		m.habit.Add(o.Shown, o.paidInTime())
		m.pacing = m.habit.Pace(habit.Price)
	}
}

// paidInTime reports whether the payment is what ended the code.
func (o Order) paidInTime() bool { return !o.Payment.PaidAt.IsZero() && !o.Late }

// shown is how long the code of an order was up when it was paid so long ago.
// The provider's times are whole seconds.
func shown(t *tracked, ago time.Duration) time.Duration {
	if t.order.State != Awaiting || ago < 0 {
		return 0
	}
	return max(time.Millisecond, time.Since(t.since)-ago)
}

// withdraw takes a code down.
func (m *Machine) withdraw(t *tracked, c Cause) {
	e := Withdraw{Cause: c}
	if t.order.State == Awaiting {
		e.Shown = time.Since(t.since)
	}
	m.apply(t, e)
}
