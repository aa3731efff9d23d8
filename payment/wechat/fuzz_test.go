package wechat_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

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

// contains looks for a string value anywhere in a JSON document. No word needs
// no document.
func contains(t *testing.T, body []byte, word string) bool {
	if word == "" {
		return true
	}
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

// Nothing but the provider's own signature over exactly these words verifies,
// and no header makes the verification panic.
func FuzzVerify(f *testing.F) {
	const own = "the provider's" // every process has keys of its own
	good := http.Header{}
	sign(good, providerKey(), now.Now(), "{}")
	names := []string{"Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial", "Wechatpay-Signature"}
	f.Add(good.Get(names[0]), good.Get(names[1]), good.Get(names[2]), own, "{}")
	f.Add(good.Get(names[0]), good.Get(names[1]), good.Get(names[2]), "WECHATPAY/SIGNTEST/"+own, "{}")
	f.Add("9223372036854775807", "\n", keyID, "====", "")
	f.Add("-1", "", "", "", "null")
	f.Fuzz(func(t *testing.T, timestamp, nonce, serial, signature, body string) {
		h := http.Header{}
		for i, value := range []string{timestamp, nonce, serial, strings.ReplaceAll(signature, own, good.Get(names[3]))} {
			h.Set(names[i], value)
		}
		_, err := wechat.Verify(keyID, &providerKey().PublicKey, h, []byte(body), now.Now())
		same := timestamp == good.Get(names[0]) && nonce == good.Get(names[1]) && serial == keyID && body == "{}"
		if err == nil && !(same && strings.Contains(signature, own)) || err != nil && same && signature == own {
			t.Fatalf("%v for %q over %q", err, h, body)
		}
	})
}

// FuzzAnswer gives whole answers to every call. What is no error was signed,
// had the right status and is in the body.
func FuzzAnswer(f *testing.F) {
	for call := range byte(5) {
		f.Add(call, 200, true, `{"code_url":"weixin://wxpay/bizpayurl?pr=JyC91EIz1"}`)
		f.Add(call, 200, true, paidBody())
		f.Add(call, 200, call%2 == 0, refundAnswer())
		f.Add(call, 204, true, "")
		f.Add(call, 404, false, notFound)
		f.Add(call, 400, false, `{"code":"ORDERPAID","message":"该订单已支付"}`)
		f.Add(call, 302, false, "<html>")
	}
	var answer func(http.ResponseWriter, *http.Request)
	s := newStub(f, func(w http.ResponseWriter, r *http.Request) { answer(w, r) })
	g := client(f, settings(f, s.URL))
	o := order(f, g)
	o.Payment = soldOrder.Payment
	f.Fuzz(func(t *testing.T, call byte, status int, good bool, body string) {
		if status < 200 || status > 599 || status == http.StatusNoContent && body != "" || status == http.StatusNotModified {
			return // net/http does not send these, or not the body
		}
		s.mu.Lock()
		s.seen = nil
		s.mu.Unlock()
		answer = unsigned(status, body)
		if good {
			answer = signed(status, body)
		}
		said, err := ask(t.Context(), g, call%5, o)
		if err == nil && (!good || status > 299 || !contains(t, []byte(body), said)) {
			t.Errorf("call %d took %q from HTTP %d, signed: %v: %s", call%5, said, status, good, body)
		}
	})
}

// ask makes a call and returns a word that its answer must have held.
func ask(ctx context.Context, g *wechat.Client, call byte, o sale.Order) (word string, err error) {
	switch call {
	case 0:
		return g.Create(ctx, o)
	case 1:
		_, err = g.Query(ctx, o)
		return string(o.Number), err
	case 2:
		_, err = g.Refund(ctx, o)
		return o.Number.Refund(), err
	case 3:
		_, err = g.QueryRefund(ctx, o)
		return o.Number.Refund(), err
	}
	return "", g.Close(ctx, o)
}

// FuzzPrepare: what was prepared is what the order says, and its own client
// knows it again.
func FuzzPrepare(f *testing.F) {
	f.Add("SH0042-000017-x7k2p", "农夫山泉 550ml", int64(200), int64(1795435710))
	f.Add("012345", "\xff🥤\u2028 ", int64(1), int64(-62135596800))
	g := client(f, settings(f))
	f.Fuzz(func(t *testing.T, number, name string, price, expire int64) {
		o := sale.Order{Number: sale.Number(number), Product: sale.Product{Slot: 11, Name: name, Price: sale.Fen(price)}}
		at := time.Unix(expire, 0)
		if y := at.UTC().Year(); y < 1 || y > 9998 {
			return
		}
		var err error
		if o.Request, err = g.Prepare(o, at); err != nil {
			return
		}
		var body struct {
			Number      string    `json:"out_trade_no"`
			Description string    `json:"description"`
			Expire      time.Time `json:"time_expire"`
			Amount      struct{ Total int64 }
		}
		if err := json.Unmarshal(o.Request, &body); err != nil {
			t.Fatal(err)
		}
		if body.Number != number || body.Amount.Total != price || !body.Expire.Equal(at) || body.Description == "" || len([]rune(body.Description)) > 127 {
			t.Errorf("%s for %+v", o.Request, o)
		}
		if err := g.Own(o); err != nil {
			t.Error(err)
		}
	})
}
