package wechat_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"kioskd/payment/wechat"
	"kioskd/sale"
)

var soldOrder = sale.Order{
	Number:  "SH0042-000017-x7k2p",
	Product: sale.Product{Slot: 11, Price: 200},
	Payment: sale.Payment{TransactionID: "4200001234202611231234567890"},
}

// A body that is read as paid says so in every field that counts.
func FuzzTrade(f *testing.F) {
	f.Add([]byte(paidBody()))
	f.Add([]byte(paidBody("SUCCESS", "REFUND")))
	f.Add([]byte(paidBody(`"total"`, `"Total"`)))
	f.Add([]byte(`{"a":[{"b":{}},[],1],"a":2}`))
	f.Add([]byte(`null`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, body []byte) {
		trade, err := wechat.ReadTrade(body, soldOrder, appID, mchID)
		if err != nil {
			if trade != (sale.Trade{}) {
				t.Fatalf("%v came with %v", trade, err)
			}
			return
		}
		if trade.State != sale.TradePaid {
			return
		}
		for _, word := range []string{appID, mchID, string(soldOrder.Number), "SUCCESS", "CNY"} {
			if !contains(t, body, word) {
				t.Fatalf("paid without %s: %s", word, body)
			}
		}
		if trade.TransactionID == "" || trade.PaidAt.IsZero() {
			t.Fatalf("%+v from %s", trade, body)
		}
	})
}

// contains looks for a string value anywhere in a JSON document.
func contains(t *testing.T, body []byte, word string) bool {
	var doc any
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatalf("accepted what is not JSON: %v: %s", err, body)
	}
	var look func(any) bool
	look = func(v any) bool {
		switch v := v.(type) {
		case string:
			return v == word
		case map[string]any:
			for _, inner := range v {
				if look(inner) {
					return true
				}
			}
		}
		return false
	}
	return look(doc)
}

func FuzzRefund(f *testing.F) {
	f.Add([]byte(refundAnswer()))
	f.Add([]byte(refundAnswer("PROCESSING", "ABNORMAL")))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		report, err := wechat.ReadRefund(body, soldOrder)
		if err != nil {
			if report != (sale.RefundReport{}) {
				t.Fatalf("%v came with %v", report, err)
			}
			return
		}
		for _, word := range []string{soldOrder.Number.Refund(), string(soldOrder.Number), strings.ToUpper(string(report.Status)), "CNY"} {
			if !contains(t, body, word) {
				t.Fatalf("%v without %s: %s", report, word, body)
			}
		}
	})
}

// Nothing but the provider's own signature verifies, and no header makes the
// verification panic.
func FuzzVerify(f *testing.F) {
	good := http.Header{}
	sign(good, providerKey(), now.Now(), "{}")
	names := []string{"Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial", "Wechatpay-Signature"}
	f.Add(good.Get(names[0]), good.Get(names[1]), good.Get(names[2]), "WECHATPAY/SIGNTEST/"+good.Get(names[3]), "{}")
	f.Add("9223372036854775807", "\n", keyID, "====", "")
	f.Add("-1", "", "", "", "null")
	f.Fuzz(func(t *testing.T, timestamp, nonce, serial, signature, body string) {
		h := http.Header{}
		for i, value := range []string{timestamp, nonce, serial, signature} {
			h.Set(names[i], value)
		}
		if _, err := wechat.Verify(keyID, &providerKey().PublicKey, h, []byte(body), now.Now()); err == nil && signature != good.Get(names[3]) {
			t.Fatalf("verified %q", h)
		}
	})
}
