package sale

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"kioskd/sale/habit"
)

// Options is what a Machine needs. All ports must be set.
type Options struct {
	Ledger    Ledger
	Gateway   Gateway
	Dispenser Dispenser
	Panel     Panel
	Clock     Clock

	Code     string    // this machine's part of every order number, 1 to 12 of [0-9A-Za-z]
	Products []Product // what is sold, by slot
	// Spares are further slots with the product of a slot in Products, in the
	// order in which they are tried when it is empty or closed.
	Spares map[Slot][]Slot

	// Service is how a technician opens service mode. nil: there is none.
	Service *ServiceMode

	// NewCode is a number on the keypad that asks for a new code, as the number
	// of the product does when it is pressed once more. 0: there is none.
	NewCode Slot

	PayWithin      time.Duration // how long a code stays on the screen
	DispenseWithin time.Duration // how long a vend may take before it is in doubt
	Policy         Policy
	// RefundCap bounds the money that goes back within a day by itself: once
	// as much is reached, orders begin with Policy.HoldRefunds. 0 means no limit.
	RefundCap Fen
	// MaxDoubts is how many unknown outcomes within a day the machine bears;
	// one more puts it out of service. 0 means no limit. It bounds what cutting the power as the
	// product falls can cost.
	MaxDoubts int

	Random io.Reader    // for order numbers and jitter; nil means crypto/rand
	Log    *slog.Logger // nil discards
	// Alarm is told about every order that needs a person. It must not block.
	Alarm func(Order)
}

// Machine runs orders. One goroutine, the one in Run, owns them all; calls to
// the ports run beside it and come back as messages.
type Machine struct {
	o       Options
	log     *slog.Logger
	inbox   chan func()
	stopped chan struct{}
	calls   context.Context
	wg      sync.WaitGroup
	started time.Time

	orders   []*tracked // oldest first
	seq      uint64
	stock    map[Slot]Stock // the board's last word
	shelves  map[Slot]Shelf // what the ledger has
	reach    reach
	doubts   int
	counted  time.Time // when doubts were counted
	failed   error
	draining bool
	yielding bool   // Run ends when nobody is here
	terms    *Terms // wait until nobody is here
	settling *Fault // no more sales: only what is open is settled, until settleBy
	settleBy time.Time
	stage    stage
	health   health
	habit    habit.Habit
	pacing   habit.Pace
	refunds  breaker
	spent    []spending // of the last day
	testing  *testRun   // a slot that the board is asked about for a test vend
	session  *session   // a technician is at the machine
	strokes  []stroke   // the newest, for the chord
	knocking bool       // the door was opened: a session begins when nobody is here
}

// New checks the options. It does no I/O.
func New(o Options) (*Machine, error) {
	if o.Ledger == nil || o.Gateway == nil || o.Dispenser == nil || o.Panel == nil || o.Clock == nil {
		return nil, errors.New("a machine needs a ledger, a gateway, a dispenser, a panel and a clock")
	}
	if err := checkCode(o.Code); err != nil {
		return nil, err
	}
	if o.Service != nil && o.Service.PIN == nil {
		return nil, errors.New("service mode needs a PIN")
	}
	if o.PayWithin <= 0 || o.DispenseWithin <= 0 {
		return nil, errors.New("a machine needs positive times to pay and to dispense")
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Alarm == nil {
		o.Alarm = func(Order) {}
	}
	return &Machine{
		o: o, log: o.Log,
		inbox: make(chan func(), 64), stopped: make(chan struct{}),
		stock: map[Slot]Stock{}, shelves: map[Slot]Shelf{},
	}, nil
}

// beat is how often the machine looks at time-outs and scenes while somebody
// is at the machine, rest how often it does so otherwise.
const (
	beat = 250 * time.Millisecond
	rest = time.Second
)

// Run takes up every open order, then sells until ctx ends. It may be called
// once. When ctx ends it takes no new order, waits for a vend that is under
// way, and returns nil; every other open order stays in the ledger for the
// next start. A commit that failed is returned at once: the process must end
// and read the ledger anew.
func (m *Machine) Run(ctx context.Context) error {
	calls, cancel := context.WithCancel(context.WithoutCancel(ctx))
	m.calls, m.started = calls, time.Now()
	defer m.wg.Wait()
	defer close(m.stopped)
	defer cancel()

	// Whatever ends the machine, no code stays on a screen that nobody tends.
	defer m.o.Panel.Show(Scene{Kind: SceneStarting, At: m.o.Clock.Now().Truncate(time.Minute)})

	m.present()
	if err := m.takeUp(); err != nil {
		return err
	}
	tick := time.NewTimer(beat)
	defer tick.Stop()
	events, done := m.o.Dispenser.Events(), ctx.Done()
	for {
		m.look()
		switch {
		case m.failed != nil:
			return m.failed
		case m.draining && !m.vending(), m.settling != nil && m.settled(), m.yields():
			return nil
		}
		m.present()
		select {
		case f := <-m.inbox:
			f()
		case e, ok := <-events:
			if !ok {
				events = nil
				continue
			}
			m.board(e)
		case <-tick.C:
			if m.stage.order == nil && m.stage.kind == SceneIdle {
				tick.Reset(rest)
			} else {
				tick.Reset(beat)
			}
		case <-done:
			m.draining, done = true, nil
			m.takeDown(CauseRestart)
		}
	}
}

// Press is a product number pressed on something other than the controller's
// keypad: a keyboard, a touch screen. It never blocks for long.
func (m *Machine) Press(slot Slot) { m.Type(slot.String()) }

// Type is Press with the digits as they were typed: in service mode zeros in
// front count.
func (m *Machine) Type(digits string) { m.post(func() { m.number(digits, false) }) }

// Cancel is the cancel key of such a device.
func (m *Machine) Cancel() { m.post(m.cancel) }

// settleWithin is how long a machine that may not sell any more goes on with
// what is open. The next start goes on from there.
const settleWithin = 10 * time.Minute

// Settle ends the selling because of a fault outside the machine, such as a
// dead screen: a code that is up is taken down, and Run returns once every
// order is dispensed, closed or refunded, or after ten minutes.
func (m *Machine) Settle(f *Fault) {
	m.post(func() {
		if m.settling == nil {
			m.settling, m.settleBy = f, time.Now().Add(settleWithin)
			m.takeDown(CauseScreen)
		}
	})
}

// takeDown withdraws what a customer could still pay.
func (m *Machine) takeDown(c Cause) {
	for _, t := range m.orders {
		if t.order.State == Created || t.order.State == Awaiting {
			m.withdraw(t, c)
		}
	}
}

func (m *Machine) settled() bool {
	if time.Now().After(m.settleBy) {
		return true
	}
	for _, t := range m.orders {
		if !t.order.State.Final() {
			return false
		}
	}
	return true
}

// post hands f to the goroutine in Run. After Run has returned it does nothing.
func (m *Machine) post(f func()) {
	select {
	case m.inbox <- f:
	case <-m.stopped:
	}
}

// takeUp applies Restarted to every open order. Nothing is sold until all of
// them are settled as far as this machine can settle them.
func (m *Machine) takeUp() error {
	var err error
	if m.seq, err = m.o.Ledger.LastSeq(); err != nil {
		return fmt.Errorf("read the order sequence: %w", err)
	}
	if err := m.loadShelves(); err != nil {
		return err
	}
	if err := m.loadRecent(); err != nil {
		return err
	}
	open, err := m.o.Ledger.Open()
	if err != nil {
		return fmt.Errorf("read the open orders: %w", err)
	}
	restored := 0
	for _, o := range open {
		// The process before this one may have asked the provider just now.
		t := &tracked{order: o, since: time.Now(), recovered: true, createdAt: time.Now(), called: time.Now()}
		if o.Restored {
			t.patience = createSettles + time.Duration(restored)*lookupEvery
			restored++
		}
		m.orders = append(m.orders, t)
		m.log.Info("taking up an open order", "order", o.Number, "state", o.State)
		m.apply(t, Restarted{})
		if m.failed != nil {
			return m.failed
		}
		m.stage.takeUp(t)
	}
	m.countDoubts()
	return m.failed
}

func (m *Machine) countDoubts() {
	n, err := m.o.Ledger.Doubts(m.o.Clock.Now().Add(-24 * time.Hour))
	if err != nil {
		m.failed = fmt.Errorf("count unknown outcomes: %w", err)
		return
	}
	m.doubts, m.counted = n, time.Now()
}

func (m *Machine) board(e BoardEvent) {
	switch e := e.(type) {
	case Selected:
		m.number(e.Slot.String(), true)
	case CancelPressed:
		m.cancel()
	case DoorMoved:
		m.doorMoved(e.Open)
	case SlotReport:
		switch {
		case e.Closed:
			m.stock[e.Slot] = SlotClosed
		case e.SoldOut:
			m.stock[e.Slot] = OutOfStock
		default:
			delete(m.stock, e.Slot)
		}
	}
}

// vending reports whether a dispense command is under way.
func (m *Machine) vending() bool {
	for _, t := range m.orders {
		if t.order.State == Dispensing {
			return true
		}
	}
	return false
}
