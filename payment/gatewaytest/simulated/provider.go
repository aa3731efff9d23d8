// Package simulated is the simulated WeChat Pay as gatewaytest drives it,
// whichever version of its interface the gateway speaks. A test embeds a
// [Provider] and adds the gateways.
package simulated

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kioskd/payment/gatewaytest"
	"kioskd/payment/paytest"
	"kioskd/sale"
)

// Provider does all of a gatewaytest.Harness but its gateways.
type Provider struct{ Server *paytest.Server }

// Start serves a new provider until the test ends.
func Start(t testing.TB, o paytest.Options) *Provider {
	t.Helper()
	server, err := paytest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	p := &Provider{server}
	p.RefundsBecome(t, sale.RefundSuccess)
	return p
}

const customer = "customer"

// Scan opens the PIN pad of whoever scans.
func (p *Provider) Scan(t testing.TB, codeURL string) {
	t.Helper()
	page, err := p.Server.Scan(codeURL, customer)
	if err == nil {
		err = p.Server.EnterPIN(customer, page.OutTradeNo, time.Hour)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Pay scans and pays.
func (p *Provider) Pay(t testing.TB, codeURL string) {
	t.Helper()
	page, err := p.Server.Scan(codeURL, customer)
	if err == nil {
		err = p.Server.Pay(customer, page.OutTradeNo)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// RefundsBecome is that of the Harness.
func (p *Provider) RefundsBecome(_ testing.TB, status sale.RefundStatus) {
	p.Server.Behave(func(b *paytest.Behaviour) {
		b.RefundDelay, b.RefundResult = 100*time.Millisecond, strings.ToUpper(string(status))
	})
}

// SetFunds is that of the Harness.
func (p *Provider) SetFunds(_ testing.TB, f sale.Fen) { p.Server.SetFunds(int64(f)) }

var faults = map[gatewaytest.Damage]paytest.FaultName{
	gatewaytest.RequestLost:  paytest.FaultResetBefore,
	gatewaytest.AnswerLost:   paytest.FaultResetAfter,
	gatewaytest.AnswerCut:    paytest.FaultTruncated,
	gatewaytest.Unsigned:     paytest.FaultUnsigned,
	gatewaytest.BadSignature: paytest.FaultMisSigned,
	gatewaytest.Fault:        paytest.FaultSystem,
	gatewaytest.Foreign:      paytest.FaultWrongNumber,
	gatewaytest.LoginPage:    paytest.FaultHTML200,
}

// Break is that of the Harness.
func (p *Provider) Break(t testing.TB, d gatewaytest.Damage) {
	t.Helper()
	p.Server.ClearFaults()
	if d == gatewaytest.None {
		return
	}
	name, known := faults[d]
	if !known {
		t.Fatalf("the simulated provider has no %s", d)
	}
	p.Server.SetRule(func(paytest.Incoming) (paytest.Fault, bool) { return paytest.Fault{Name: name}, true })
}

// Created makes an order that can be scanned. seq is from 1 to 9.
func (p *Provider) Created(t testing.TB, g sale.Gateway, seq uint64) sale.Order {
	t.Helper()
	o := sale.Order{
		Number:  sale.Number(fmt.Sprintf("SH0042-00000%d", seq)),
		Seq:     seq,
		Product: sale.Product{Slot: 11, Name: "农夫山泉 550ml", Price: 200},
	}
	var err error
	if o.Request, err = g.Prepare(o, time.Now().Add(2*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if o.CodeURL, err = g.Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return o
}

// NoFaultMakesEvidence: whatever goes wrong with an answer about an unpaid
// order, it is not paid, not closed, not refunded. make starts a provider and
// a gateway that gives up after a second.
func NoFaultMakesEvidence(t *testing.T, make func(t testing.TB) (*Provider, sale.Gateway)) {
	for _, name := range paytest.FaultNames() {
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			p, g := make(t)
			p.noEvidence(t, g, name)
		})
	}
}

func (p *Provider) noEvidence(t *testing.T, g sale.Gateway, name paytest.FaultName) {
	paid, open := p.Created(t, g, 1), p.Created(t, g, 2)
	p.Pay(t, paid.CodeURL)
	if trade, err := g.Query(t.Context(), paid); err != nil || trade.State != sale.TradePaid {
		t.Fatalf("%+v, %v", trade, err) // what a replay would repeat
	}
	for _, call := range paytest.Calls() {
		fault := paytest.Fault{Name: name, Status: 418, Code: "TEAPOT"}
		if err := p.Server.Queue(call, fault, fault); err != nil {
			t.Fatal(err)
		}
	}
	trade, err := g.Query(t.Context(), open)
	if err != nil && trade != (sale.Trade{}) || trade.State != sale.TradeUnclear && trade.State != sale.TradeUnpaid {
		t.Errorf("query: %+v, %v", trade, err)
	}
	closeErr := g.Close(t.Context(), open)
	p.Server.ClearFaults()
	if trade, err := g.Query(t.Context(), open); err != nil || closeErr == nil && trade.State != sale.TradeClosed {
		t.Errorf("close: %v, and then %+v, %v", closeErr, trade, err)
	}
	if report, err := g.QueryRefund(t.Context(), open); !errors.Is(err, sale.ErrNotFound) || report != (sale.RefundReport{}) {
		t.Errorf("query refund: %+v, %v", report, err)
	}
}
