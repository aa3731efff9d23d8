package paytest_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"kioskd/payment/paytest"
)

func TestPoint9Refund(t *testing.T) {
	c := start(t)
	c.paid("ORDER00001")
	c.want(c.queryRefund("ORDER00001R"), 404, "RESOURCE_NOT_EXISTS")
	a := c.refund("ORDER00001", "ORDER00001R", 200)
	if f := a.fields(t); f["status"] != "PROCESSING" || c.verify(a) != nil {
		t.Fatalf("%v %v", a, c.verify(a))
	}
	c.wantState("ORDER00001", "REFUND") // from the first request on
	c.clock.Add(2 * time.Second)
	if f := c.queryRefund("ORDER00001R").fields(t); f["status"] != "SUCCESS" || f["success_time"] == nil {
		t.Errorf("%v", f)
	}
	again := c.refund("ORDER00001", "ORDER00001R", 200).fields(t)
	if again["status"] != "SUCCESS" || again["refund_id"] != a.fields(t)["refund_id"] {
		t.Errorf("the same number is another refund: %v", again)
	}
	c.want(c.refund("ORDER00001", "ORDER00001R", 100), 400, "INVALID_REQUEST")
	c.want(c.refund("ORDER00001", "ORDER00001S", 1), 400, "INVALID_REQUEST")
	o, _ := c.server.Order("ORDER00001")
	r := c.server.Refunds()
	if o.Refunded != 200 || len(r) != 1 || r[0].Requests < 2 || !r[0].SettledAt.Equal(o.RefundedAt) {
		t.Errorf("%+v %+v", o, r)
	}
	c.order("ORDER00002")
	c.want(c.refund("ORDER00002", "ORDER00002R", 200), 400, "INVALID_REQUEST") // unpaid
}

func TestPoint9RefundThatFails(t *testing.T) {
	c := start(t)
	for i, result := range []string{"ABNORMAL", "CLOSED"} {
		no := fmt.Sprintf("ORDER0000%d", i)
		c.paid(no)
		c.behave(func(b *paytest.Behaviour) { b.RefundResult = result })
		c.want(c.refund(no, no+"R", 200), 200, "")
		c.clock.Add(2 * time.Minute)
		if f := c.queryRefund(no + "R").fields(t); f["status"] != result {
			t.Errorf("%v", f)
		}
		c.wantState(no, "REFUND")
	}
	c.want(c.refund("ORDER00000", "SECOND", 200), 400, "INVALID_REQUEST") // ABNORMAL is still owed
	c.want(c.refund("ORDER00001", "SECOND", 200), 200, "")                // CLOSED moved nothing
}

func TestPoint9FundsAndLag(t *testing.T) {
	c := start(t)
	c.paid("ORDER00001")
	c.server.SetFunds(199)
	c.want(c.refund("ORDER00001", "ORDER00001R", 200), 403, "NOT_ENOUGH")
	c.paid("ORDER00002") // its money is there for refunds
	c.behave(func(b *paytest.Behaviour) { b.RefundLag = time.Minute })
	c.want(c.refund("ORDER00002", "ORDER00002R", 200), 404, "RESOURCE_NOT_EXISTS")
	o, _ := c.server.Order("ORDER00002")
	c.want(c.send("POST", "/v3/refund/domestic/refunds", `{"transaction_id":"`+o.TransactionID+
		`","out_refund_no":"ORDER00002R","amount":{"refund":200,"total":200,"currency":"CNY"}}`), 200, "")
	c.clock.Add(time.Minute)
	c.want(c.refund("ORDER00001", "ORDER00001R", 200), 403, "NOT_ENOUGH")
	c.server.SetFunds(paytest.Unlimited)
	c.want(c.refund("ORDER00001", "ORDER00001R", 200), 200, "")
}

func TestPoint9PartsSpacingAndLimit(t *testing.T) {
	c := start(t)
	c.paid("ORDER00001")
	c.want(c.refund("ORDER00001", "R1", 50), 200, "")
	c.want(c.refund("ORDER00001", "R2", 50), 429, "RATE_LIMITED")
	c.want(c.refund("ORDER00001", "R1", 50), 200, "") // the same number is no new refund
	c.clock.Add(time.Minute)
	c.want(c.refund("ORDER00001", "R2", 50), 200, "")
	c.clock.Add(time.Minute)
	c.want(c.refund("ORDER00001", "R3", 101), 400, "INVALID_REQUEST")
	for range 5 {
		c.want(c.refund("NOSUCH0001", "X1", 1), 404, "RESOURCE_NOT_EXISTS")
	}
	c.want(c.refund("ORDER00001", "R3", 100), 429, "RATE_LIMITED") // a good one suffers too
	c.clock.Add(time.Second)
	c.want(c.refund("ORDER00001", "R3", 100), 200, "")
}

func TestPoint10BothSpellings(t *testing.T) {
	c := start(t)
	c.paid("ORDER00001")
	seen := map[string]bool{}
	for _, spelling := range []paytest.Spelling{paytest.SpellingUnderscore, paytest.SpellingPlain, paytest.SpellingMixed} {
		c.behave(func(b *paytest.Behaviour) { b.Spelling = spelling })
		for range 20 {
			got := c.close("ORDER00001").code()
			switch {
			case spelling == paytest.SpellingUnderscore && got != "ORDER_PAID",
				spelling == paytest.SpellingPlain && got != "ORDERPAID":
				t.Fatalf("%s: %s", spelling, got)
			case spelling == paytest.SpellingMixed:
				seen[got] = true
			}
		}
	}
	if len(seen) != 2 {
		t.Errorf("mixed spelling gave %v", seen)
	}
	c.behave(func(b *paytest.Behaviour) { b.Spelling = paytest.SpellingPlain })
	c.want(c.query("NOSUCH0001"), 404, "ORDERNOTEXIST")
	c.want(c.queryRefund("NOSUCH0001"), 404, "RESOURCE_NOT_EXISTS") // has one spelling
}

func TestPoint11KeyBySerialAndKeyChange(t *testing.T) {
	c := start(t)
	c.order("ORDER00001")
	oldID, oldKey := c.merchant.PublicKeyID, c.merchant.PublicKey
	newID, err := c.server.RotateKey()
	c.ok(err)
	c.ok(c.verify(c.query("ORDER00001"))) // with the new key, as nothing was asked for
	c.wantKey = oldID
	a := c.query("ORDER00001")
	if a.header.Get("Wechatpay-Serial") != oldID || c.verifyWith(oldKey, a) != nil {
		t.Errorf("the request named %s and got %s", oldID, a.header.Get("Wechatpay-Serial"))
	}
	c.ok(c.server.RetireKey(oldID))
	if got := c.query("ORDER00001").header.Get("Wechatpay-Serial"); got != newID {
		t.Errorf("retired, but signed with %s", got)
	}
	if c.server.RetireKey(newID) == nil || c.server.RetireKey("nonsense") == nil {
		t.Error("a key in force or an unknown one could be retired")
	}

	for _, tc := range []struct {
		mode        paytest.KeyMode
		ask         string
		certificate bool
	}{
		{paytest.KeysTransition, newID, false},
		{paytest.KeysTransition, "", true},
		{paytest.KeysCertificate, newID, true},
		{paytest.KeysPublic, "", false},
	} {
		c.ok(c.server.SetKeyMode(tc.mode))
		c.wantKey = tc.ask
		m, a := c.server.Merchant(), c.query("ORDER00001")
		key, serial := m.PublicKey, m.PublicKeyID
		if tc.certificate {
			key, serial = m.CertificateKey, m.CertificateSerial
		}
		if a.header.Get("Wechatpay-Serial") != serial {
			t.Errorf("%s, asked %q: serial %s, want %s", tc.mode, tc.ask, a.header.Get("Wechatpay-Serial"), serial)
		} else if err := c.verifyWith(key, a); err != nil {
			t.Errorf("%s, asked %q: %v", tc.mode, tc.ask, err)
		}
	}

	second := "5157F09EFDC096DE15EBE81A47057A72AAAAAAAA"
	c.server.AddMerchantKey(second, &c.merchant.Key.PublicKey)
	c.server.RevokeMerchantKey(c.merchant.Serial)
	c.want(c.query("ORDER00001"), 401, "SIGN_ERROR")
	c.merchant.Serial = second
	c.want(c.query("ORDER00001"), 200, "")
}

func TestPoint13SkewedClocks(t *testing.T) {
	c := start(t)
	c.order("ORDER00001")
	c.behave(func(b *paytest.Behaviour) { b.Skew = 10 * time.Minute })
	a := c.query("ORDER00001")
	c.want(a, 401, "SIGN_ERROR")
	date, err := http.ParseTime(a.header.Get("Date"))
	if off := date.Sub(c.clock.Now()); err != nil || off < 9*time.Minute {
		t.Errorf("Date is %v off, %v: it must tell the skew", off, err)
	}
	c.behave(func(b *paytest.Behaviour) { b.Skew = 4 * time.Minute })
	c.ok(c.verify(c.query("ORDER00001")))
	code := c.order("ORDER00002", c.expire(5*time.Minute)) // one minute, for the provider
	c.clock.Add(61 * time.Second)
	_, err = c.server.Scan(code, "ann")
	c.wantPhone(err, paytest.ErrOrderExpired)
}

func TestPoint13FailingFirstDomain(t *testing.T) {
	c := startWith(t, paytest.Options{}, 2)
	c.order("ORDER00001")
	urls := c.server.URLs()
	c.ok(c.server.FailDomain(0, paytest.DomainReset))
	if a := c.query("ORDER00001"); a.err == nil {
		t.Fatalf("the broken domain answers: %v", a)
	}
	c.base = urls[1]
	c.want(c.query("ORDER00001"), 200, "")

	c.ok(c.server.FailDomain(0, paytest.DomainSilent))
	c.base, c.http.Timeout = urls[0], 100*time.Millisecond
	if a := c.query("ORDER00001"); a.err == nil {
		t.Fatalf("the silent domain answers: %v", a)
	}
	c.http.Timeout = 20 * time.Second
	c.ok(c.server.FailDomain(0, paytest.DomainUp))
	c.want(c.query("ORDER00001"), 200, "")
	domains := c.server.Stats().Domains
	if len(domains) != 2 || domains[0].Calls != 2 || domains[1].Calls != 1 || domains[0].Connections < 4 {
		t.Errorf("%+v", domains)
	}
	for _, err := range []error{c.server.FailDomain(2, paytest.DomainUp), c.server.FailDomain(0, "odd")} {
		if err == nil {
			t.Error("nonsense was taken")
		}
	}
}
