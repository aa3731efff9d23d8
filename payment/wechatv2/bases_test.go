package wechatv2_test

import (
	"testing"

	"kioskd/payment/gatewaytest/simulated"
	"kioskd/payment/paytest"
	"kioskd/sale"
)

// What a query has learnt about the domains serves the refund, which goes by
// connections of its own.
func TestRefundGoesWhereTheQueryWent(t *testing.T) {
	server, err := paytest.New(paytest.Options{MerchantKey: merchantKey(), PublicKey: strangerKey()})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context(), "127.0.0.1:0", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	if err := server.FailDomain(0, paytest.DomainReset); err != nil {
		t.Fatal(err)
	}
	s := &double{&simulated.Provider{Server: server}, t, "HMAC-SHA256"}
	g := client(t, s.settings(), realTime)
	o := s.sold(t, g)
	before := server.Stats().Domains
	if report, err := g.Refund(t.Context(), o); err != nil || report.Status != sale.RefundProcessing {
		t.Errorf("%+v, %v", report, err)
	}
	after := server.Stats().Domains
	if before[0].Connections != 1 || after[0].Connections != 1 || after[1].Calls != before[1].Calls+1 {
		t.Errorf("before %+v\nafter  %+v", before, after)
	}
}
