package wechat_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"kioskd/payment/gatewaytest"
	"kioskd/payment/paytest"
	"kioskd/payment/wechat"
	"kioskd/sale"
)

// simulated is the simulated provider as the suites drive it.
type simulated struct {
	t      testing.TB
	server *paytest.Server
}

func newSimulated(t testing.TB, change ...func(*paytest.Options)) *simulated {
	t.Helper()
	o := paytest.Options{MerchantKey: merchantKey(), PublicKey: providerKey()}
	for _, c := range change {
		c(&o)
	}
	server, err := paytest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	s := &simulated{t, server}
	s.RefundsBecome(t, sale.RefundSuccess)
	return s
}

func (s *simulated) settings() wechat.Settings {
	s.t.Helper()
	dir := s.t.TempDir()
	if err := s.server.WriteFiles(dir); err != nil {
		s.t.Fatal(err)
	}
	return simulatedSettings(s.t, s.server, dir)
}

func realTime(o *wechat.Options) { o.Clock = nil }

// Gateway knows the platform certificates already, if there are any: the suite
// counts what becomes of a call.
func (s *simulated) Gateway() sale.Gateway {
	c := client(s.t, s.settings(), realTime)
	if err := c.Refresh(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *simulated) Stranger() sale.Gateway {
	wrong := s.settings()
	wrong.MerchantCert = ""
	wrong.MerchantKey = writePEM(s.t, filepath.Join(s.t.TempDir(), "key.pem"), "PRIVATE KEY", pkcs8(s.t, strangerKey()), 0o600)
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
		b.RefundResult = map[sale.RefundStatus]string{
			sale.RefundSuccess:  paytest.RefundSuccess,
			sale.RefundAbnormal: paytest.RefundAbnormal,
			sale.RefundClosed:   paytest.RefundClosed,
		}[status]
	})
}

func (s *simulated) SetFunds(_ testing.TB, f sale.Fen) { s.server.SetFunds(int64(f)) }

func (s *simulated) Break(t testing.TB, d gatewaytest.Damage) {
	t.Helper()
	s.server.ClearFaults()
	if d == gatewaytest.None {
		return
	}
	name, known := map[gatewaytest.Damage]paytest.FaultName{
		gatewaytest.RequestLost:  paytest.FaultResetBefore,
		gatewaytest.AnswerLost:   paytest.FaultResetAfter,
		gatewaytest.AnswerCut:    paytest.FaultTruncated,
		gatewaytest.Unsigned:     paytest.FaultUnsigned,
		gatewaytest.BadSignature: paytest.FaultMisSigned,
		gatewaytest.Fault:        paytest.FaultSystem,
		gatewaytest.Foreign:      paytest.FaultWrongNumber,
		gatewaytest.LoginPage:    paytest.FaultHTML200,
	}[d]
	if !known {
		t.Fatalf("the simulated provider has no %s", d)
	}
	s.server.SetRule(func(paytest.Incoming) (paytest.Fault, bool) { return paytest.Fault{Name: name}, true })
}

func TestConformance(t *testing.T) {
	gatewaytest.Run(t, func(t testing.TB) gatewaytest.Harness { return newSimulated(t) })
}

func TestConformanceInTheOlderSpelling(t *testing.T) {
	gatewaytest.Run(t, func(t testing.TB) gatewaytest.Harness {
		s := newSimulated(t)
		s.server.Behave(func(b *paytest.Behaviour) {
			b.Spelling, b.SignErrors, b.CloseAgainFails, b.OtherParamsTaken, b.PINShowsPaying = paytest.SpellingPlain, 1, true, true, true
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
			s := newSimulated(t)
			g := client(t, s.settings(), realTime, func(o *wechat.Options) { o.Timeouts.Attempt = time.Second })
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
			if trade, err := g.Query(t.Context(), open); err != nil || closeErr == nil && trade.State != sale.TradeClosed {
				t.Errorf("close: %v, and then %+v, %v", closeErr, trade, err)
			}
			if report, err := g.QueryRefund(t.Context(), open); !errors.Is(err, sale.ErrNotFound) || report != (sale.RefundReport{}) {
				t.Errorf("query refund: %+v, %v", report, err)
			}
		})
	}
}

func (s *simulated) created(t testing.TB, g *wechat.Client, seq uint64) sale.Order {
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

// The clock of either side may be wrong by five minutes and no more.
func TestSkew(t *testing.T) {
	for skew, want := range map[time.Duration]sale.Code{
		-200 * time.Second: "", 200 * time.Second: "",
		-400 * time.Second: sale.CodeClock, 400 * time.Second: sale.CodeClock,
	} {
		s := newSimulated(t)
		s.server.Behave(func(b *paytest.Behaviour) { b.Skew = skew })
		err := s.Gateway().Ping(t.Context())
		var fault *sale.Fault
		errors.As(err, &fault)
		if want == "" && err != nil || want != "" && (fault == nil || fault.Code != want || !errors.Is(err, sale.ErrMerchant)) {
			t.Errorf("skew %v: %v", skew, err)
		}
	}
}

// The scene the provider echoes comes with an address only.
func TestSceneIsAccepted(t *testing.T) {
	s := newSimulated(t)
	with := s.settings()
	with.PayerClientIP = "203.0.113.7"
	s.created(t, client(t, with, realTime), 1)
	if o, err := s.server.Order("SH0042-000001"); err != nil || o.DeviceID != "SH0042" || o.Attach != "machine=SH0042,slot=11" {
		t.Errorf("%+v, %v", o, err)
	}
}
