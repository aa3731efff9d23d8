package sale

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// A test vend turns a motor once for a technician. It is an order of a kind of
// its own, so that everything which keeps a sale from dispensing twice keeps
// it, too: it is durable before the command leaves, permits one command, has
// a token that no other order has, and is taken up after a crash. It costs
// nothing and the provider never hears of it. Its number alone says what it
// is, so that a ledger which could save nothing else knows it still.
//
//	created, dispensing    one commit; permits the one command
//	unknown                the board is asked; a doubt of the day like any other
//	dispensed              the board proved the drop
//	closed                 it proved that nothing fell, or cannot say

// CauseTest: a technician tests a slot.
const CauseTest Cause = "test"

// testMark stands between sequence and random part of a test vend's number.
const testMark = "T-"

// Test reports whether the number is that of a test vend.
func (n Number) Test() bool {
	parts := strings.Split(string(n), "-")
	return len(parts) == 4 && parts[2]+"-" == testMark
}

// Test reports whether the order is a test vend, which nobody pays.
func (o Order) Test() bool { return o.Number.Test() }

func newTestNumber(code string, seq uint64, random io.Reader) (Number, error) {
	n, err := newNumber(code, seq, random)
	if err != nil {
		return "", err
	}
	end := len(n) - len(n.Tail())
	return n[:end] + testMark + n[end:], nil
}

// BeginTest is the first step of a test vend.
func BeginTest(o Order) (Order, []Line, []Effect) {
	s := step{order: o}
	s.to(Created, CauseTest, "")
	s.order.Commands++
	s.to(Dispensing, CauseTest, "")
	s.do(DoDispense)
	return s.result()
}

// test is Next for a test vend. No way leads from here to the provider.
func (s *step) test(e Event) {
	o := &s.order
	if o.State.Final() {
		return
	}
	if o.Restored {
		s.to(Closed, CauseRestored, "a test vend from a copy: how it ended is not in it")
		return
	}
	switch e := e.(type) {
	case Restarted:
		switch o.State {
		case Dispensing:
			s.doubt(CauseRestart, "the command may have left before the restart")
		case Unknown:
			s.do(DoRecover)
		}
	case CallFailed:
		if o.State == Unknown {
			s.do(DoRecover)
		}
	case Vended:
		switch {
		case o.State != Dispensing:
		case e.Verdict.Outcome == OutcomeUnknown:
			s.doubt(CauseNoProof, e.Verdict.Detail)
		default:
			s.tested(e.Verdict)
		}
	case Recovered:
		if o.State == Unknown {
			s.tested(e.Verdict)
		}
	}
}

func (s *step) tested(v Verdict) {
	switch v.Outcome {
	case OutcomeDispensed:
		s.to(Dispensed, CauseDropped, v.Detail)
	case OutcomeNotDispensed:
		cause := CauseNotDropped
		if v.NotSent {
			cause = CauseNotSent
		}
		s.to(Closed, cause, v.Detail)
	default:
		s.to(Closed, CauseNoProof, v.Detail)
	}
}

// testRun is a test vend before it is an order, and who waits for its end.
type testRun struct {
	slot Slot
	by   Actor
	done chan testEnd
}

type testEnd struct {
	order Order
	err   error
}

// Test turns the motor of a slot once, without a sale: see the comment on test
// vends. It needs a machine that nobody uses, and from then on until it ends no
// sale begins. It returns the order as it ended. An error says why nothing was
// begun, or that ctx ended first: then the test goes on, and the ledger tells.
func (m *Machine) Test(ctx context.Context, slot Slot, by Actor) (Order, error) {
	t := &testRun{slot: slot, by: by, done: make(chan testEnd, 1)}
	go m.post(func() {
		if ctx.Err() == nil { // who has gone meanwhile wants no motor to turn
			m.beginTest(t)
		}
	})
	select {
	case end := <-t.done:
		return end.order, end.err
	case <-m.stopped:
		return Order{}, errors.New("the machine has stopped")
	case <-ctx.Done():
		return Order{}, ctx.Err()
	}
}

// beginTest asks the board about the slot. Nothing is sold meanwhile.
func (m *Machine) beginTest(t *testRun) {
	if err := m.testable(); err != nil {
		t.done <- testEnd{err: err}
		return
	}
	m.testing = t
	m.stage.leave(m.o.Clock.Now())
	m.wg.Go(func() {
		ctx, cancel := context.WithTimeout(m.calls, checkWithin)
		defer cancel()
		evidence, err := m.o.Dispenser.Check(ctx, t.slot)
		m.post(func() { m.testChecked(t, evidence, err) })
	})
}

// testable says why no test may begin now. It asks for less than a sale does:
// neither provider nor clock are needed.
func (m *Machine) testable() error {
	switch {
	case m.draining || m.settling != nil:
		return errors.New("the machine is about to end")
	case m.testing != nil:
		return fmt.Errorf("slot %v is being tested", m.testing.slot)
	case m.stage.yields() != free:
		return errors.New("a customer is at the machine")
	}
	for _, t := range m.orders {
		if err := untestable(t.order); err != nil {
			return err
		}
	}
	return errors.Join(m.ledgerHealth(wordForOrder), m.o.Dispenser.Health())
}

// untestable says why no motor may turn for a test while this order is open: a
// customer may be about to be served, or the board's counters are its evidence.
func untestable(o Order) error {
	switch o.State {
	case Created, Awaiting, Paid, Dispensing, Unknown:
		return &Fault{Code: CodeUnsettled, What: fmt.Sprintf("order %s is not settled yet (%s)", o.Number, o.State), Hint: "wait until kioskd has settled it"}
	}
	return nil
}

// testChecked makes the test durable; the command is its first effect.
func (m *Machine) testChecked(wait *testRun, evidence Evidence, err error) {
	m.testing = nil
	if err == nil {
		err = m.testable() // an order of before may have been paid meanwhile
	}
	if err != nil {
		m.decline(evidence)
		wait.done <- testEnd{err: err}
		return
	}
	o, err := newTest(m.o.Code, m.seq+1, m.testProduct(wait.slot), evidence, m.o.Clock.Now(), m.o.Random)
	if err != nil {
		m.decline(evidence)
		wait.done <- testEnd{err: err}
		return
	}
	if err := m.act(Action{By: wait.by, What: DeedTest, Slot: wait.slot, Order: o.Number}); err != nil {
		m.decline(evidence)
		wait.done <- testEnd{err: err}
		return
	}
	m.seq++
	o, lines, effects := BeginTest(o)
	t := &tracked{since: time.Now(), test: wait}
	if !m.record(t, o, lines) {
		return
	}
	m.orders = append(m.orders, t)
	for _, e := range effects {
		m.plan(t, e)
	}
}

func newTest(code string, seq uint64, p Product, evidence Evidence, at time.Time, random io.Reader) (Order, error) {
	number, err := newTestNumber(code, seq, random)
	p.Price = 0
	return Order{Number: number, Seq: seq, Product: p, Policy: Policy{OnUnknown: UnknownHold}, CreatedAt: at, Evidence: evidence}, err
}

// testProduct is the product of a slot, which need not be one that is sold.
func (m *Machine) testProduct(slot Slot) Product {
	p, _ := m.product(slot)
	p.Slot = slot
	return p
}

// testEnded tells who waits that a test vend has come to its end.
func (t *tracked) testEnded() {
	if t.test != nil && t.order.State.Final() {
		t.test.done <- testEnd{order: t.order}
		t.test = nil
	}
}
