package sale

import (
	"errors"
	"slices"
	"time"
)

// The provider bears only a few failing refunds a second from all machines of
// a merchant together; when there are more it refuses good ones, too. So a
// machine whose refunds fail one after the other lets the next wait, and then
// tries with one.
const (
	breaksAfter = 3
	breakFirst  = 10 * time.Minute
	breakMost   = time.Hour
	// trialWithin is how long the others wait for the one that tries.
	trialWithin = time.Minute
)

// breaker is what the machine knows of its refund calls.
type breaker struct {
	failures int       // in a row: until it is open, of different orders
	last     Number    // whose refund failed last
	until    time.Time // no refund is asked for before
}

// wait is how long the next refund call has to wait.
func (b *breaker) wait() time.Duration { return max(0, time.Until(b.until)) }

// tries notes that a call begins: with the breaker just open, the only one.
func (b *breaker) tries() {
	if b.failures >= breaksAfter {
		b.until = time.Now().Add(trialWithin)
	}
}

// ended learns from an order's refund call. Where no provider answered, none was
// bothered. One order that fails again and again has a pace of its own, and
// says nothing of the others: it may be the only one of other settings.
func (b *breaker) ended(n Number, err error, jitter func(time.Duration) time.Duration) (broke bool) {
	var f *Fault
	switch {
	case err == nil:
		*b = breaker{}
		return false
	case errors.As(err, &f) && f.Code == CodeNetDown:
		if b.failures >= breaksAfter {
			b.until = time.Time{} // the trial never came about
		}
		return false
	case b.failures < breaksAfter && n == b.last:
		return false
	}
	b.last = n
	if b.failures++; b.failures < breaksAfter {
		return false
	}
	pause := breakFirst
	for range min(b.failures-breaksAfter, 10) {
		pause = min(2*pause, breakMost)
	}
	b.until = time.Now().Add(pause + jitter(pause/4))
	return true
}

// refundEnded tells the breaker. Once a refund succeeds, those that waited for
// it go on.
func (m *Machine) refundEnded(n Number, err error) {
	was := m.refunds.failures
	if m.refunds.ended(n, err, m.jitter) {
		m.log.Warn("refunds fail one after the other; the next one waits", "failures", m.refunds.failures, "wait", m.refunds.wait().Round(time.Second))
	}
	if err != nil || was < breaksAfter {
		return
	}
	m.log.Info("refunds are accepted again")
	for _, t := range m.orders {
		if t.want == DoRefund && !t.busy {
			m.plan(t, DoRefund)
		}
	}
}

// refundPace is how long a refund waits after failures. An answer that the
// provider is out of order or short of money is worth more patience than none.
func (m *Machine) refundPace(t *tracked) time.Duration {
	var wait time.Duration
	silent := m.reach.fault != nil && m.reach.fault.Code == CodeNetDown
	switch {
	case t.tries == 0:
	case t.why == FailNotEnough, t.why == FailMerchant:
		wait = after(t.tries-1, time.Minute, 5*time.Minute, 15*time.Minute, 30*time.Minute, time.Hour)
	case t.why == FailNotFound, silent: // the order is so young that it is not found everywhere
		wait = after(t.tries-1, 5*time.Second, 15*time.Second, time.Minute, 2*time.Minute, 4*time.Minute)
	default:
		wait = after(t.tries-1, time.Minute, 2*time.Minute, 4*time.Minute, 8*time.Minute, 15*time.Minute)
	}
	// Who asks stands there and waits for the answer. That there was no refund
	// before is what the first question is to bring.
	if t.order.Refund.ByPerson && (t.tries == 0 || t.tries == 1 && t.why == FailNotFound) {
		return 0
	}
	return max(wait, m.refunds.wait())
}

// spending is money that went back without a person's word.
type spending struct {
	at     time.Time // wall time
	amount Fen
}

// capped reports whether as much went back within a day as may. A clock that
// was set back must not hide any.
func (m *Machine) capped() bool {
	if m.o.RefundCap <= 0 {
		return false
	}
	since, sum := m.o.Clock.Now().Add(-24*time.Hour), Fen(0)
	m.spent = slices.DeleteFunc(m.spent, func(s spending) bool { return s.at.Before(since) })
	for _, s := range m.spent {
		sum += s.amount
	}
	return sum >= m.o.RefundCap
}

// spends takes note of a refund that begins.
func (m *Machine) spends(from State, o Order) {
	if from != Refunding && o.State == Refunding && !o.Refund.ByPerson {
		m.spent = append(m.spent, spending{m.o.Clock.Now(), o.Product.Price})
	}
}

// loadSpent learns from the ledger what went back lately. When it did is not in
// the order, but soon after it began.
func (m *Machine) loadSpent(orders []Order) {
	for _, o := range orders {
		back := o.State == Refunding || o.State == Refunded || o.State == Attention && o.Cause == CauseRefundFailed
		if back && !o.Refund.ByPerson {
			m.spent = append(m.spent, spending{o.CreatedAt, o.Product.Price})
		}
	}
}
