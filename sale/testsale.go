package sale

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// TestSale sells one fen's worth of nothing where no Machine runs: it proves
// the way of the money, there and back. The order is real for the ledger and
// for the provider, and the core treats it as any other whose command did not
// leave: nothing was dispensed, so the money goes back, whatever the policy for
// customers is. What a process does not live to see, the next daemon settles.
//
// Its product has a name of its own, by which books can tell it; see
// [Order.TestSale].
type TestSale struct {
	Ledger  Ledger // which nobody else has open
	Gateway Gateway
	Clock   Clock
	Panel   Panel // shows the code

	Code      string // this machine's part of every order number
	Slot      Slot   // one that no product has
	PayWithin time.Duration
	Random    io.Reader    // nil means crypto/rand
	Log       *slog.Logger // nil discards
	// Told, if set, hears of each step of the order once it is durable. It must
	// not block.
	Told func(Order)
}

// testSaleName is the product of every test sale. It is stored.
const testSaleName = "kioskd 测试 test"

// testSalePrice is the least that can be paid.
const testSalePrice Fen = 1

// TestSale reports whether the order is one that a technician paid to try the
// payment, and that dispenses nothing. It is paid and refunded like any other.
func (o Order) TestSale() bool {
	return o.Product.Name == testSaleName && o.Product.Price == testSalePrice
}

const (
	testSaleBegins = 20 * time.Second // for the provider's first word, and for the order
	testSaleBack   = 90 * time.Second // for the provider's word that the money is back
	testSaleClosed = 30 * time.Second // that nobody can pay any more
)

// Run makes the sale and returns the order as it is when the money is back,
// when nobody paid, or when either takes longer than anybody should wait for.
// Whoever closes skip takes the code down. An error without an order says why
// nothing was begun; with one, that ctx ended first: the daemon goes on with it.
func (t TestSale) Run(ctx context.Context, skip <-chan struct{}) (Order, error) {
	if err := t.free(); err != nil {
		return Order{}, err
	}
	steps := make(chan Order, 64)
	m, err := New(Options{
		Ledger: tellingLedger{t.Ledger, steps}, Gateway: t.Gateway, Dispenser: noMotor{}, Panel: t.Panel, Clock: t.Clock,
		Code: t.Code, Products: []Product{{Slot: t.Slot, Name: testSaleName, Price: testSalePrice}},
		PayWithin: t.PayWithin, DispenseWithin: time.Second, Policy: Policy{OnUnknown: UnknownRefund}, Random: t.Random, Log: t.Log,
	})
	if err != nil {
		return Order{}, err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- m.Run(running) }()
	o, err := t.follow(ctx, m, steps, skip)
	stop()
	return o, errors.Join(err, <-ended)
}

// free says why no machine without a board may take up what is open: whatever
// the motor may have to do with is the daemon's.
func (t TestSale) free() error {
	open, err := t.Ledger.Open()
	if err != nil {
		return fmt.Errorf("read the open orders: %w", err)
	}
	for _, o := range open {
		switch o.State {
		case Paid, Dispensing, Unknown:
			return &Fault{Code: CodeUnsettled, What: fmt.Sprintf("order %s is not settled yet (%s)", o.Number, o.State), Hint: "start kioskd and wait until it has settled it"}
		}
	}
	return t.Ledger.Health()
}

// follow presses the key and hears what becomes of the order.
func (t TestSale) follow(ctx context.Context, m *Machine, steps <-chan Order, skip <-chan struct{}) (o Order, err error) {
	if err := t.opened(ctx, m); err != nil {
		return o, err
	}
	m.Press(t.Slot)
	patience := time.NewTimer(testSaleBegins)
	defer patience.Stop()
	for {
		select {
		case next := <-steps:
			if !next.TestSale() || o.Number != "" && next.Number != o.Number || o.Number == "" && next.State != Created {
				continue // one of before
			}
			o = next
			if t.Told != nil {
				t.Told(o)
			}
			switch {
			case o.State.Final():
				return o, nil
			case o.State == Refunding:
				patience.Reset(testSaleBack)
			case o.State == Created || o.State == Closing:
				patience.Reset(testSaleClosed)
			default:
				patience.Reset(t.PayWithin + testSaleBack)
			}
		case <-skip:
			skip = nil
			m.Cancel()
		case <-patience.C:
			if o.Number == "" {
				return o, m.closedBecause(ctx)
			}
			return o, nil
		case <-m.stopped:
			return o, errors.New("the machine has stopped")
		case <-ctx.Done():
			return o, ctx.Err()
		}
	}
}

// opened waits until a sale could begin.
func (t TestSale) opened(ctx context.Context, m *Machine) error {
	for end := time.Now().Add(testSaleBegins); ; {
		s, err := m.Status(ctx)
		switch {
		case err != nil:
			return err
		case s.Selling:
			return nil
		case time.Now().After(end):
			return m.closedBecause(ctx)
		}
		select {
		case <-time.After(beat):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// closedBecause is why nothing is sold.
func (m *Machine) closedBecause(ctx context.Context) error {
	return errors.Join(ask(ctx, m, func() (error, error) {
		if f := m.gate(wordForOrder); f != nil {
			return f, nil
		}
		return errors.New("no order began"), nil
	}))
}

// noMotor is a controller that never sends a command.
type noMotor struct{}

var _ Dispenser = noMotor{}

func (noMotor) Check(context.Context, Slot) (Evidence, error) { return nil, nil }

func (noMotor) Dispense(context.Context, Command) Verdict {
	return Verdict{Outcome: OutcomeNotDispensed, NotSent: true, Detail: "a test sale: nothing is dispensed"}
}

func (noMotor) Recover(context.Context, Command) (Verdict, error) {
	return Verdict{}, errors.New("a test sale asks no board")
}

func (noMotor) Events() <-chan BoardEvent { return nil }

func (noMotor) Health() error { return nil }

// tellingLedger tells of each order that it has made durable.
type tellingLedger struct {
	Ledger
	steps chan<- Order
}

func (l tellingLedger) Commit(s Step) error {
	if err := l.Ledger.Commit(s); err != nil {
		return err
	}
	select {
	case l.steps <- s.Order:
	default:
	}
	return nil
}
