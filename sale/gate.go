package sale

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kioskd/sale/service"
)

// reach is what the machine knows about the provider.
type reach struct {
	known   bool      // asked at least once
	good    time.Time // last verified contact
	fault   *Fault    // why the last contact failed, nil if it did not
	since   time.Time // when the failures began
	probing bool
	asked   time.Time
	misses  int
}

// reached learns from the result of any call to the provider. An answer that
// refuses is contact too.
func (m *Machine) reached(err error) (contact bool) {
	r := &m.reach
	r.known = true
	var f *Fault
	if !errors.As(err, &f) && !errors.Is(err, context.DeadlineExceeded) {
		was := r.fault
		r.good, r.fault, r.misses = time.Now(), nil, 0
		if was != nil {
			m.log.Info("the provider answers again", "after", time.Since(r.since).Round(time.Second))
			m.hurry()
		}
		return true
	}
	if f == nil {
		f = &Fault{Code: CodeNetDown, What: "the provider did not answer in time", Hint: "check the network", Err: err}
	}
	if r.fault == nil {
		r.since = time.Now()
	}
	r.fault = f
	r.misses++
	return false
}

// hurry makes every order that waits after failures try again now.
func (m *Machine) hurry() {
	for _, t := range m.orders {
		if t.tries > 0 && t.why == FailTemporary && t.want != 0 && !t.busy {
			t.tries = 0
			m.plan(t, t.want)
		}
	}
}

const (
	probeEvery = 30 * time.Second
	staleAfter = 90 * time.Second
)

// probe keeps the knowledge about the provider fresh while nobody buys.
func (m *Machine) probe() {
	r := &m.reach
	wait := probeEvery
	if r.fault != nil || !r.known {
		wait = after(r.misses, 0, 2*time.Second, 4*time.Second, 8*time.Second, 15*time.Second)
	}
	last := r.good
	if r.asked.After(last) {
		last = r.asked
	}
	if r.probing && r.fault == nil && time.Since(r.asked) > offlineWithin {
		r.fault = &Fault{Code: CodeNetDown, What: "the provider has not answered for seconds", Hint: "check the network"}
		r.since = time.Now()
	}
	if r.probing || m.draining || !last.IsZero() && time.Since(last) < wait {
		return
	}
	r.probing, r.asked = true, time.Now()
	m.wg.Go(func() {
		ctx, cancel := context.WithTimeout(m.calls, callWithin)
		defer cancel()
		err := m.o.Gateway.Ping(ctx)
		m.post(func() {
			m.reach.probing = false
			m.reached(err)
			if err != nil {
				m.log.Warn("probe of the provider", "error", err)
			}
		})
	})
}

// gate says why nothing may be sold now, or nil. It is asked before every
// order and for the idle screen, which takes the ledger's older word.
func (m *Machine) gate(word time.Duration) *Fault {
	if m.settling != nil {
		return m.settling
	}
	if m.session != nil {
		return &Fault{Code: CodeService, What: "service mode is open at the machine", Hint: "it ends by itself when nobody is there"}
	}
	if err := m.ledgerHealth(word); err != nil {
		return asFault(err, CodeStoreWrite)
	}
	if err := m.o.Clock.Plausible(); err != nil {
		return asFault(err, CodeClock)
	}
	if err := m.o.Dispenser.Health(); err != nil {
		return asFault(err, CodeSerialSilent)
	}
	if m.o.MaxDoubts > 0 && m.doubts > m.o.MaxDoubts {
		return &Fault{
			Code: CodeDoubts, What: fmt.Sprintf("%d vends within a day ended without an answer", m.doubts),
			Hint: "check the controller, the drop sensor and the power; see kioskd orders",
		}
	}
	if m.reach.fault != nil {
		return m.reach.fault
	}
	if !m.reach.known || time.Since(m.reach.good) > staleAfter {
		return &Fault{Code: CodeNetDown, What: "the provider has not been asked lately", Hint: "wait; if it stays, restart kioskd"}
	}
	if n := m.lookups(); n > 0 {
		return &Fault{
			Code: CodeStoreRestored, What: fmt.Sprintf("the ledger was restored from a copy; the provider is being asked about %d orders", n),
			Hint: "wait; see kioskd orders for what needs a person afterwards",
		}
	}
	if m.testing != nil {
		return &Fault{Code: CodeUnsettled, What: fmt.Sprintf("slot %v is being tested", m.testing.slot), Hint: "wait until the test has ended"}
	}
	for _, t := range m.orders {
		if m.blocks(t) {
			return &Fault{
				Code: CodeUnsettled, What: fmt.Sprintf("order %s is not settled yet (%s)", t.order.Number, t.order.State),
				Hint: "wait; its last step is in kioskd show " + t.order.Number.Tail(),
			}
		}
	}
	return nil
}

// health is what the ledger said last. The answer costs system calls.
type health struct {
	err   error
	asked time.Time
}

// How old the ledger's word may be. A fault is asked about every second.
const (
	wordForOrder  = time.Second
	wordForScreen = 5 * time.Second
)

func (m *Machine) ledgerHealth(word time.Duration) error {
	if m.health.err != nil {
		word = wordForOrder
	}
	if time.Since(m.health.asked) >= word {
		m.health = health{m.o.Ledger.Health(), time.Now()}
	}
	return m.health.err
}

// lookups counts the orders from a copy that may have been paid, or served, in
// steps that are lost.
func (m *Machine) lookups() (n int) {
	for _, t := range m.orders {
		if t.order.Restored && (t.order.State == Closing || t.order.State == Paid || t.order.State == Unknown) {
			n++
		}
	}
	return n
}

// blocks reports whether no new order may begin before this one is settled.
// Whoever waits for money back waits in the background.
func (m *Machine) blocks(t *tracked) bool {
	switch t.order.State {
	case Paid, Dispensing, Unknown:
		return true
	case Awaiting, Closing:
		// Without a code nobody ever could pay it, or ever will.
		return t.recovered && t.order.CodeURL != ""
	}
	return false
}

func asFault(err error, code Code) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return &Fault{Code: code, What: err.Error()}
}

// checkWithin bounds the question to the board before a sale.
const checkWithin = 3 * time.Second

// press is a customer's choice.
func (m *Machine) press(slot Slot) {
	if m.draining {
		return
	}
	m.stage.pressed = time.Now()
	y := m.stage.yields()
	if y == keeps || y == creates || y == renewing {
		return // a bouncing key must not end what it has just begun
	}
	if y == free { // the customer of before has gone, and new terms hold for this one
		m.stage.leave(m.o.Clock.Now())
		m.renegotiate()
	}
	again := y == withdraws && m.asksAnew(slot)
	if again {
		slot = m.stage.slot
	}
	refusal, p, code := m.refusal(slot)
	candidates := m.candidates(slot)
	if y == withdraws {
		if refusal != "" {
			return // the code stays: what was pressed cannot be had instead
		}
		if again {
			m.stage.renews = true
			m.withdraw(m.stage.order, CauseReplaced)
			return
		}
		t := m.stage.order
		m.stage.clear()
		m.withdraw(t, CauseReplaced)
	}
	if refusal != "" {
		m.stage.notice(refusal, p, code)
		return
	}
	m.check(p, candidates)
}

// refusal is the scene that tells why a slot cannot be sold now, as far as it
// is known without asking the board; empty if it can.
func (m *Machine) refusal(slot Slot) (SceneKind, Product, Code) {
	p, ok := m.product(slot)
	if !ok {
		return SceneNoSuchSlot, Product{Slot: slot}, ""
	}
	if len(m.candidates(slot)) == 0 {
		return stockScene(m.stockOf(slot)), p, ""
	}
	if f := m.gate(wordForOrder); f != nil {
		m.log.Warn("selection refused", "slot", slot, "error", f)
		return faultScene(f), p, f.Code
	}
	return "", p, ""
}

// check asks the board about the first of the slots that may serve the
// customer who chose p, with the screen already answering the key press.
func (m *Machine) check(p Product, candidates []Slot) {
	m.stage.prepare(p)
	turn, slot := m.stage.turn, candidates[0]
	m.wg.Go(func() {
		ctx, cancel := context.WithTimeout(m.calls, checkWithin)
		defer cancel()
		evidence, err := m.o.Dispenser.Check(ctx, slot)
		m.post(func() {
			if m.stage.turn != turn || m.draining {
				m.decline(evidence)
				return
			}
			m.checked(p, candidates, evidence, err)
		})
	})
}

func (m *Machine) checked(p Product, candidates []Slot, evidence Evidence, err error) {
	slot, others := candidates[0], candidates[1:]
	closed := m.shelf(slot).state() != InStock // a person has done it meanwhile
	if err == nil && !closed {
		delete(m.stock, slot)
		pressed := p.Slot
		p.Slot = slot
		m.begin(p, pressed, evidence)
		return
	}
	if err == nil {
		m.decline(evidence)
	} else {
		m.log.Warn("selection refused by the board", "slot", slot, "error", err)
	}
	switch refused := m.boardSays(slot, err) || closed; {
	case !refused:
		f := asFault(err, CodeSerialSilent)
		m.stage.notice(faultScene(f), p, f.Code)
	case len(others) > 0:
		m.check(p, others)
	default:
		m.stage.notice(stockScene(m.stockOf(p.Slot)), p, "")
	}
}

// begin makes the order durable; the create call is its first effect.
func (m *Machine) begin(p Product, pressed Slot, evidence Evidence) {
	now := m.o.Clock.Now()
	number, err := newNumber(m.o.Code, m.seq+1, m.o.Random)
	if err != nil {
		m.failed = err
		return
	}
	policy := m.o.Policy
	policy.HoldRefunds = policy.HoldRefunds || m.capped()
	o := Order{Number: number, Seq: m.seq + 1, Product: p, Policy: policy, CreatedAt: now, Evidence: evidence}
	// A lost machine must not take money for a week: the provider stops
	// taking it soon after the window. It knows no less than a minute.
	if o.Request, err = m.o.Gateway.Prepare(o, now.Add(max(m.o.PayWithin+30*time.Second, time.Minute))); err != nil {
		f := asFault(err, CodePayMerchant)
		m.log.Error("prepare an order", "order", number, "error", err)
		m.decline(evidence)
		m.stage.notice(faultScene(f), p, f.Code)
		return
	}
	m.seq++
	o, lines, effects := Begin(o)
	t := &tracked{since: time.Now(), createdAt: time.Now()}
	if !m.record(t, o, lines) {
		return
	}
	m.orders = append(m.orders, t)
	m.stage.hold(t)
	m.stage.slot = pressed
	for _, e := range effects {
		m.plan(t, e)
	}
}

// cancel is the customer's cancel key.
func (m *Machine) cancel() {
	if m.session != nil {
		m.serve(service.Cancel{At: m.session.at()})
		return
	}
	m.stage.pressed = time.Now()
	switch m.stage.yields() {
	case withdraws, creates:
		m.withdraw(m.stage.order, CauseCancelled)
	case renewing:
		m.stage.renews = false // the code is gone already
	case free:
		m.stage.leave(m.o.Clock.Now())
	}
}

// createWithin is how long a customer waits for a code; offlineWithin how long
// a code stays up while the provider cannot be asked about it, and hangs is when
// a call counts as one that brings no answer.
const (
	createWithin  = 10 * time.Second
	offlineWithin = 4500 * time.Millisecond
	hangs         = 1500 * time.Millisecond
)

// look is the machine's own clockwork: time-outs, sweeps, the probe.
func (m *Machine) look() {
	for _, t := range m.orders {
		if m.failed != nil {
			return
		}
		m.lookAt(t)
	}
	m.attend()
	m.renewed()
	m.renegotiate()
	if m.doubts > 0 && time.Since(m.counted) > time.Minute {
		m.countDoubts() // yesterday's are forgiven
	}
	m.probe()
}

func (m *Machine) lookAt(t *tracked) {
	in := time.Since(t.since)
	switch t.order.State {
	case Created:
		if in > createWithin || t.silent() {
			m.withdraw(t, CauseCreateFailed)
		}
	case Awaiting:
		switch {
		case m.draining:
		case in > m.o.PayWithin:
			m.withdraw(t, CauseTimeout)
		case t.silent():
			m.withdraw(t, CauseNetwork)
		}
	case Unknown:
		if in > silentWithin {
			m.apply(t, Recovered{Verdict{Detail: "the board stayed silent"}})
		}
	case Closed:
		if t.want == 0 && !t.busy && in > m.sweepAfter(t) {
			t.since, t.rounds = time.Now(), 0
			m.apply(t, SweepDue{})
		}
	}
}

// silent reports whether the provider has said nothing about the order for so
// long that the customer must be told: calls fail, or one is swallowed. A pause
// between two calls is no silence.
func (t *tracked) silent() bool {
	last := t.since
	if t.heard.After(last) {
		last = t.heard
	}
	return time.Since(last) > offlineWithin && (t.tries > 1 || t.busy && time.Since(t.called) > hangs)
}

// sweepAfter is when a closed order is looked at again, from the moment it was
// closed, looked at or found in the ledger by this process: ten minutes, then
// a day. A machine that is switched off at night never runs for a day; there
// the wall clock, if it is plausible, may say that the day has passed. It
// decides only when to ask. A spread keeps many orders from asking at once.
func (m *Machine) sweepAfter(t *tracked) time.Duration {
	wait := 10*time.Minute + time.Duration(t.order.Seq%300)*time.Second
	if t.order.Sweeps == 0 {
		return wait
	}
	if t.recovered && m.o.Clock.Plausible() == nil && m.o.Clock.Now().Sub(t.order.CreatedAt) > 24*time.Hour {
		return wait
	}
	return 24 * time.Hour
}
