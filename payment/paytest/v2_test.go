package paytest_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"kioskd/payment/paytest"
)

func TestV2Refuses(t *testing.T) {
	c := startV2(t)
	c.order("ORDER00001")
	old := c.orderFields("ORDER00001")
	for _, tt := range []struct {
		name, path string
		fields     map[string]string
		msg, code  string // return_msg of an unsigned refusal, err_code of a signed one
	}{
		{"sign", "/pay/orderquery", c.fields("out_trade_no", "ORDER00001", "sign", strings.Repeat("0", 64)), "签名错误", ""},
		{"no sign", "/pay/orderquery", c.fields("out_trade_no", "ORDER00001", "sign", ""), "签名错误", ""},
		{"sign_type", "/pay/orderquery", c.fields("out_trade_no", "ORDER00001", "sign_type", "SHA1"), "sign_type参数格式错误", ""},
		{"merchant", "/pay/orderquery", c.fields("out_trade_no", "ORDER00001", "mch_id", "1900000000"), "mch_id不存在", ""},
		{"nonce", "/pay/orderquery", c.fields("out_trade_no", "ORDER00001", "nonce_str", ""), "缺少参数nonce_str", ""},
		{"appid", "/pay/orderquery", c.fields("out_trade_no", "ORDER00001", "appid", "wx0000000000000000"), "", "APPID_MCHID_NOT_MATCH"},
		{"no product_id", "/pay/unifiedorder", c.orderFields("ORDER00002", "product_id", ""), "缺少参数product_id", ""},
		{"no address", "/pay/unifiedorder", c.orderFields("ORDER00002", "spbill_create_ip", ""), "缺少参数spbill_create_ip", ""},
		{"amount", "/pay/unifiedorder", c.orderFields("ORDER00002", "total_fee", "2.00"), "total_fee参数格式错误", ""},
		{"time", "/pay/unifiedorder", c.orderFields("ORDER00002", "time_expire", "2026-11-23T20:10:00+08:00"), "time_expire参数格式错误", ""},
		{"trade_type", "/pay/unifiedorder", c.orderFields("ORDER00002", "trade_type", "JSAPI"), "trade_type参数格式错误", ""},
		{"other parameters", "/pay/unifiedorder", c.orderFields("ORDER00001", "total_fee", "201"), "", "INVALID_REQUEST"},
		{"another address", "/pay/unifiedorder", c.orderFields("ORDER00001", "spbill_create_ip", "203.0.113.8"), "", "INVALID_REQUEST"},
		{"no such order", "/pay/orderquery", c.fields("out_trade_no", "ORDER00002"), "", "ORDERNOTEXIST"},
		{"close no such order", "/pay/closeorder", c.fields("out_trade_no", "ORDER00002"), "", "ORDERNOTEXIST"},
		{"refund no such order", "/secapi/pay/refund", c.refundFields("ORDER00002"), "", "ORDERNOTEXIST"},
		{"refund unpaid", "/secapi/pay/refund", c.refundFields("ORDER00001"), "", "INVALID_REQUEST"},
		{"no such refund", "/pay/refundquery", c.fields("out_refund_no", "X"), "", "REFUNDNOTEXIST"},
	} {
		got := c.call(tt.path, tt.fields)
		unsigned := got["return_code"] == "FAIL" && got["sign"] == "" && got["return_msg"] == tt.msg
		signed := got["return_code"] == "SUCCESS" && got["result_code"] == "FAIL" && got["err_code"] == tt.code && c.proved(got)
		if got["status"] != "200" || (tt.msg != "") != unsigned || (tt.code != "") != signed {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	for _, text := range []string{"", "{}", "<root></root>", "<xml><a>1</a><a>1</a></xml>", "<xml><a><b/></a></xml>", "<!DOCTYPE x><xml></xml>"} {
		if got := c.post("/pay/orderquery", text); got["return_msg"] != "XML格式错误" {
			t.Errorf("%s: %v", text, got)
		}
	}
	if got := c.call("/pay/unifiedorder", old); got["result_code"] != "SUCCESS" { // the same but for nonce and sign
		t.Errorf("%v", got)
	}
}

func TestV2SalesInBothAlgorithms(t *testing.T) {
	for _, kind := range []string{"HMAC-SHA256", "MD5", ""} { // none is MD5
		c := startV2(t)
		c.kind = kind
		c.server.Behave(func(b *paytest.Behaviour) { b.Coupon, b.RefundDelay = 50, time.Minute })
		c.paid("ORDER00001")
		got := c.query("ORDER00001")
		o, err := c.server.Order("ORDER00001")
		c.ok(err)
		if !c.proved(got) || got["trade_state"] != "SUCCESS" || got["total_fee"] != "200" || got["cash_fee"] != "150" || got["coupon_fee"] != "50" ||
			got["coupon_id_0"] == "" || got["transaction_id"] != o.TransactionID || got["device_info"] != "SH0042" ||
			got["time_end"] != o.PaidAt.In(time.FixedZone("", 8*3600)).Format("20060102150405") {
			t.Errorf("%s: %v", kind, got)
		}
		if o.Description != "汽水 <A & B>" || o.DeviceID != "SH0042" || o.Bodies != 1 || o.ExpiresAt.Sub(o.CreatedAt) > 5*time.Minute {
			t.Errorf("%+v", o)
		}
		if got := c.call("/pay/closeorder", c.fields("out_trade_no", "ORDER00001")); got["err_code"] != "ORDERPAID" {
			t.Errorf("%v", got)
		}
		refund := c.call("/secapi/pay/refund", c.refundFields("ORDER00001", "out_trade_no", "", "transaction_id", o.TransactionID))
		again := c.call("/secapi/pay/refund", c.refundFields("ORDER00001"))
		if !c.proved(refund) || refund["refund_fee"] != "200" || refund["refund_id"] == "" || again["refund_id"] != refund["refund_id"] || refund["refund_status"] != "" {
			t.Errorf("%v\n%v", refund, again)
		}
		if got := c.call("/secapi/pay/refund", c.refundFields("ORDER00001", "refund_fee", "199")); got["err_code"] != "REFUND_FEE_MISMATCH" {
			t.Errorf("%v", got)
		}
		for _, by := range []string{"out_refund_no", "out_trade_no"} {
			got := c.call("/pay/refundquery", c.fields(by, map[string]string{"out_refund_no": "ORDER00001R", "out_trade_no": "ORDER00001"}[by]))
			if !c.proved(got) || got["out_refund_no_0"] != "ORDER00001R" || got["refund_status_0"] != "PROCESSING" || got["refund_count"] != "1" ||
				got["refund_fee_0"] != "200" || got["refund_recv_accout_0"] == "" || got["coupon_refund_fee_0"] != "50" {
				t.Errorf("%s: %v", by, got)
			}
		}
		if got := c.query("ORDER00001"); got["trade_state"] != "REFUND" {
			t.Errorf("%v", got)
		}
	}
}

func TestV2RefundsEnd(t *testing.T) {
	c := startV2(t)
	for result, want := range map[string]string{"SUCCESS": "SUCCESS", "ABNORMAL": "CHANGE", "CLOSED": "REFUNDCLOSE"} {
		no := "ORDER_" + result
		c.server.Behave(func(b *paytest.Behaviour) { b.RefundResult = result })
		c.paid(no)
		c.call("/secapi/pay/refund", c.refundFields(no))
		c.clock.Add(time.Minute)
		got := c.call("/pay/refundquery", c.fields("out_refund_no", no+"R"))
		if got["refund_status_0"] != want || (got["refund_success_time_0"] != "") != (want == "SUCCESS") {
			t.Errorf("%s: %v", result, got)
		}
	}
	c.server.SetFunds(0)
	c.paid("ORDER00001")
	c.server.SetFunds(0)
	if got := c.call("/secapi/pay/refund", c.refundFields("ORDER00001")); got["err_code"] != "NOTENOUGH" {
		t.Errorf("%v", got)
	}
	c.server.Behave(func(b *paytest.Behaviour) { b.RefundFailing = 1 })
	if got := c.call("/secapi/pay/refund", c.refundFields("ORDER00001")); got["err_code"] != "INVALID_REQ_TOO_MUCH" {
		t.Errorf("%v", got)
	}
}

// One merchant, one set of books: what one version has made, the other sees.
func TestTheBooksOfBothVersionsAreOne(t *testing.T) {
	c := startV2(t)
	c.order("ORDER00001")
	c.wantState("ORDER00001", "NOTPAY") // by v3
	if a := c.create(c.prepayBody("ORDER00001")); a.code() != "INVALID_REQUEST" {
		t.Errorf("%s", a)
	}
	c.client.order("ORDER00002")
	if got := c.query("ORDER00002"); got["trade_state"] != "NOTPAY" {
		t.Errorf("%v", got)
	}
	if got := c.call("/pay/unifiedorder", c.orderFields("ORDER00002")); got["err_code"] != "INVALID_REQUEST" {
		t.Errorf("%v", got)
	}
	if got := c.call("/pay/closeorder", c.fields("out_trade_no", "ORDER00002")); got["result_code"] != "SUCCESS" || !c.proved(got) {
		t.Errorf("%v", got)
	}
	c.wantState("ORDER00002", "CLOSED")
}

func TestV2WhilePaying(t *testing.T) {
	c := startV2(t)
	_, err := c.server.Scan(c.order("ORDER00001"), "ann")
	c.ok(err)
	c.ok(c.server.EnterPIN("ann", "ORDER00001", time.Minute))
	if got := c.call("/pay/closeorder", c.fields("out_trade_no", "ORDER00001")); got["err_code"] != "USERPAYING" || !c.proved(got) {
		t.Errorf("%v", got)
	}
	c.server.Behave(func(b *paytest.Behaviour) { b.PINShowsPaying = true })
	if got := c.query("ORDER00001"); got["trade_state"] != "USERPAYING" || got["total_fee"] != "" {
		t.Errorf("%v", got)
	}
}

func TestV2WantsTheCertificate(t *testing.T) {
	s := startTLS(t)
	authority, err := s.Authority()
	if err != nil {
		t.Fatal(err)
	}
	h := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority}}}
	t.Cleanup(h.CloseIdleConnections)
	c := &v2{&client{t: t, server: s, merchant: s.Merchant(), clock: newClock(), base: s.URL(), http: h}, "MD5"}
	c.paid("ORDER00001")
	if got := c.call("/secapi/pay/refund", c.refundFields("ORDER00001")); got["status"] != "400" || !strings.Contains(got["error"], "No required SSL certificate was sent") {
		t.Errorf("%v", got)
	}
	if n := len(s.Refunds()); n != 0 {
		t.Errorf("%d refunds", n)
	}
	resp, err := http.Get(s.URL()) // whoever does not trust the authority is not served
	if err == nil {
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		t.Error("a stranger's server was believed")
	}
}
