package wechat_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"kioskd/payment/wechat"
	"kioskd/sale"
)

func TestPrepare(t *testing.T) {
	withIP := settings(t)
	withIP.PayerClientIP = "203.0.113.7"
	for _, c := range []struct {
		name     string
		settings wechat.Settings
		device   string
		product  sale.Product
		want     string
	}{
		{"plain", settings(t), "SH0042", sale.Product{Slot: 11, Name: "Coke", Price: 350},
			`{"appid":"wx1234567890abcdef","mchid":"1900000109","description":"Coke","out_trade_no":"K-0001","time_expire":"2026-11-24T00:00:05+08:00",` +
				`"attach":"machine=SH0042,slot=11","notify_url":"https://pay.example.com/wechat","amount":{"total":350,"currency":"CNY"}}`},
		{"no device", settings(t), "", sale.Product{Slot: 1, Name: "<A&B>", Price: 1},
			`{"appid":"wx1234567890abcdef","mchid":"1900000109","description":"<A&B>","out_trade_no":"K-0001","time_expire":"2026-11-24T00:00:05+08:00",` +
				`"attach":"slot=1","notify_url":"https://pay.example.com/wechat","amount":{"total":1,"currency":"CNY"}}`},
		{"address", withIP, "SH0042", sale.Product{Slot: 11, Name: "Coke", Price: 350},
			`{"appid":"wx1234567890abcdef","mchid":"1900000109","description":"Coke","out_trade_no":"K-0001","time_expire":"2026-11-24T00:00:05+08:00",` +
				`"attach":"machine=SH0042,slot=11","notify_url":"https://pay.example.com/wechat","amount":{"total":350,"currency":"CNY"},` +
				`"scene_info":{"payer_client_ip":"203.0.113.7","device_id":"SH0042"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := client(t, c.settings, func(o *wechat.Options) { o.DeviceID = c.device })
			expire := time.Date(2026, 11, 23, 16, 0, 5, 999, time.UTC)
			got, err := g.Prepare(sale.Order{Number: "K-0001", Product: c.product}, expire)
			if err != nil || string(got) != c.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, c.want)
			}
		})
	}
}

func TestPrepareRefuses(t *testing.T) {
	g := client(t, settings(t))
	for _, c := range []struct {
		number sale.Number
		price  sale.Fen
		want   string
	}{
		{"short", 1, `prepare order: refused by the provider: the number "short" is not 6 to 32 of 0-9 A-Z a-z _ -`},
		{sale.Number(strings.Repeat("1", 33)), 1, `prepare order: refused by the provider: the number "111111111111111111111111111111111" is not 6 to 32 of 0-9 A-Z a-z _ -`},
		{"number|1", 1, `prepare order: refused by the provider: the number "number|1" is not 6 to 32 of 0-9 A-Z a-z _ -`},
		{wechat.PingNumber, 1, `prepare order: refused by the provider: the number kioskd-ping-no-such-order is reserved for Ping`},
		{"K-0001", 0, `prepare order K-0001: refused by the provider: the price is 0.00 yuan`},
		{"K-0001", -1, `prepare order K-0001: refused by the provider: the price is -0.01 yuan`},
	} {
		_, err := g.Prepare(sale.Order{Number: c.number, Product: sale.Product{Price: c.price}}, now.Now())
		if err == nil || err.Error() != c.want || !errors.Is(err, sale.ErrRefused) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}

func description(t testing.TB, g *wechat.Client, name string) string {
	body, err := g.Prepare(sale.Order{Number: "K-0001", Product: sale.Product{Slot: 7, Name: name, Price: 1}}, now.Now())
	if err != nil {
		t.Fatal(err)
	}
	var b struct{ Description string }
	if err := json.Unmarshal(body, &b); err != nil {
		t.Fatal(err)
	}
	return b.Description
}

func TestDescription(t *testing.T) {
	g := client(t, settings(t))
	for name, want := range map[string]string{
		"农夫山泉 550ml":                "农夫山泉 550ml",
		"  two \t words\n":          "two words",
		"hot 🔥 tea":                 "hot tea",
		"❤️":                        "❤",
		"a\x00b\u200bc\ufeff":       "abc",
		"bad \xff byte":             "bad byte",
		"":                          "商品 7",
		"🍫🍫":                        "商品 7",
		strings.Repeat("水", 200):    strings.Repeat("水", 127),
		strings.Repeat("水", 128):    strings.Repeat("水", 127),
		strings.Repeat("ab ", 1000): strings.TrimSpace(strings.Repeat("ab ", 43)[:127]),
	} {
		if got := description(t, g, name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

func TestAnyNameMakesAnAcceptableDescription(t *testing.T) {
	g := client(t, settings(t))
	rapid.Check(t, func(r *rapid.T) {
		got := description(t, g, rapid.String().Draw(r, "name"))
		n := utf8.RuneCountInString(got)
		if n < 1 || n > 127 || !utf8.ValidString(got) || got != strings.TrimSpace(got) {
			r.Fatalf("%q", got)
		}
		for _, c := range got {
			if utf8.RuneLen(c) > 3 || c < ' ' {
				r.Fatalf("%q has %U", got, c)
			}
		}
	})
}

// A repeated refund must be the same request, whatever else the order has
// come to know.
func TestRefundBody(t *testing.T) {
	for _, c := range []struct {
		cause         sale.Cause
		transactionID string
		want          string
	}{
		{sale.CauseLate, "4200", `{"transaction_id":"4200","out_refund_no":"SH0042-000017-x7k2pR","reason":"订单已超时，款项退回","amount":{"refund":200,"total":200,"currency":"CNY"}}`},
		{sale.CauseNotReady, "4200", `{"transaction_id":"4200","out_refund_no":"SH0042-000017-x7k2pR","reason":"售货机暂时无法出货，款项退回","amount":{"refund":200,"total":200,"currency":"CNY"}}`},
		{sale.CauseNoProof, "4200", `{"transaction_id":"4200","out_refund_no":"SH0042-000017-x7k2pR","reason":"无法确认商品是否出货，款项退回","amount":{"refund":200,"total":200,"currency":"CNY"}}`},
		{sale.CausePerson, "4200", `{"transaction_id":"4200","out_refund_no":"SH0042-000017-x7k2pR","reason":"客服处理，款项退回","amount":{"refund":200,"total":200,"currency":"CNY"}}`},
		{sale.CauseRefundThere, "", `{"out_trade_no":"SH0042-000017-x7k2p","out_refund_no":"SH0042-000017-x7k2pR","reason":"订单退款","amount":{"refund":200,"total":200,"currency":"CNY"}}`},
	} {
		s := newStub(t, unsigned(500, ""))
		g := client(t, settings(t, s.URL))
		o := order(t, g)
		o.Cause, o.Payment.TransactionID = c.cause, c.transactionID
		g.Refund(t.Context(), o)
		o.Refund, o.Detail, o.Doubted = sale.Refund{Status: sale.RefundProcessing, ID: "1"}, "later", true
		g.Refund(t.Context(), o)
		for _, r := range s.requests() {
			if r.body != c.want {
				t.Errorf("sent %s\nwant %s", r.body, c.want)
			}
		}
	}
}
