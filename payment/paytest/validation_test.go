package paytest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"kioskd/payment/paytest"
)

func TestCreateParameters(t *testing.T) {
	c := start(t)
	set := func(path string, v any) func(map[string]any) {
		return func(m map[string]any) {
			names := strings.Split(path, ".")
			for _, n := range names[:len(names)-1] {
				m = m[n].(map[string]any)
			}
			if m[names[len(names)-1]] = v; v == "-" {
				delete(m, names[len(names)-1])
			}
		}
	}
	const missing = "required field is missing"
	cases := []struct {
		field string
		value any
		issue string
	}{
		{"appid", "-", missing},
		{"mchid", "-", missing},
		{"description", "-", missing},
		{"out_trade_no", "-", missing},
		{"notify_url", "-", missing},
		{"amount", "-", missing},
		{"amount.total", "-", missing},
		{"scene_info.payer_client_ip", "-", missing},
		{"description", "", "shorter than 1 characters"},
		{"description", strings.Repeat("水", 128), "longer than 127 characters"},
		{"description", "cola 🥤", "character U+1F964 takes four bytes in UTF-8"},
		{"description", 5, "not a string"},
		{"attach", nil, "null is not allowed: leave the field out"},
		{"attach", strings.Repeat("a", 129), "longer than 128 characters"},
		{"out_trade_no", "A2345", "not 6 to 32 characters of 0-9 A-Z a-z _ - | *"},
		{"out_trade_no", strings.Repeat("A", 33), "not 6 to 32 characters of 0-9 A-Z a-z _ - | *"},
		{"out_trade_no", "ORDER 0001", "not 6 to 32 characters of 0-9 A-Z a-z _ - | *"},
		{"amount.total", 0, "out of range: at least 1"},
		{"amount.total", -1, "out of range: at least 1"},
		{"amount.total", 1.5, "not an integer"},
		{"amount.total", "200", "not a number"},
		{"amount.currency", "USD", "Currency code is invalid"},
		{"amount.tip", 1, "unknown field"},
		{"price", 1, "unknown field"},
		{"time_expire", "2026-11-23 20:10:00", "not RFC 3339 with an offset, such as 2026-11-23T20:10:00+08:00"},
		{"scene_info.payer_client_ip", "localhost", "not an IPv4 or IPv6 address"},
		{"scene_info.device_id", strings.Repeat("d", 33), "longer than 32 characters"},
		{"limit_pay", "no_credit", "not an array"},
		{"support_fapiao", "true", "not true or false"},
		{"settle_info", true, "not an object"},
		{"notify_url", "http://pay.example.com/n", "must begin with https://"},
		{"notify_url", "https://pay.example.com/n?a=1", "must not have a query string or fragment"},
		{"notify_url", "https://localhost/n", "the host is not public"},
		{"notify_url", "https://kiosk.local/n", "the host is not public"},
		{"notify_url", "https://127.0.0.1/n", "the address is not public"},
		{"notify_url", "https://192.168.1.9:8443/n", "the address is not public"},
		{"notify_url", "https://me@pay.example.com/n", "must not have a user name"},
		{"notify_url", "https://pay.example.com/" + strings.Repeat("n", 255), "longer than 255 characters"},
	}
	for _, tc := range cases {
		a := c.create(c.prepayBody("ORDER00001", set(tc.field, tc.value)))
		c.want(a, 400, "PARAM_ERROR")
		var e struct {
			Detail struct{ Field, Issue, Location string }
		}
		if err := json.Unmarshal(a.body, &e); err != nil {
			t.Fatal(err)
		}
		field := "/" + strings.ReplaceAll(tc.field, ".", "/")
		if e.Detail.Field != field || e.Detail.Issue != tc.issue || e.Detail.Location != "body" {
			t.Errorf("%s = %v: %+v, want issue %q", tc.field, tc.value, e.Detail, tc.issue)
		}
		if tc.issue == "unknown field" && !strings.HasSuffix(a.header.Get("Request-Id"), "-270924358") {
			t.Errorf("Request-ID %q", a.header.Get("Request-Id"))
		}
	}
	if n := len(c.server.Orders()); n != 0 {
		t.Errorf("%d refused orders exist", n)
	}
	c.want(c.create(c.prepayBody("ORDER00001", set("appid", "wx1"))), 400, "APPID_MCHID_NOT_MATCH")
}

func TestWholeTableIsAccepted(t *testing.T) {
	c := start(t)
	c.want(c.create(c.prepayBody("ORDER00001", func(m map[string]any) {
		m["attach"], m["goods_tag"], m["support_fapiao"] = "SH0042", "WXG", true
		m["detail"] = map[string]any{"cost_price": 200, "invoice_id": "1", "goods_detail": []any{
			map[string]any{"merchant_goods_id": "11", "goods_name": "水", "quantity": 1, "unit_price": 200}}}
		m["scene_info"].(map[string]any)["store_info"] = map[string]any{"id": "1", "name": "一号楼大厅"}
		m["settle_info"] = map[string]any{"profit_sharing": false}
	})), 200, "")
}

func TestBodiesThatAreNotAnObject(t *testing.T) {
	c := start(t)
	good := c.prepayBody("ORDER00001")
	for _, body := range []string{"", "null", "[]", "5", `{"appid"`, good + good, good + "x", strings.Replace(good, "{", `{"appid":"wx1",`, 1),
		strings.Replace(good, "ml", "\xff", 1), "{" + strings.Repeat(" ", 70<<10) + "}"} {
		if a := c.create(body); a.status != 400 || a.code() != "PARAM_ERROR" {
			t.Errorf("%.40q: %v", body, a)
		}
	}
}

func TestRefundParameters(t *testing.T) {
	c := start(t)
	c.paid("ORDER00001")
	c.paid("ORDER00002")
	for body, code := range map[string]string{
		`{"out_refund_no":"R1","amount":{"refund":1,"total":200,"currency":"CNY"}}`:                                                                        "PARAM_ERROR",
		`{"out_trade_no":"ORDER00001","amount":{"refund":1,"total":200,"currency":"CNY"}}`:                                                                 "PARAM_ERROR",
		`{"out_trade_no":"ORDER00001","out_refund_no":"R/1","amount":{"refund":1,"total":200,"currency":"CNY"}}`:                                           "PARAM_ERROR",
		`{"out_trade_no":"ORDER00001","out_refund_no":"R1","amount":{"refund":1,"total":200}}`:                                                             "PARAM_ERROR",
		`{"out_trade_no":"ORDER00001","out_refund_no":"R1","amount":{"refund":0,"total":200,"currency":"CNY"}}`:                                            "PARAM_ERROR",
		`{"out_trade_no":"ORDER00001","out_refund_no":"R1","amount":{"refund":1,"total":201,"currency":"CNY"}}`:                                            "INVALID_REQUEST",
		`{"out_trade_no":"ORDER00001","out_refund_no":"R1","amount":{"refund":201,"total":200,"currency":"CNY"}}`:                                          "INVALID_REQUEST",
		`{"transaction_id":"4200000","out_refund_no":"R1","amount":{"refund":1,"total":200,"currency":"CNY"}}`:                                             "RESOURCE_NOT_EXISTS",
		`{"out_trade_no":"ORDER00001","transaction_id":"TRADE2","out_refund_no":"R1","amount":{"refund":1,"total":200,"currency":"CNY"}}`:                  "INVALID_REQUEST",
		`{"out_trade_no":"ORDER00001","out_refund_no":"R1","funds_account":"X","amount":{"refund":1,"total":200,"currency":"CNY"}}`:                        "PARAM_ERROR",
		`{"out_trade_no":"ORDER00001","out_refund_no":"R1","reason":"` + strings.Repeat("退", 81) + `","amount":{"refund":1,"total":200,"currency":"CNY"}}`: "PARAM_ERROR",
	} {
		second, _ := c.server.Order("ORDER00002")
		c.clock.Add(1e9) // past the limit of failing calls
		a := c.send("POST", "/v3/refund/domestic/refunds", strings.Replace(body, "TRADE2", second.TransactionID, 1))
		if a.code() != code {
			t.Errorf("%s: %v, want %s", body, a, code)
		}
	}
	if len(c.server.Refunds()) != 0 {
		t.Error("a refused refund exists")
	}
}

func TestHeadersAndAddresses(t *testing.T) {
	c := start(t)
	c.order("ORDER00001")
	for _, drop := range []string{"Accept", "User-Agent", "Content-Type"} {
		c.headers = func(h http.Header) { h.Set(drop, "") }
		c.want(c.create(c.prepayBody("ORDER00002")), 400, "PARAM_ERROR")
	}
	c.headers = func(h http.Header) { h.Set("Accept", "*/*"); h.Set("Content-Type", "application/json; charset=utf-8") }
	c.want(c.create(c.prepayBody("ORDER00002")), 200, "")
	c.want(c.send("GET", "/v3/pay/transactions/out-trade-no/ORDER00001", ""), 400, "PARAM_ERROR")
	c.want(c.send("GET", "/v3/certificates", ""), 404, "RESOURCE_NOT_EXISTS")
	c.want(c.send("PUT", "/v3/pay/transactions/native", "{}"), 404, "RESOURCE_NOT_EXISTS")
}

func TestQueryByTransactionID(t *testing.T) {
	c := start(t)
	c.behave(func(b *paytest.Behaviour) { b.Coupon = 50 })
	c.paid("ORDER00001")
	o, err := c.server.Order("ORDER00001")
	c.ok(err)
	a := c.send("GET", "/v3/pay/transactions/id/"+o.TransactionID+"?mchid="+c.merchant.MchID, "")
	f := a.fields(t)
	amount := f["amount"].(map[string]any)
	if f["out_trade_no"] != "ORDER00001" || amount["total"] != 200.0 || amount["payer_total"] != 150.0 ||
		!strings.HasSuffix(f["success_time"].(string), "+08:00") || f["scene_info"].(map[string]any)["device_id"] != "SH0042" {
		t.Errorf("%s", a.body)
	}
	c.want(c.send("GET", "/v3/pay/transactions/id/4200000?mchid="+c.merchant.MchID, ""), 404, "ORDER_NOT_EXIST")
}

// FuzzCreateBody: whatever a well-signed body is, the answer is an order or a
// refusal that names a parameter.
func FuzzCreateBody(f *testing.F) {
	c := start(f)
	f.Add(c.prepayBody("ORDER00001"))
	f.Add(`{"amount":{"total":1e2}}`)
	f.Add(`{"detail":{"goods_detail":[null]}}`)
	f.Fuzz(func(t *testing.T, body string) {
		c.t = t
		before := len(c.server.Orders())
		a := c.create(body)
		if a.err != nil {
			t.Fatal(a.err)
		}
		created := len(c.server.Orders()) > before
		if a.status != 200 && (created || a.status >= 500) || created && a.status != 200 {
			t.Errorf("created %v: %v", created, a)
		}
	})
}
