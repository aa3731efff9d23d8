package watch

import (
	"context"
	"errors"
	"sync"
	"time"

	"kioskd/sale"
)

// ObserveLedger is the ledger with a look at each step that became durable and
// at how long that took. seen is called by the machine's one goroutine between
// a commit and its effects: it must not block.
func ObserveLedger(l sale.Ledger, seen func(s sale.Step, took time.Duration)) sale.Ledger {
	return observedLedger{l, seen}
}

type observedLedger struct {
	sale.Ledger
	seen func(sale.Step, time.Duration)
}

func (l observedLedger) Commit(s sale.Step) error {
	begun := time.Now()
	err := l.Ledger.Commit(s)
	if err == nil {
		l.seen(s, time.Since(begun))
	}
	return err
}

// ObserveGateway is the gateway with a look at the result of each call; seen is
// called by any goroutine.
func ObserveGateway(g sale.Gateway, seen func(c Call)) sale.Gateway {
	return observedGateway{g, seen}
}

// Call is one call to the provider, over to a second domain at most.
type Call struct {
	Name string // "create", "query", "close", "refund", "query_refund", "ping"
	Took time.Duration
	Err  error
}

// CallNames lists every name of a call.
func CallNames() []string {
	return []string{"create", "query", "close", "refund", "query_refund", "ping"}
}

type observedGateway struct {
	sale.Gateway
	seen func(Call)
}

var _ sale.Gateway = observedGateway{}

func (g observedGateway) told(name string, begun time.Time, err error) {
	g.seen(Call{name, time.Since(begun), err})
}

func (g observedGateway) Create(ctx context.Context, o sale.Order) (string, error) {
	begun := time.Now()
	url, err := g.Gateway.Create(ctx, o)
	g.told("create", begun, err)
	return url, err
}

func (g observedGateway) Query(ctx context.Context, o sale.Order) (sale.Trade, error) {
	begun := time.Now()
	t, err := g.Gateway.Query(ctx, o)
	g.told("query", begun, err)
	return t, err
}

func (g observedGateway) Close(ctx context.Context, o sale.Order) error {
	begun := time.Now()
	err := g.Gateway.Close(ctx, o)
	g.told("close", begun, err)
	return err
}

func (g observedGateway) Refund(ctx context.Context, o sale.Order) (sale.RefundReport, error) {
	begun := time.Now()
	r, err := g.Gateway.Refund(ctx, o)
	g.told("refund", begun, err)
	return r, err
}

func (g observedGateway) QueryRefund(ctx context.Context, o sale.Order) (sale.RefundReport, error) {
	begun := time.Now()
	r, err := g.Gateway.QueryRefund(ctx, o)
	g.told("query_refund", begun, err)
	return r, err
}

func (g observedGateway) Ping(ctx context.Context) error {
	begun := time.Now()
	err := g.Gateway.Ping(ctx)
	g.told("ping", begun, err)
	return err
}

// Reach is what the calls say about the way to the provider. The zero value
// knows nothing. Its methods may be called by any goroutine.
type Reach struct {
	mu   sync.Mutex
	why  error
	good time.Time
}

// Saw learns from a call, as the machine does: an answer that refuses is
// contact too, and a call that this side gave up is no word.
func (r *Reach) Saw(c Call) {
	if errors.Is(c.Err, context.Canceled) {
		return
	}
	_, fault := errors.AsType[*sale.Fault](c.Err)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case fault, errors.Is(c.Err, context.DeadlineExceeded):
		r.why = c.Err
	default:
		r.why, r.good = nil, time.Now()
	}
}

// Last is when contact last was, and why the last call was none.
func (r *Reach) Last() (good time.Time, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.good, r.why
}
