package wechatv2_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/payment/wechatv2"
	"kioskd/sale"
)

const number = "SH0042-000017-x7k2p"

func TestPrepare(t *testing.T) {
	for _, c := range []struct {
		name, signType, device string
		product                sale.Product
		want                   string
	}{
		{"plain", "HMAC-SHA256", "SH0042", sale.Product{Slot: 11, Name: "Coke", Price: 350},
			"<xml><appid><![CDATA[wx1234567890abcdef]]></appid><attach><![CDATA[machine=SH0042,slot=11]]></attach><body><![CDATA[Coke]]></body>" +
				"<device_info><![CDATA[SH0042]]></device_info><fee_type><![CDATA[CNY]]></fee_type><mch_id><![CDATA[1900000109]]></mch_id>" +
				"<notify_url><![CDATA[https://pay.example.com/wechat]]></notify_url><out_trade_no><![CDATA[K-0001]]></out_trade_no>" +
				"<product_id><![CDATA[11]]></product_id><sign_type><![CDATA[HMAC-SHA256]]></sign_type><spbill_create_ip><![CDATA[203.0.113.7]]></spbill_create_ip>" +
				"<time_expire><![CDATA[20261124000005]]></time_expire><total_fee><![CDATA[350]]></total_fee><trade_type><![CDATA[NATIVE]]></trade_type></xml>"},
		{"no device, marks of XML", "MD5", "", sale.Product{Slot: 1, Name: "<A&B>]]>", Price: 1},
			"<xml><appid><![CDATA[wx1234567890abcdef]]></appid><attach><![CDATA[slot=1]]></attach><body><![CDATA[<A&B>]] >]]></body>" +
				"<fee_type><![CDATA[CNY]]></fee_type><mch_id><![CDATA[1900000109]]></mch_id>" +
				"<notify_url><![CDATA[https://pay.example.com/wechat]]></notify_url><out_trade_no><![CDATA[K-0001]]></out_trade_no>" +
				"<product_id><![CDATA[1]]></product_id><sign_type><![CDATA[MD5]]></sign_type><spbill_create_ip><![CDATA[203.0.113.7]]></spbill_create_ip>" +
				"<time_expire><![CDATA[20261124000005]]></time_expire><total_fee><![CDATA[1]]></total_fee><trade_type><![CDATA[NATIVE]]></trade_type></xml>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := settings(t)
			s.SignType = c.signType
			g := client(t, s, func(o *wechatv2.Options) { o.DeviceID = c.device })
			// Five minutes past midnight in Beijing is the day before in London.
			got, err := g.Prepare(sale.Order{Number: "K-0001", Product: c.product}, time.Date(2026, 11, 23, 16, 0, 5, 999, time.UTC))
			if diff := cmp.Diff(c.want, string(got)); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

func TestPrepareRefuses(t *testing.T) {
	g := client(t, settings(t))
	for n, want := range map[sale.Number]string{
		"short":             `prepare order: refused by the provider: the number "short" is not 6 to 32 of 0-9 A-Z a-z _ -`,
		wechatv2.PingNumber: "prepare order: refused by the provider: the number kioskd-ping-no-such-order is reserved for Ping",
	} {
		if _, err := g.Prepare(sale.Order{Number: n, Product: sale.Product{Price: 1}}, now.Now()); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// A repeat has the parameters of the first attempt to the byte. What signs
// them is new.
func TestCreateSendsWhatWasFrozen(t *testing.T) {
	s := newStub(t, says(signed("trade_type", "NATIVE", "prepay_id", "wx201410272009395522657a690389285100", "code_url", "weixin://wxpay/bizpayurl?pr=JyC91EIz1")))
	g := client(t, settings(t, s.URL))
	o := order(t, g)
	later := settings(t, s.URL)
	later.NotifyURL, later.PayerClientIP, later.SignType = "https://other.example.com/", "203.0.113.8", "MD5"
	for _, c := range []*wechatv2.Client{g, g, client(t, later)} { // settings may have changed since
		if code, err := c.Create(t.Context(), o); err != nil || code != "weixin://wxpay/bizpayurl?pr=JyC91EIz1" {
			t.Fatalf("%q, %v", code, err)
		}
	}
	frozen, err := wechatv2.Decode(o.Request)
	if err != nil {
		t.Fatal(err)
	}
	nonces := map[string]bool{}
	for _, r := range s.requests() {
		f, err := wechatv2.Decode([]byte(r.body))
		if err != nil || r.path != "/pay/unifiedorder" || r.header.Get("User-Agent") != "kioskd/1.2.3" || r.header.Get("Content-Type") != "text/xml; charset=utf-8" {
			t.Fatalf("%+v, %v", r, err)
		}
		if err := wechatv2.Verify(apiKey, "HMAC-SHA256", f); err != nil {
			t.Error(err)
		}
		nonces[f["nonce_str"]] = len(f["nonce_str"]) == 32
		delete(f, "nonce_str")
		delete(f, "sign")
		if diff := cmp.Diff(frozen, f); diff != "" {
			t.Error(diff)
		}
	}
	if len(nonces) != 3 {
		t.Errorf("nonces %v", nonces)
	}
}

func TestCreateRefusesWhatIsNotTheOrders(t *testing.T) {
	s := newStub(t, says(signed("code_url", "weixin://x")))
	g := client(t, settings(t, s.URL))
	const other = "create order " + number + ": refused by the provider: the frozen request is for another order, merchant or price"
	for name, c := range map[string]struct {
		change func(*sale.Order)
		want   string
	}{
		"price":     {func(o *sale.Order) { o.Product.Price++ }, other},
		"number":    {func(o *sale.Order) { o.Request = []byte(strings.ReplaceAll(string(o.Request), number, "another")) }, other},
		"merchant":  {func(o *sale.Order) { o.Request = []byte(strings.ReplaceAll(string(o.Request), mchID, "1900000110")) }, other},
		"algorithm": {func(o *sale.Order) { o.Request = []byte(strings.ReplaceAll(string(o.Request), "HMAC-SHA256", "SHA1")) }, other},
	} {
		o := order(t, g)
		c.change(&o)
		if code, err := g.Create(t.Context(), o); code != "" || err == nil || err.Error() != c.want || !errors.Is(err, sale.ErrRefused) {
			t.Errorf("%s: %q, %v", name, code, err)
		}
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestQuery(t *testing.T) {
	s := newStub(t, says(paidFields()))
	g := client(t, settings(t, s.URL))
	got, err := g.Query(t.Context(), order(t, g))
	want := sale.Trade{
		State: sale.TradePaid, TransactionID: "4200001234202611231234567890", Total: 200,
		PaidAt: time.Date(2026, 11, 23, 12, 8, 21, 0, time.UTC), AsOf: now.Now(),
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(time.Time.Equal)); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if got.Age() != 9*time.Second {
		t.Errorf("age %s", got.Age())
	}
	r := s.requests()[0]
	f, _ := wechatv2.Decode([]byte(r.body))
	delete(f, "nonce_str")
	delete(f, "sign")
	if diff := cmp.Diff(map[string]string{"appid": appID, "mch_id": mchID, "sign_type": "HMAC-SHA256", "out_trade_no": number}, f); r.path != "/pay/orderquery" || diff != "" {
		t.Errorf("%s %s", r.path, diff)
	}
}

// Each of these claims to be paid and proves it not, or not for this order.
func TestNoTradeFrom(t *testing.T) {
	const wrong = "the answer's signature is wrong"
	for _, c := range []struct{ name, answer, want string }{
		{"return_code FAIL, all else paid", strings.Replace(paidFields(), "<return_code><![CDATA[SUCCESS]]>", "<return_code><![CDATA[FAIL]]>", 1), "no reason is given"},
		{"unsigned", strings.Replace(paidFields(), "<sign>", "<nosign>", 1), "the answer is not the XML it should be"},
		{"no sign", strings.NewReplacer("<sign>", "<x>", "</sign>", "</x>").Replace(paidFields()), "the answer is not signed"},
		{"changed", strings.Replace(paidFields("trade_state", "NOTPAY"), "NOTPAY", "SUCCESS", 1), wrong},
		{"unknown field added", strings.Replace(paidFields(), "</xml>", "<x>1</x></xml>", 1), wrong},
		{"unknown field taken away", strings.Replace(paidFields("x", "1"), "<x><![CDATA[1]]></x>", "", 1), wrong},
		{"MD5", signedWith("MD5", "out_trade_no", number, "trade_state", "SUCCESS"), "the answer is signed with another algorithm than HMAC-SHA256"},
		{"doubled", strings.Replace(paidFields(), "<xml>", "<xml><trade_state>SUCCESS</trade_state>", 1), `the answer has the field "trade_state" twice`},
		{"directive", "<!DOCTYPE xml>" + paidFields(), "the answer has a directive (<!...>)"},
		{"huge", paidFields("x", strings.Repeat("x", 1<<17)), "the answer is longer than 65536 bytes"},
		{"appid", paidFields("appid", "wx0000000000000000"), `the answer's appid is "wx0000000000000000", the order's is "wx1234567890abcdef"`},
		{"mch_id", paidFields("mch_id", "1900000110"), `the answer's mch_id is "1900000110", the order's is "1900000109"`},
		{"number", paidFields("out_trade_no", "another"), `the answer's out_trade_no is "another", the order's is "SH0042-000017-x7k2p"`},
		{"amount", paidFields("total_fee", "2"), `the answer's total_fee is "2", the order's is "200"`},
		{"amount as another text", paidFields("total_fee", "0200"), `the answer's total_fee is "0200", the order's is "200"`},
		{"no amount", paidFields("total_fee", ""), "the answer has no total_fee"},
		{"currency", paidFields("fee_type", "USD"), `the answer's fee_type is "USD", the order's is "CNY"`},
		{"no transaction", paidFields("transaction_id", ""), "the answer says paid and has no transaction_id"},
		{"time", paidFields("time_end", "2026-11-23"), `the answer's time_end "2026-11-23" is not a time`},
		{"no result", paidFields("result_code", ""), "the answer has no result_code"},
	} {
		s := newStub(t, says(c.answer))
		g := client(t, settings(t, s.URL))
		got, err := g.Query(t.Context(), order(t, g))
		if got != (sale.Trade{}) || !errors.Is(err, sale.ErrTemporary) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %+v, %v; want %s", c.name, got, err, c.want)
		}
		if strings.Contains(err.Error(), "oSECRETopenid") || strings.Contains(err.Error(), apiKey) {
			t.Errorf("%s: a secret in %v", c.name, err)
		}
	}
}

func TestTradeStates(t *testing.T) {
	s := newStub(t, nil)
	g := client(t, settings(t, s.URL))
	for state, want := range map[string]sale.TradeState{
		"NOTPAY": sale.TradeUnpaid, "CLOSED": sale.TradeClosed, "USERPAYING": sale.TradePaying, "ACCEPT": sale.TradePaying,
		"PAYERROR": sale.TradeUnpaid, "REVOKED": sale.TradeUnpaid, "": sale.TradeUnclear, "NEW": sale.TradeUnclear, "success": sale.TradeUnclear,
	} {
		s.answer = says(signed("out_trade_no", number, "trade_state", state))
		if got, err := g.Query(t.Context(), order(t, g)); err != nil || got != (sale.Trade{State: want, AsOf: got.AsOf}) {
			t.Errorf("%s: %+v, %v", state, got, err)
		}
	}
	// The documents promise only the number of a refunded order.
	s.answer = says(signed("out_trade_no", number, "trade_state", "REFUND"))
	if got, err := g.Query(t.Context(), order(t, g)); err != nil || got.State != sale.TradeRefunded || got.Total != 200 || got.TransactionID != "" {
		t.Errorf("%+v, %v", got, err)
	}
	lost := order(t, g)
	lost.Product.Price, lost.Restored = 0, true
	if got, err := g.Query(t.Context(), lost); got != (sale.Trade{}) || !errors.Is(err, sale.ErrTemporary) {
		t.Errorf("%+v, %v", got, err)
	}
	s.answer = says(paidFields("trade_state", "REFUND", "time_end", ""))
	if got, err := g.Query(t.Context(), order(t, g)); err != nil || got.State != sale.TradeRefunded || got.TransactionID == "" || !got.PaidAt.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestClose(t *testing.T) {
	s := newStub(t, says(signed("result_msg", "OK")))
	g := client(t, settings(t, s.URL))
	if err := g.Close(t.Context(), order(t, g)); err != nil || s.requests()[0].path != "/pay/closeorder" {
		t.Errorf("%v, %+v", err, s.requests())
	}
	s.answer = says(signedWith("MD5"))
	if err := g.Close(t.Context(), order(t, g)); !errors.Is(err, sale.ErrTemporary) {
		t.Errorf("%v", err)
	}
}
