package saletest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"kioskd/sale"
)

// Provider is a payment provider in memory. Its methods named after people's
// actions may be called from any goroutine.
type Provider struct {
	mu          sync.Mutex
	latency     time.Duration // half a round trip
	refundTakes time.Duration // how long an accepted refund is processing
	fault       Fault
	trades      map[sale.Number]*Trade
	codes       int
}

// Trade is the provider's book of one order.
type Trade struct {
	Number   sale.Number
	Total    sale.Fen
	Body     string
	CodeURL  string
	State    sale.TradeState
	PaidAt   time.Time
	Refund   sale.RefundStatus
	RefundAt time.Time
	Refunds  int // refund calls that had an effect: 0 or 1
	Creates  int
	Queries  int
	Calls    []time.Time
	inFlight int
	Overlap  bool // two calls at once for this order
	Paying   bool // the customer is entering the PIN
}

// NewProvider returns a provider that answers after 40 ms each way.
func NewProvider() *Provider {
	return &Provider{latency: 40 * time.Millisecond, refundTakes: time.Second, trades: map[sale.Number]*Trade{}}
}

// Fault is asked before each call has its effect, and again after it. An error
// from the first call means that the request was lost, one from the second
// that the answer was.
type Fault func(call string, o sale.Order, after bool) error

// Slow sets the time that a message takes one way.
func (p *Provider) Slow(oneWay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.latency = oneWay
}

// RefundTakes sets how long an accepted refund is processing.
func (p *Provider) RefundTakes(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refundTakes = d
}

// Break installs a fault; nil mends.
func (p *Provider) Break(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
}

func (p *Provider) broken(name string, o sale.Order, after bool) error {
	p.mu.Lock()
	f := p.fault
	p.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(name, o, after)
}

// Down is the fault of a network that is gone.
func Down(string, sale.Order, bool) error {
	return &sale.Fault{Code: sale.CodeNetDown, What: "no connection", Err: sale.ErrTemporary}
}

// Trade returns a copy of the book of an order.
func (p *Provider) Trade(n sale.Number) (Trade, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, ok := p.trades[n]
	if !ok {
		return Trade{}, false
	}
	return *t, true
}

// Trades returns copies of all books.
func (p *Provider) Trades() (all []Trade) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.trades {
		all = append(all, *t)
	}
	return all
}

// Pay is a customer who has scanned the code and pays. It fails if the code
// is dead or the order cannot be paid any more.
func (p *Provider) Pay(codeURL string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.trades {
		if t.CodeURL != codeURL {
			continue
		}
		if t.State != sale.TradeUnpaid {
			return fmt.Errorf("the order is %s", t.State)
		}
		t.State, t.PaidAt, t.Paying = sale.TradePaid, time.Now(), false
		return nil
	}
	return errors.New("the code is dead")
}

// EnterPIN marks the order of a code as being paid just now: a close waits.
func (p *Provider) EnterPIN(codeURL string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.trades {
		if t.CodeURL == codeURL {
			t.Paying = true
		}
	}
}

// PayAnyway is a payment that the provider should not have taken any more.
func (p *Provider) PayAnyway(n sale.Number) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.trades[n]
	t.State, t.PaidAt = sale.TradePaid, time.Now()
}

// SetRefund decides what the bank makes of a refund that is processing.
func (p *Provider) SetRefund(n sale.Number, s sale.RefundStatus) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trades[n].Refund = s
}

// call is the frame of every call: latency, faults, and the books' counters.
func (p *Provider) call(ctx context.Context, name string, o sale.Order, effect func() error) error {
	p.enter(o)
	defer p.leave(o)
	if err := p.travel(ctx); err != nil {
		return err
	}
	if err := p.broken(name, o, false); err != nil {
		return err
	}
	p.mu.Lock()
	err := effect()
	p.mu.Unlock()
	if err := p.broken(name, o, true); err != nil {
		return err
	}
	if e := p.travel(ctx); e != nil {
		return e
	}
	return err
}

func (p *Provider) travel(ctx context.Context) error {
	p.mu.Lock()
	latency := p.latency
	p.mu.Unlock()
	select {
	case <-time.After(latency):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Provider) enter(o sale.Order) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.trades[o.Number]
	if t == nil {
		return
	}
	t.inFlight++
	t.Overlap = t.Overlap || t.inFlight > 1
	t.Calls = append(t.Calls, time.Now())
}

func (p *Provider) leave(o sale.Order) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.trades[o.Number]; t != nil && t.inFlight > 0 {
		t.inFlight--
	}
}

var _ sale.Gateway = (*Provider)(nil)

// Prepare implements sale.Gateway.
func (p *Provider) Prepare(o sale.Order, expire time.Time) ([]byte, error) {
	return fmt.Appendf(nil, "%s %s until %s", o.Number, o.Product.Price, expire.Format(time.RFC3339)), nil
}

// Create implements sale.Gateway.
func (p *Provider) Create(ctx context.Context, o sale.Order) (url string, err error) {
	err = p.call(ctx, "create", o, func() error {
		t := p.trades[o.Number]
		switch {
		case t == nil:
			t = &Trade{Number: o.Number, Total: o.Product.Price, Body: string(o.Request), State: sale.TradeUnpaid, inFlight: 1}
			t.Calls = append(t.Calls, time.Now().Add(-p.latency))
			p.trades[o.Number] = t
		case t.Body != string(o.Request):
			return fmt.Errorf("parameters differ: %w", sale.ErrRefused)
		case t.State == sale.TradePaid:
			return sale.ErrPaid
		case t.State == sale.TradeClosed:
			return sale.ErrAlreadyClosed
		}
		p.codes++
		t.Creates++
		t.CodeURL = fmt.Sprintf("weixin://wxpay/bizpayurl?pr=%06d", p.codes)
		url = t.CodeURL
		return nil
	})
	return url, err
}

// Query implements sale.Gateway.
func (p *Provider) Query(ctx context.Context, o sale.Order) (trade sale.Trade, err error) {
	err = p.call(ctx, "query", o, func() error {
		t := p.trades[o.Number]
		if t == nil {
			return sale.ErrNotFound
		}
		t.Queries++
		trade = sale.Trade{State: t.State, TransactionID: "tx-" + string(o.Number), PaidAt: t.PaidAt.Truncate(time.Second), AsOf: time.Now().Truncate(time.Second)}
		if t.State == sale.TradePaid || t.State == sale.TradeRefunded {
			trade.Total = t.Total
		}
		return nil
	})
	return trade, err
}

// Close implements sale.Gateway.
func (p *Provider) Close(ctx context.Context, o sale.Order) error {
	return p.call(ctx, "close", o, func() error {
		t := p.trades[o.Number]
		switch {
		case t == nil:
			return sale.ErrNotFound
		case t.Paying:
			return sale.ErrPaying
		case t.State == sale.TradePaid || t.State == sale.TradeRefunded:
			return sale.ErrPaid
		}
		t.State = sale.TradeClosed
		return nil
	})
}

// Refund implements sale.Gateway.
func (p *Provider) Refund(ctx context.Context, o sale.Order) (r sale.RefundReport, err error) {
	err = p.call(ctx, "refund", o, func() error {
		t := p.trades[o.Number]
		switch {
		case t == nil:
			return sale.ErrNotFound
		case t.Refund != "":
		case t.State != sale.TradePaid:
			return fmt.Errorf("not paid: %w", sale.ErrRefused)
		default:
			t.State, t.Refund, t.RefundAt = sale.TradeRefunded, sale.RefundProcessing, time.Now()
			t.Refunds++
		}
		r = p.report(t)
		return nil
	})
	return r, err
}

// QueryRefund implements sale.Gateway.
func (p *Provider) QueryRefund(ctx context.Context, o sale.Order) (r sale.RefundReport, err error) {
	err = p.call(ctx, "query refund", o, func() error {
		t := p.trades[o.Number]
		if t == nil || t.Refund == "" {
			return sale.ErrNotFound
		}
		r = p.report(t)
		return nil
	})
	return r, err
}

// Ping implements sale.Gateway.
func (p *Provider) Ping(ctx context.Context) error {
	return p.call(ctx, "ping", sale.Order{}, func() error { return nil })
}

func (p *Provider) report(t *Trade) sale.RefundReport {
	if t.Refund == sale.RefundProcessing && time.Since(t.RefundAt) >= p.refundTakes {
		t.Refund = sale.RefundSuccess
	}
	return sale.RefundReport{Status: t.Refund, ID: "rf-" + string(t.Number)}
}
