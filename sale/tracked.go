package sale

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// tracked is an open order in memory. Only the goroutine in Machine.Run
// touches it.
type tracked struct {
	order     Order
	since     time.Time     // when it entered its state in this process
	down      time.Time     // when the QR was taken down in this process
	createdAt time.Time     // the end of the last create call, or the restart
	recovered bool          // found in the ledger at start
	patience  time.Duration // before the first query, for one of many from a copy

	busy    bool          // a call is in flight: never a second one
	want    Effect        // what comes next
	timer   *time.Timer   // armed while want waits for its time
	called  time.Time     // start of the last call to the provider
	heard   time.Time     // last answer of the provider
	took    time.Duration // until it came
	rounds  int           // calls since it entered its state
	tries   int           // failures in a row
	alarmed State         // in which a person was told about it
	why     Failure       // of the last failure
	test    *testRun      // who waits for the end of a test vend
}

// apply is the only way in which an order changes: decide, commit, then act.
func (m *Machine) apply(t *tracked, e Event) {
	if m.failed != nil {
		return
	}
	was := t.order
	next, lines, effects := Next(was, e)
	if !m.record(t, next, lines) {
		return
	}
	if next.Commands == 0 && next.over() && !was.over() {
		m.decline(was.Evidence)
	}
	if len(lines) > 0 {
		t.forget() // what the old state permitted is no longer wanted
	}
	for _, effect := range effects {
		if effect == DoAlarm {
			if t.alarmed == next.State {
				continue
			}
			t.alarmed = next.State
			m.log.Error("an order needs a person", "order", next.Number, "cause", next.Cause, "detail", next.Detail)
			m.o.Alarm(next)
			continue
		}
		m.plan(t, effect)
	}
	t.testEnded()
	if !next.Open() && !t.busy {
		m.drop(t)
	}
}

// drop forgets an order. Whoever walks the orders goes on with the old slice.
func (m *Machine) drop(t *tracked) {
	m.orders = slices.DeleteFunc(slices.Clone(m.orders), func(o *tracked) bool { return o == t })
}

// over reports whether it is certain that nothing more will be dispensed.
func (o Order) over() bool { return o.State.Final() || o.State == Refunding }

// master reports whether the choice is the machine's, see [Decliner].
func (m *Machine) master() bool {
	_, ok := m.o.Dispenser.(Decliner)
	return ok
}

// decline frees a machine that waits for the end of a sale.
func (m *Machine) decline(e Evidence) {
	if d, ok := m.o.Dispenser.(Decliner); ok && len(e) > 0 {
		d.Decline(e)
	}
}

func (t *tracked) forget() {
	t.want = 0
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
}

// record makes the lines durable. It returns false, and the machine stops,
// if nobody knows whether they are.
func (m *Machine) record(t *tracked, next Order, lines []Line) bool {
	if len(lines) == 0 {
		t.order = next
		return true
	}
	from, now := t.order.State, m.o.Clock.Now()
	step := Step{From: from, Order: next, Trail: lines, Shelves: shelved(m.shelf(next.Product.Slot), from, next, lines, now), At: now, Since: time.Since(m.started)}
	if err := m.o.Ledger.Commit(step); err != nil {
		m.failed = fmt.Errorf("commit order %s as %s: %w", next.Number, next.State, err)
		return false
	}
	t.order = next
	m.learn(from, next)
	m.spends(from, next)
	m.keepShelves(step.Shelves)
	for _, l := range lines {
		m.log.Info("order", "order", next.Number, "slot", next.Product.Slot, "from", from, "to", l.State, "cause", l.Cause, "detail", l.Detail)
		from = l.State
	}
	m.entered(t, step.From)
	return true
}

func (m *Machine) entered(t *tracked, from State) {
	if t.order.State == from {
		return
	}
	now := time.Now()
	t.since, t.tries, t.rounds = now, 0, 0
	switch t.order.State {
	case Closing:
		t.down = now
	case Unknown:
		m.countDoubts()
	}
}

// plan puts an effect next. It replaces what was planned; a call in flight
// goes on, and its result is applied to the state as it then is.
func (m *Machine) plan(t *tracked, e Effect) {
	t.forget()
	t.want = e
	if !t.busy {
		m.arm(t)
	}
}

func (m *Machine) arm(t *tracked) {
	wait := m.pace(t, t.want)
	if wait <= 0 {
		m.fire(t)
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(wait, func() {
		m.post(func() {
			if t.timer == timer && !t.busy {
				m.fire(t)
			}
		})
	})
	t.timer = timer
}

func (m *Machine) fire(t *tracked) {
	effect := t.want
	if effect == DoRefund {
		if wait := m.refundPace(t); wait > 0 && m.refunds.wait() > 0 {
			m.arm(t) // others have failed meanwhile
			return
		}
		m.refunds.tries()
	}
	t.want, t.timer = 0, nil
	t.rounds++
	if effect == DoAwaitReady {
		m.awaitReady(t)
		return
	}
	t.busy = true
	if effect != DoDispense && effect != DoRecover {
		t.called = time.Now()
	}
	order := t.order
	m.wg.Go(func() {
		e, err := m.call(order, effect)
		m.post(func() { m.returned(t, effect, e, err) })
	})
}

// returned takes the result of a call. Event nil means that err tells all.
func (m *Machine) returned(t *tracked, effect Effect, e Event, err error) {
	t.busy = false
	if effect == DoCreate {
		t.createdAt = time.Now()
	}
	if usesNetwork(effect) && (effect == DoCreate || !errors.Is(err, ErrMerchant)) && m.reached(err) {
		t.heard = time.Now()
		t.took = t.heard.Sub(t.called)
	}
	if effect == DoRefund {
		m.refundEnded(t.order.Number, err)
		if err == nil {
			t.rounds = 1 // what came before does not slow down asking how far it is
		}
	}
	if err != nil {
		t.tries++
		t.why = failure(err)
		m.log.Warn("call", "order", t.order.Number, "call", effect.String(), "try", t.tries, "error", err)
		e = CallFailed{Call: effect, Why: t.why, Settled: time.Since(t.createdAt) > createSettles, Detail: err.Error()}
	} else {
		t.tries = 0
	}
	switch seen := e.(type) {
	case TradeSeen:
		e = m.judge(t, seen)
	case Vended:
		seen.Elsewhere = len(m.elsewhere(t.order)) > 0
		e = seen
	}
	m.apply(t, e)
	if t.want != 0 && t.timer == nil && !t.busy {
		m.arm(t)
	}
}

// createSettles is how long after its own end a create call may still arrive
// at the provider.
const createSettles = 20 * time.Second

// judge adds to a verified payment what only the machine knows. Ages come from
// the provider's clock alone, elapsed times from the monotonic one.
func (m *Machine) judge(t *tracked, e TradeSeen) TradeSeen {
	age := e.Trade.Age()
	waiting := m.stage.holds(t)
	e.Shown = shown(t, age)
	e.Ready = m.ready()
	e.Fresh = age >= 0 && age <= grace && (waiting || t.recovered)
	if waiting && t.order.State == Closing && slices.Contains([]Cause{CauseTimeout, CauseNetwork, CauseReplaced}, t.order.Cause) {
		// The provider's times are whole seconds.
		e.InTime = e.Fresh && age+time.Second >= time.Since(t.down)
	}
	return e
}

// grace is how long after paying a customer is presumed to be at the machine.
const grace = 60 * time.Second

// ready reports whether a motor may turn now. While the outcome of another
// vend is open it may not: the board's counters would speak of both.
func (m *Machine) ready() bool {
	for _, t := range m.orders {
		if t.order.State == Unknown {
			return false
		}
	}
	return m.o.Dispenser.Health() == nil && !m.vending()
}

// awaitReady looks whether a paid order can be dispensed by now.
func (m *Machine) awaitReady(t *tracked) {
	switch {
	case len(t.order.Failed) > 0:
		m.awaitElsewhere(t)
	case m.ready():
		m.apply(t, MachineReady{Ready: true})
	case time.Since(t.since) > readyWithin:
		m.apply(t, MachineReady{})
	default:
		m.plan(t, DoAwaitReady)
	}
}

// readyWithin is how long a paid order waits for a controller that went away
// before the money goes back.
const readyWithin = 15 * time.Second
