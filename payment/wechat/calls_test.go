package wechat_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"kioskd/payment/wechat"
	"kioskd/sale"
)

const notFound = `{"code":"ORDER_NOT_EXIST","message":"订单不存在"}`

// The bytes and headers of every call.
func TestRequests(t *testing.T) {
	const query = "/v3/pay/transactions/out-trade-no/SH0042-000017-x7k2p?mchid=1900000109"
	const create = `{"appid":"wx1234567890abcdef","mchid":"1900000109","description":"农夫山泉 550ml","out_trade_no":"SH0042-000017-x7k2p",` +
		`"time_expire":"2026-11-23T20:10:00+08:00","attach":"machine=SH0042,slot=11","notify_url":"https://pay.example.com/wechat",` +
		`"amount":{"total":200,"currency":"CNY"}}`
	const refund = `{"transaction_id":"4200001234202611231234567890","out_refund_no":"SH0042-000017-x7k2pR","reason":"商品未能出货，款项退回",` +
		`"amount":{"refund":200,"total":200,"currency":"CNY"}}`
	var g *wechat.Client
	var o sale.Order
	for _, c := range []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request)
		call   func() (any, error)
		want   any
		sent   seen
	}{
		{"create", signed(200, `{"code_url":"weixin://wxpay/bizpayurl?pr=JyC91EIz1"}`),
			func() (any, error) { return g.Create(t.Context(), o) }, "weixin://wxpay/bizpayurl?pr=JyC91EIz1",
			seen{method: "POST", path: "/v3/pay/transactions/native", body: create}},
		{"query", signed(200, paidBody("SUCCESS", "NOTPAY")),
			func() (any, error) { v, err := g.Query(t.Context(), o); return v.State, err }, sale.TradeUnpaid,
			seen{method: "GET", path: query}},
		{"close", signed(204, ""),
			func() (any, error) { return nil, g.Close(t.Context(), o) }, nil,
			seen{method: "POST", path: "/v3/pay/transactions/out-trade-no/SH0042-000017-x7k2p/close", body: `{"mchid":"1900000109"}`}},
		{"refund", signed(200, refundAnswer()),
			func() (any, error) { v, err := g.Refund(t.Context(), o); return v.Status, err }, sale.RefundProcessing,
			seen{method: "POST", path: "/v3/refund/domestic/refunds", body: refund}},
		{"query refund", signed(200, refundAnswer("PROCESSING", "SUCCESS")),
			func() (any, error) { v, err := g.QueryRefund(t.Context(), o); return v.Status, err }, sale.RefundSuccess,
			seen{method: "GET", path: "/v3/refund/domestic/refunds/SH0042-000017-x7k2pR"}},
		{"ping", unsigned(404, notFound),
			func() (any, error) { return nil, g.Ping(t.Context()) }, nil,
			seen{method: "GET", path: strings.Replace(query, "SH0042-000017-x7k2p", string(wechat.PingNumber), 1)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStub(t, c.answer)
			g = client(t, settings(t, s.URL))
			o = order(t, g)
			o.Cause = sale.CauseNotDropped
			o.Payment.TransactionID = "4200001234202611231234567890"
			if got, err := c.call(); err != nil || got != c.want {
				t.Errorf("got %v, %v; want %v", got, err, c.want)
			}
			if n := len(s.requests()); n != 1 {
				t.Fatalf("%d requests, want 1", n)
			}
			got := s.requests()[0]
			if got.method != c.sent.method || got.path != c.sent.path || got.body != c.sent.body {
				t.Errorf("sent %s %s\n%s\nwant %s %s\n%s", got.method, got.path, got.body, c.sent.method, c.sent.path, c.sent.body)
			}
			checkHeaders(t, got)
		})
	}
}

var authorization = regexp.MustCompile(`^WECHATPAY2-SHA256-RSA2048 mchid="1900000109",nonce_str="([0-9a-f]{32})",timestamp="(\d+)",` +
	`serial_no="` + serial + `",signature="([^"]+)"$`)

func checkHeaders(t *testing.T, r seen) {
	t.Helper()
	want := http.Header{"Accept": {"application/json"}, "User-Agent": {"kioskd/1.2.3"}, "Wechatpay-Serial": {keyID}}
	if r.method == "POST" {
		want["Content-Type"] = []string{"application/json"}
	}
	for name := range want {
		if r.header.Get(name) != want.Get(name) {
			t.Errorf("%s is %q, want %q", name, r.header.Get(name), want.Get(name))
		}
	}
	for _, name := range []string{"Accept-Encoding", "Idempotency-Key"} {
		if _, sent := r.header[name]; sent {
			t.Errorf("%s was sent", name)
		}
	}
	m := authorization.FindStringSubmatch(r.header.Get("Authorization"))
	if m == nil {
		t.Fatalf("Authorization %q", r.header.Get("Authorization"))
	}
	if m[2] != "1795435710" {
		t.Errorf("timestamp %s", m[2])
	}
	if err := verifyRequest(r, m[2], m[1], m[3]); err != nil {
		t.Error(err)
	}
}

func TestCreateRefusesOtherBytes(t *testing.T) {
	s := newStub(t, signed(200, `{"code_url":"x"}`))
	g := client(t, settings(t, s.URL))
	o := order(t, g)
	for name, change := range map[string]func(*sale.Order){
		"the frozen request is for another order, merchant or price": func(o *sale.Order) { o.Product.Price++ },
		"the frozen request is not one of this gateway":              func(o *sale.Order) { o.Request = nil },
	} {
		changed := o
		change(&changed)
		_, err := g.Create(t.Context(), changed)
		if want := "create order SH0042-000017-x7k2p: refused by the provider: " + name; err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestOrderOfAnotherMerchant(t *testing.T) {
	s := newStub(t, unsigned(404, notFound))
	g := client(t, settings(t, s.URL))
	o := order(t, g)
	o.Request = bytes.Replace(o.Request, []byte(mchID), []byte("1900000110"), 1)
	_, queryErr := g.Query(t.Context(), o)
	_, refundErr := g.QueryRefund(t.Context(), o)
	for what, err := range map[string]error{
		"query order":           queryErr,
		"close order":           g.Close(t.Context(), o),
		"query refund of order": refundErr,
	} {
		want := what + ` SH0042-000017-x7k2p: E-PAY-02: the order belongs to merchant "1900000110": merchant set-up ` +
			"(put that merchant's settings back until its orders are settled)"
		if err == nil || err.Error() != want || !errors.Is(err, sale.ErrMerchant) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// An order keeps the appid it was made with.
func TestAppIDOfTheOrderCounts(t *testing.T) {
	s := newStub(t, signed(200, paidBody()))
	old := client(t, settings(t, s.URL))
	changed := settings(t, s.URL)
	changed.AppID = "wx0000000000000000"
	if trade, err := client(t, changed).Query(t.Context(), order(t, old)); err != nil || trade.State != sale.TradePaid {
		t.Errorf("%v, %v", trade, err)
	}
}

func TestOnlyAVerified204Closes(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request)
		class  error
		want   string
	}{
		{"204", signed(204, ""), nil, ""},
		{"unsigned 204", unsigned(204, ""), sale.ErrTemporary,
			"E-PAY-03: an answer cannot be verified: temporary: the answer has no single Wechatpay-Timestamp header (if it stays, check public_key, public_key_id and the clock, and look for a login page or a proxy in this network)"},
		{"202", unsigned(202, `{"code":"USERPAYING","message":"支付中"}`), sale.ErrPaying, "customer is paying: HTTP 202 USERPAYING: 支付中"},
		{"signed 202", signed(202, `{"code":"USER_PAYING"}`), sale.ErrPaying, "customer is paying: HTTP 202 USER_PAYING"},
		{"empty 202", signed(202, ""), sale.ErrTemporary,
			"E-PAY-01: something other than WeChat Pay's interface answers: temporary: HTTP 202 (check base_urls and look for a login page or a proxy in this network)"},
		{"signed 200", signed(200, "{}"), sale.ErrTemporary,
			"E-PAY-01: something other than WeChat Pay's interface answers: temporary: HTTP 200 (check base_urls and look for a login page or a proxy in this network)"},
		{"200 with a code", signed(200, `{"code":"ORDER_CLOSED"}`), sale.ErrTemporary,
			"E-PAY-01: WeChat Pay answers in an unknown way: temporary: HTTP 200 ORDER_CLOSED (it passes by itself)"},
		{"paid", unsigned(400, `{"code":"ORDERPAID"}`), sale.ErrPaid, "already paid: HTTP 400 ORDERPAID"},
		{"closed", unsigned(400, `{"code":"ORDER_CLOSED"}`), sale.ErrAlreadyClosed, "already closed: HTTP 400 ORDER_CLOSED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStub(t, c.answer)
			g := client(t, settings(t, s.URL))
			err := g.Close(t.Context(), order(t, g))
			if c.class == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if want := "close order SH0042-000017-x7k2p: " + c.want; err == nil || err.Error() != want || !errors.Is(err, c.class) {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

func TestNothingSecretIsLogged(t *testing.T) {
	var log bytes.Buffer
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		sign(w.Header(), strangerKey(), now.Now(), paidBody())
		w.Header().Set("Request-ID", "08F78BB5AF0610D302-0")
		w.Write([]byte(paidBody()))
	})
	g := client(t, settings(t, s.URL), func(o *wechat.Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	_, err := g.Query(t.Context(), order(t, g))
	if err == nil {
		t.Fatal("a stranger's signature was accepted")
	}
	sent := authorization.FindStringSubmatch(s.requests()[0].header.Get("Authorization"))
	for _, secret := range []string{"oSECRETopenid", sent[3], "PRIVATE KEY"} {
		if strings.Contains(log.String()+err.Error(), secret) {
			t.Errorf("%q is in the log or the error:\n%s", secret, log.String())
		}
	}
	for _, want := range []string{"request_id=08F78BB5AF0610D302-0", "level=DEBUG", "status=200", "signed=true"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %s in the log:\n%s", want, log.String())
		}
	}
}

// The provider's own words may name what no log may have.
func TestRefusalsAreDiscreet(t *testing.T) {
	const words = "订单4200001234202611231234567890，用户oUpF8uMuAJO_M2pxb1Q9zNjWeS6o，二维码weixin://wxpay/bizpayurl?pr=JyC91EIz1，编号SH0042-000017-x7k2p"
	s := newStub(t, unsigned(400, `{"code":"INVALID_REQUEST","message":"`+words+`"}`))
	g := client(t, settings(t, s.URL))
	_, err := g.Refund(t.Context(), order(t, g))
	want := "refund order SH0042-000017-x7k2p: refused by the provider: HTTP 400 INVALID_REQUEST: 订单…567890，用户…jWeS6o，二维码…91EIz1，编号SH0042-000017-x7k2p"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestOnePollCostsNoNewConnection(t *testing.T) {
	var mu sync.Mutex
	connections, calls := map[string]bool{}, 0
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		connections[r.RemoteAddr] = true
		calls++
		odd := calls%2 == 1
		mu.Unlock()
		switch {
		case r.Method == "POST" && odd:
			unsigned(500, strings.Repeat("<p>busy</p>", 2000))(w, r)
		case r.Method == "POST":
			signed(204, "")(w, r)
		default:
			signed(200, paidBody())(w, r)
		}
	})
	g := client(t, settings(t, s.URL))
	o := order(t, g)
	for range 6 {
		g.Query(t.Context(), o)
		g.Close(t.Context(), o)
		g.Close(t.Context(), o)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(connections) != 1 || calls != 18 {
		t.Errorf("%d connections for %d calls, want 1 for 18", len(connections), calls)
	}
}

func TestSlowAnswerEndsWithTheCall(t *testing.T) {
	release := make(chan struct{})
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) { <-release })
	defer close(release)
	g := client(t, settings(t, s.URL), func(o *wechat.Options) { o.Timeouts.Attempt = 30 * time.Millisecond })
	_, err := g.Query(t.Context(), order(t, g))
	var fault *sale.Fault
	if !errors.Is(err, sale.ErrTemporary) || !errors.As(err, &fault) || fault.Code != sale.CodeNetDown {
		t.Errorf("%v", err)
	}
}
