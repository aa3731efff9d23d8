package sim

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"kioskd/sale"
)

// errDead is what a dead process gets: nothing it still tries has an effect.
var errDead = errors.New("the process is dead")

// life is one process between two crashes. Its ports stop working the moment
// it dies, so that nothing it had in mind happens afterwards.
type life struct {
	dead    atomic.Bool
	end     context.CancelFunc
	ended   chan error
	crash   func(where string) bool // decides whether the process dies here
	lag     func(about string) time.Duration
	machine *sale.Machine
	ledger  sale.Ledger
	gate    sale.Gateway
	board   sale.Dispenser
}

func (l *life) kill() {
	if !l.dead.Swap(true) {
		l.end()
	}
}

// here is a place where the power can go away.
func (l *life) here(where string) bool {
	if !l.dead.Load() && l.crash(where) {
		l.kill()
	}
	return l.dead.Load()
}

type mortalLedger struct{ *life }

func (m mortalLedger) Commit(s sale.Step) error {
	what := fmt.Sprintf(" commit %s %s>%s", s.Order.Number, s.From, s.Order.State)
	if m.here("before" + what) {
		return errDead
	}
	if err := m.ledger.Commit(s); err != nil {
		return err
	}
	if m.here("after" + what) {
		return errDead
	}
	return nil
}

func (m mortalLedger) Open() ([]sale.Order, error)        { return m.ledger.Open() }
func (m mortalLedger) LastSeq() (uint64, error)           { return m.ledger.LastSeq() }
func (m mortalLedger) Doubts(t time.Time) (int, error)    { return m.ledger.Doubts(t) }
func (m mortalLedger) Health() error                      { return m.ledger.Health() }
func (m mortalLedger) Find(n string) (sale.Order, error)  { return m.ledger.Find(n) }
func (m mortalLedger) Recent(n int) ([]sale.Order, error) { return m.ledger.Recent(n) }
func (m mortalLedger) Shelves() ([]sale.Shelf, error)     { return m.ledger.Shelves() }
func (m mortalBoard) Events() <-chan sale.BoardEvent      { return m.board.Events() }
func (m mortalBoard) Health() error                       { return m.board.Health() }
func (m mortalGateway) Prepare(o sale.Order, t time.Time) ([]byte, error) {
	return m.gate.Prepare(o, t)
}

func (m mortalLedger) SaveAction(a sale.Action) error { return m.ledger.SaveAction(a) }

func (m mortalLedger) SaveShelf(s sale.Shelf, a sale.Action) error {
	what := " commit slot " + s.Slot.String()
	if m.here("before" + what) {
		return errDead
	}
	if err := m.ledger.SaveShelf(s, a); err != nil {
		return err
	}
	if m.here("after" + what) {
		return errDead
	}
	return nil
}

type mortalGateway struct{ *life }

// around makes a call with a chance to die right before and right after it.
// Calls about different things that begin at one moment do not arrive at one
// moment: which of them meets a fault first must not depend on the scheduler.
func around[T any](l *life, what, about string, call func() (T, error)) (T, error) {
	var none T
	where := what + " " + about
	if l.here("before " + where) {
		return none, errDead
	}
	time.Sleep(l.lag(about))
	v, err := call()
	if l.here("after " + where) {
		return none, errDead
	}
	return v, err
}

func (m mortalGateway) Ping(ctx context.Context) error {
	_, err := around(m.life, "ping", "", func() (struct{}, error) { return struct{}{}, m.gate.Ping(ctx) })
	return err
}

func (m mortalGateway) Create(ctx context.Context, o sale.Order) (string, error) {
	return around(m.life, "create", string(o.Number), func() (string, error) { return m.gate.Create(ctx, o) })
}

func (m mortalGateway) Query(ctx context.Context, o sale.Order) (sale.Trade, error) {
	return around(m.life, "query", string(o.Number), func() (sale.Trade, error) { return m.gate.Query(ctx, o) })
}

func (m mortalGateway) Close(ctx context.Context, o sale.Order) error {
	_, err := around(m.life, "close", string(o.Number), func() (struct{}, error) { return struct{}{}, m.gate.Close(ctx, o) })
	return err
}

func (m mortalGateway) Refund(ctx context.Context, o sale.Order) (sale.RefundReport, error) {
	return around(m.life, "refund", string(o.Number), func() (sale.RefundReport, error) { return m.gate.Refund(ctx, o) })
}

func (m mortalGateway) QueryRefund(ctx context.Context, o sale.Order) (sale.RefundReport, error) {
	return around(m.life, "query refund", string(o.Number), func() (sale.RefundReport, error) { return m.gate.QueryRefund(ctx, o) })
}

type mortalBoard struct{ *life }

func (m mortalBoard) Check(ctx context.Context, s sale.Slot) (sale.Evidence, error) {
	return around(m.life, "check", s.String(), func() (sale.Evidence, error) { return m.board.Check(ctx, s) })
}

func (m mortalBoard) Dispense(ctx context.Context, c sale.Command) sale.Verdict {
	v, err := around(m.life, "dispense", string(c.Number), func() (sale.Verdict, error) { return m.board.Dispense(ctx, c), nil })
	if err != nil {
		return sale.Verdict{Detail: err.Error()}
	}
	return v
}

func (m mortalBoard) Recover(ctx context.Context, c sale.Command) (sale.Verdict, error) {
	return around(m.life, "recover", string(c.Number), func() (sale.Verdict, error) { return m.board.Recover(ctx, c) })
}
