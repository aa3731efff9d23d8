package wechatv2_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kioskd/payment/gatewaytest"
	"kioskd/payment/paytest"
	"kioskd/payment/wechatv2"
	"kioskd/sale"
)

// simulated is the simulated provider as the suites drive it.
type simulated struct {
	t        testing.TB
	server   *paytest.Server
	signType string
}

func newSimulated(t testing.TB, signType string) *simulated {
	t.Helper()
	server, err := paytest.New(paytest.Options{MerchantKey: merchantKey(), PublicKey: strangerKey()})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	s := &simulated{t, server, signType}
	s.RefundsBecome(t, sale.RefundSuccess)
	return s
}

func (s *simulated) settings() wechatv2.Settings {
	s.t.Helper()
	dir := s.t.TempDir()
	if err := s.server.WriteFilesV2(dir); err != nil {
		s.t.Fatal(err)
	}
	m := s.server.Merchant()
	return wechatv2.Settings{
		AppID:         m.AppID,
		MchID:         m.MchID,
		APIKey:        filepath.Join(dir, paytest.APIKeyFile),
		SignType:      s.signType,
		MerchantCert:  filepath.Join(dir, paytest.MerchantCertFile),
		MerchantKey:   filepath.Join(dir, paytest.MerchantKeyFile),
		NotifyURL:     m.NotifyURL,
		BaseURLs:      s.server.URLs(),
		PayerClientIP: "203.0.113.7",
	}
}

func realTime(o *wechatv2.Options) { o.Clock = nil }

func (s *simulated) Gateway() sale.Gateway { return client(s.t, s.settings(), realTime) }

func (s *simulated) Stranger() sale.Gateway {
	wrong := s.settings()
	if err := os.WriteFile(wrong.APIKey, []byte(strings.Repeat("0", 32)), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return client(s.t, wrong, realTime)
}

const customer = "customer"

func (s *simulated) Scan(t testing.TB, codeURL string) {
	t.Helper()
	page, err := s.server.Scan(codeURL, customer)
	if err == nil {
		err = s.server.EnterPIN(customer, page.OutTradeNo, time.Hour)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (s *simulated) Pay(t testing.TB, codeURL string) {
	t.Helper()
	page, err := s.server.Scan(codeURL, customer)
	if err == nil {
		err = s.server.Pay(customer, page.OutTradeNo)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (s *simulated) RefundsBecome(_ testing.TB, status sale.RefundStatus) {
	s.server.Behave(func(b *paytest.Behaviour) {
		b.RefundDelay = 100 * time.Millisecond
		b.RefundResult = strings.ToUpper(string(status))
	})
}

func (s *simulated) SetFunds(_ testing.TB, f sale.Fen) { s.server.SetFunds(int64(f)) }

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

func (s *simulated) Break(t testing.TB, d gatewaytest.Damage) {
	t.Helper()
	s.server.ClearFaults()
	if d == gatewaytest.None {
		return
	}
	name, known := faults[d]
	if !known {
		t.Fatalf("the simulated provider has no %s", d)
	}
	s.server.SetRule(func(paytest.Incoming) (paytest.Fault, bool) { return paytest.Fault{Name: name}, true })
}

func TestConformance(t *testing.T) {
	for _, signType := range []string{"HMAC-SHA256", "MD5"} {
		t.Run(signType, func(t *testing.T) {
			gatewaytest.Run(t, func(t testing.TB) gatewaytest.Harness { return newSimulated(t, signType) })
		})
	}
}

func TestConformanceInBothSpellings(t *testing.T) {
	gatewaytest.Run(t, func(t testing.TB) gatewaytest.Harness {
		s := newSimulated(t, "HMAC-SHA256")
		s.server.Behave(func(b *paytest.Behaviour) {
			b.Spelling, b.CloseAgainFails, b.OtherParamsTaken, b.PINShowsPaying = paytest.SpellingMixed, true, true, true
			b.Coupon = 50
		})
		return s
	})
}

// Whatever goes wrong with an answer about an unpaid order: it is not paid,
// not closed, not refunded.
func TestNoFaultMakesEvidence(t *testing.T) {
	for _, name := range paytest.FaultNames() {
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			s := newSimulated(t, "HMAC-SHA256")
			g := client(t, s.settings(), realTime, func(o *wechatv2.Options) { o.Timeouts.Attempt = time.Second })
			paid, open := s.created(t, g, 1), s.created(t, g, 2)
			s.Pay(t, paid.CodeURL)
			if trade, err := g.Query(t.Context(), paid); err != nil || trade.State != sale.TradePaid {
				t.Fatalf("%+v, %v", trade, err) // what a replay would repeat
			}
			for _, call := range paytest.Calls() {
				fault := paytest.Fault{Name: name, Status: 418, Code: "TEAPOT"}
				if err := s.server.Queue(call, fault, fault); err != nil {
					t.Fatal(err)
				}
			}
			trade, err := g.Query(t.Context(), open)
			if err != nil && trade != (sale.Trade{}) || trade.State != sale.TradeUnclear && trade.State != sale.TradeUnpaid {
				t.Errorf("query: %+v, %v", trade, err)
			}
			closeErr := g.Close(t.Context(), open)
			s.server.ClearFaults()
			// A close does not name its order: what counts is the query after it.
			if trade, err := g.Query(t.Context(), open); err != nil || trade.State != sale.TradeUnpaid && trade.State != sale.TradeClosed {
				t.Errorf("close: %v, and then %+v, %v", closeErr, trade, err)
			}
			if report, err := g.QueryRefund(t.Context(), open); !errors.Is(err, sale.ErrNotFound) || report != (sale.RefundReport{}) {
				t.Errorf("query refund: %+v, %v", report, err)
			}
		})
	}
}

func (s *simulated) created(t testing.TB, g *wechatv2.Client, seq uint64) sale.Order {
	t.Helper()
	o := sale.Order{
		Number:  sale.Number("SH0042-00000" + string(rune('0'+seq))),
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

// What the provider keeps of an order names the machine.
func TestTheMachineIsNamed(t *testing.T) {
	s := newSimulated(t, "MD5")
	s.created(t, client(t, s.settings(), realTime), 1)
	if o, err := s.server.Order("SH0042-000001"); err != nil || o.DeviceID != "SH0042" || o.Attach != "machine=SH0042,slot=11" ||
		time.Until(o.ExpiresAt) < 110*time.Second || time.Until(o.ExpiresAt) > 121*time.Second {
		t.Errorf("%+v, %v", o, err)
	}
}
