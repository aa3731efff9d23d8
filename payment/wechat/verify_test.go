package wechat_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"kioskd/payment/wechat"
	"kioskd/sale"
)

// Every rule for believing an answer, and what is said when it is broken.
func TestAnswers(t *testing.T) {
	const prefix = "query order SH0042-000017-x7k2p: E-PAY-03: an answer cannot be verified: temporary: "
	const hint = " (if it stays, check public_key, public_key_id and the clock, and look for a login page or a proxy in this network)"
	header := func(name, value string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			sign(w.Header(), providerKey(), now.Now(), paidBody())
			w.Header().Set(name, value)
			if value == "" {
				w.Header().Del(name)
			}
			io.WriteString(w, paidBody())
		}
	}
	signedAt := func(off time.Duration) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			sign(w.Header(), providerKey(), now.Now().Add(off), paidBody())
			io.WriteString(w, paidBody())
		}
	}
	says := func(replace ...string) func(http.ResponseWriter, *http.Request) {
		return signed(200, paidBody(replace...))
	}
	for _, c := range []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request)
		want   string // "" is a good answer
	}{
		{"good", says(), ""},
		{"300 s old", signedAt(-300 * time.Second), ""},
		{"300 s ahead", signedAt(300 * time.Second), ""},
		{"301 s old", signedAt(-301 * time.Second), "the answer was signed 5m1s ago: more than 5m0s apart"},
		{"301 s ahead", signedAt(301 * time.Second), "the answer was signed 5m1s in the future: more than 5m0s apart"},
		{"no timestamp", header("Wechatpay-Timestamp", ""), "the answer has no single Wechatpay-Timestamp header"},
		{"no nonce", header("Wechatpay-Nonce", ""), "the answer has no single Wechatpay-Nonce header"},
		{"no serial", header("Wechatpay-Serial", ""), "the answer has no single Wechatpay-Serial header"},
		{"no signature", header("Wechatpay-Signature", ""), "the answer has no single Wechatpay-Signature header"},
		{"unsigned", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, paidBody()) },
			"the answer has no single Wechatpay-Timestamp header"},
		{"two serials", func(w http.ResponseWriter, r *http.Request) {
			sign(w.Header(), providerKey(), now.Now(), paidBody())
			w.Header().Add("Wechatpay-Serial", "PUB_KEY_ID_1")
			io.WriteString(w, paidBody())
		}, "the answer has no single Wechatpay-Serial header"},
		{"other nonce", header("Wechatpay-Nonce", "x"), "the answer's signature is wrong"},
		{"time in words", header("Wechatpay-Timestamp", "noon"), `the answer's time "noon" is not a number of seconds`},
		{"unknown serial", header("Wechatpay-Serial", serial), `the answer is signed with the unknown key "` + serial + `"`},
		{"not base64", header("Wechatpay-Signature", "WECHATPAY/SIGNTEST/x=y"), "the answer's signature is not base64"},
		{"sign test", header("Wechatpay-Signature", "WECHATPAY/SIGNTEST/"+strings.Repeat("A", 321)+"AA=="), "the answer's signature is wrong"},
		{"another's key", func(w http.ResponseWriter, _ *http.Request) {
			sign(w.Header(), strangerKey(), now.Now(), paidBody())
			io.WriteString(w, paidBody())
		}, "the answer's signature is wrong"},
		{"changed body", func(w http.ResponseWriter, _ *http.Request) {
			sign(w.Header(), providerKey(), now.Now(), paidBody("SUCCESS", "NOTPAY"))
			io.WriteString(w, paidBody())
		}, "the answer's signature is wrong"},
		{"login page", unsigned(200, "<html>Free WiFi</html>"), "the answer has no single Wechatpay-Timestamp header"},
		{"signed HTML", signed(200, "<html></html>"), "the answer is not the JSON it should be"},
		{"empty", signed(200, ""), "the answer is not the JSON it should be"},
		{"null", signed(200, "null"), `the answer's appid is "", the order's is "` + appID + `"`},
		{"cut JSON", signed(200, paidBody()[:300]), "the answer is not the JSON it should be"},
		{"two objects", signed(200, paidBody()+paidBody()), "the answer is not the JSON it should be"},
		{"a key twice", says(`"trade_state":"SUCCESS"`, `"trade_state":"NOTPAY","trade_state":"SUCCESS"`), `the answer has the key "trade_state" twice`},
		{"a key twice in two cases", says(`"total":200`, `"total":1,"Total":200`), `the answer has the key "Total" twice`},
		{"oversized", signed(200, paidBody("支付成功", strings.Repeat("x", wechat.MaxAnswer))), "the answer is longer than 65536 bytes"},
		{"other appid", says(appID, "wx0000000000000000"), `the answer's appid is "wx0000000000000000", the order's is "` + appID + `"`},
		{"other mchid", says(mchID, "1900000110"), `the answer's mchid is "1900000110", the order's is "1900000109"`},
		{"other number", says("x7k2p", "x7k2q"), `the answer's out_trade_no is "SH0042-000017-x7k2q", the order's is "SH0042-000017-x7k2p"`},
		{"other appid, unpaid", says(appID, "wx0000000000000000", "SUCCESS", "NOTPAY"), `the answer's appid is "wx0000000000000000", the order's is "` + appID + `"`},
		{"other number, closed", says("x7k2p", "x7k2q", "SUCCESS", "CLOSED"), `the answer's out_trade_no is "SH0042-000017-x7k2q", the order's is "SH0042-000017-x7k2p"`},
		{"other amount", says(`"total":200`, `"total":199`), "the answer's amount.total is 199 fen, the order's is 200 fen"},
		{"other amount, refunded", says(`"total":200`, `"total":1`, "SUCCESS", "REFUND"), "the answer's amount.total is 1 fen, the order's is 200 fen"},
		{"no amount", says(`"total":200`, `"x":200`), "the answer has no amount.total"},
		{"amount as text", says(`"total":200`, `"total":"200"`), "the answer is not the JSON it should be"},
		{"amount as a fraction", says(`"total":200`, `"total":200.5`), "the answer is not the JSON it should be"},
		{"other currency", says(`"currency":"CNY"`, `"currency":"USD"`), `the answer's amount.currency is "USD", the order's is "CNY"`},
		{"no transaction id", says("4200001234202611231234567890", ""), "the answer says paid and has no transaction_id"},
		{"no time", says("2026-11-23T20:08:21+08:00", "soon"), `the answer's success_time "soon" is not a time`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Date"] = nil // nobody blames the clock
				c.answer(w, r)
			})
			g := client(t, settings(t, s.URL))
			trade, err := g.Query(t.Context(), order(t, g))
			if c.want == "" {
				if err != nil || trade.State != sale.TradePaid {
					t.Errorf("%v, %v", trade, err)
				}
				return
			}
			if err == nil || err.Error() != prefix+c.want+hint {
				t.Errorf("got  %v\nwant %s", err, prefix+c.want+hint)
			}
			if trade != (sale.Trade{}) {
				t.Errorf("a trade came with the error: %v", trade)
			}
			var fault *sale.Fault
			if !errors.Is(err, sale.ErrTemporary) || !errors.As(err, &fault) || fault.Code != sale.CodePayVerify {
				t.Errorf("%v is not temporary with %s", err, sale.CodePayVerify)
			}
		})
	}
}

// The clock is wrong by less than a signature allows or by more: what counts is
// the provider's signed time and this machine's.
func TestTradeCarriesTheProvidersClock(t *testing.T) {
	s := newStub(t, signed(200, paidBody()))
	g := client(t, settings(t, s.URL), func(o *wechat.Options) { o.Clock = stopped(now.Now().Add(200 * time.Second)) })
	trade, err := g.Query(t.Context(), order(t, g))
	want := sale.Trade{
		State:         sale.TradePaid,
		TransactionID: "4200001234202611231234567890",
		PaidAt:        time.Date(2026, 11, 23, 12, 8, 21, 0, time.UTC),
		AsOf:          now.Now(),
	}
	if err != nil || trade.State != want.State || trade.TransactionID != want.TransactionID ||
		!trade.PaidAt.Equal(want.PaidAt) || !trade.AsOf.Equal(want.AsOf) {
		t.Errorf("got %+v, %v\nwant %+v", trade, err, want)
	}
	if trade.Age() != 9*time.Second {
		t.Errorf("age %v, want 9s", trade.Age())
	}
}

func TestTradeStates(t *testing.T) {
	for word, want := range map[string]sale.TradeState{
		"SUCCESS": sale.TradePaid, "NOTPAY": sale.TradeUnpaid, "CLOSED": sale.TradeClosed, "REFUND": sale.TradeRefunded,
		"USERPAYING": sale.TradePaying, "ACCEPT": sale.TradePaying, "PAYERROR": sale.TradeUnpaid, "REVOKED": sale.TradeUnpaid,
		"": sale.TradeUnclear, "success": sale.TradeUnclear, "SETTLED": sale.TradeUnclear,
	} {
		s := newStub(t, signed(200, paidBody(`"trade_state":"SUCCESS"`, `"trade_state":"`+word+`"`)))
		g := client(t, settings(t, s.URL))
		if trade, err := g.Query(t.Context(), order(t, g)); err != nil || trade.State != want {
			t.Errorf("%q is %v, %v; want %v", word, trade.State, err, want)
		}
	}
}

func TestBareUnpaidAnswer(t *testing.T) {
	body := `{"appid":"` + appID + `","mchid":"` + mchID + `","out_trade_no":"SH0042-000017-x7k2p","trade_state":"NOTPAY","payer":{}}`
	s := newStub(t, signed(200, body))
	g := client(t, settings(t, s.URL))
	trade, err := g.Query(t.Context(), order(t, g))
	if err != nil || trade.State != sale.TradeUnpaid || trade.TransactionID != "" || !trade.PaidAt.IsZero() {
		t.Errorf("%+v, %v", trade, err)
	}
}

func TestTruncatedAnswer(t *testing.T) {
	s := newStub(t, func(w http.ResponseWriter, _ *http.Request) {
		sign(w.Header(), providerKey(), now.Now(), paidBody())
		w.Header().Set("Content-Length", "5000")
		io.WriteString(w, paidBody())
	})
	g := client(t, settings(t, s.URL))
	_, err := g.Query(t.Context(), order(t, g))
	want := "query order SH0042-000017-x7k2p: E-NET-01: no connection to WeChat Pay: temporary: " + s.URL +
		": the answer broke off: unexpected EOF (check the network cable, the modem and the SIM card)"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if !errors.Is(err, sale.ErrTemporary) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v does not wrap its causes", err)
	}
	if n := len(s.requests()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestRefundAnswers(t *testing.T) {
	const prefix = "refund order SH0042-000017-x7k2p: E-PAY-03: an answer cannot be verified: temporary: "
	for _, c := range []struct {
		name, want string
		replace    []string
	}{
		{name: "good"},
		{"other refund", `the answer's out_refund_no is "SH0042-000017-x7k2pS", the order's is "SH0042-000017-x7k2pR"`, []string{"x7k2pR", "x7k2pS"}},
		{"other order", `the answer's out_trade_no is "SH0042-000018-x7k2p", the order's is "SH0042-000017-x7k2p"`,
			[]string{`"out_trade_no":"SH0042-000017`, `"out_trade_no":"SH0042-000018`}},
		{"other payment", `the answer's transaction_id is "…4299", the order's is "…567890"`,
			[]string{"4200001234202611231234567890", "4299"}},
		{"other total", "the answer's amount.total is 300 fen, the order's is 200 fen", []string{`"total":200`, `"total":300`}},
		{"part of the money", "the answer's amount.refund is 100 fen, the order's is 200 fen", []string{`"refund":200`, `"refund":100`}},
		{"no amount", "the answer has no amount.refund", []string{`"refund":200,`, ``}},
		{"other currency", `the answer's amount.currency is "HKD", the order's is "CNY"`, []string{"CNY", "HKD"}},
		{"unlisted status", `the answer's status "HALF" is not a listed one`, []string{"PROCESSING", "HALF"}},
		{"twice", `the answer has the key "status" twice`, []string{`"status"`, `"status":"SUCCESS","status"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStub(t, signed(200, refundAnswer(c.replace...)))
			g := client(t, settings(t, s.URL))
			o := order(t, g)
			o.Payment.TransactionID = "4200001234202611231234567890"
			report, err := g.Refund(t.Context(), o)
			if c.want == "" {
				if err != nil || report != (sale.RefundReport{Status: sale.RefundProcessing, ID: "50000000382019052709732678859"}) {
					t.Errorf("%v, %v", report, err)
				}
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), prefix+c.want+" (") || report != (sale.RefundReport{}) {
				t.Errorf("got  %v, %v\nwant %s", report, err, prefix+c.want)
			}
		})
	}
}

// A good signature of another time is the clock's fault if the provider's Date
// says so; otherwise it may be an old answer that somebody sends again.
func TestStaleAnswers(t *testing.T) {
	const blames = "query order SH0042-000017-x7k2p: E-CLOCK-01: WeChat Pay's answers cannot be told from old ones, and this machine's clock is "
	for _, tt := range []struct {
		name         string
		signed, date time.Duration // ahead of this machine's clock
		want         string
	}{
		{"this clock is behind", 7 * time.Minute, 7 * time.Minute, blames + "7m0s behind the provider's"},
		{"this clock is ahead", -7 * time.Minute, -7 * time.Minute, blames + "7m0s ahead of the provider's"},
		{"an old answer", -7 * time.Minute, 0, "E-PAY-03"},
		{"an old answer, and a clock that is behind", -7 * time.Minute, 7 * time.Minute, "E-PAY-03"},
	} {
		s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", now.Now().Add(tt.date).UTC().Format(http.TimeFormat))
			sign(w.Header(), providerKey(), now.Now().Add(tt.signed), paidBody())
			io.WriteString(w, paidBody())
		})
		g := client(t, settings(t, s.URL))
		trade, err := g.Query(t.Context(), order(t, g))
		if err == nil || !strings.Contains(err.Error(), tt.want) || !errors.Is(err, sale.ErrTemporary) || trade != (sale.Trade{}) {
			t.Errorf("%s: %v, %v\nwant %s", tt.name, trade, err, tt.want)
		}
	}
}
