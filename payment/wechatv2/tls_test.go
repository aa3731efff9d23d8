package wechatv2_test

import (
	"crypto/tls"
	"net/http"
	"testing"
	"time"

	"kioskd/payment/gatewaytest/simulated"
	"kioskd/payment/paytest"
	"kioskd/payment/wechatv2"
	"kioskd/sale"
)

// secured is the simulated provider over https, where refunds want the
// merchant's certificate.
func secured(t *testing.T) (*double, func(*wechatv2.Options)) {
	t.Helper()
	server, err := paytest.New(paytest.Options{MerchantKey: merchantKey(), PublicKey: strangerKey()})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.StartTLS(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	authority, err := server.Authority()
	if err != nil {
		t.Fatal(err)
	}
	trusting := func(o *wechatv2.Options) {
		o.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority}}
	}
	return &double{&simulated.Provider{Server: server}, t, "HMAC-SHA256"}, trusting
}

func (s *double) sold(t *testing.T, g *wechatv2.Client) sale.Order {
	t.Helper()
	o := s.Created(t, g, 1)
	s.Pay(t, o.CodeURL)
	trade, err := g.Query(t.Context(), o)
	if err != nil || trade.State != sale.TradePaid {
		t.Fatalf("%+v, %v", trade, err)
	}
	o.Payment.TransactionID = trade.TransactionID
	return o
}

func TestRefundWithTheCertificate(t *testing.T) {
	s, trusting := secured(t)
	g := client(t, s.settings(), realTime, trusting)
	o := s.sold(t, g)
	if report, err := g.Refund(t.Context(), o); err != nil || report.Status != sale.RefundProcessing {
		t.Errorf("%+v, %v", report, err)
	}
	if _, err := g.QueryRefund(t.Context(), o); err != nil {
		t.Error(err)
	}
}

const certificateFault = "E-PAY-02: WeChat Pay refuses this merchant: merchant set-up: "

// without shows no certificate: the wrapping hides what the transport is.
type without struct{ http.RoundTripper }

func TestRefundWithoutTheCertificate(t *testing.T) {
	s, trusting := secured(t)
	g := client(t, s.settings(), realTime, trusting, func(o *wechatv2.Options) { o.Transport = without{o.Transport} })
	o := s.sold(t, g) // all else works without it
	refusedRefund(t, s, g, o, certificateFault+"HTTP 400: the client certificate is not taken")
	// What a server asks for and does not get is no secret of another call.
	if err := g.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// A certificate of another authority is refused in the handshake.
func TestRefundWithAStrangersCertificate(t *testing.T) {
	s, trusting := secured(t)
	wrong := s.settings()
	writeFile(t, wrong.MerchantCert, asPEM("CERTIFICATE", certificate(merchantKey(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour))), 0o644)
	g := client(t, wrong, realTime, trusting)
	refusedRefund(t, s, g, s.sold(t, g), certificateFault+"remote error: tls: ")
}

func refusedRefund(t *testing.T, s *double, g *wechatv2.Client, o sale.Order, want string) {
	t.Helper()
	report, err := g.Refund(t.Context(), o)
	if want = "refund order " + string(o.Number) + ": " + want; err == nil || len(err.Error()) < len(want) || err.Error()[:len(want)] != want {
		t.Errorf("%+v, %v\nwant %s", report, err, want)
	}
	isOnly(t, "refund", err, sale.ErrMerchant, sale.CodePayMerchant)
	if n := len(s.Server.Refunds()); n != 0 {
		t.Errorf("%d refunds were made", n)
	}
}
