package paytest_test

import (
	"strings"
	"testing"
	"time"

	"kioskd/payment/paytest"
)

// The tests here, in points_more_test.go and in faults_test.go are named after
// the points of the list of what a simulator of this API must reproduce.

func TestPoint1AuthorizationOverRawBytes(t *testing.T) {
	c := start(t)
	c.order("ORDER00001")
	swap := func(old, new string) func(string) string {
		return func(h string) string { return strings.Replace(h, old, new, 1) }
	}
	cases := []struct {
		name      string
		authorize func(string) string
		skew      time.Duration
		says      string
	}{
		{"bad signature", swap(`signature="`, `signature="AAAA`), 0, "错误的签名，验签失败"},
		{"signature of another nonce", swap(`nonce_str="`, `nonce_str="x`), 0, "错误的签名，验签失败"},
		{"unknown serial", swap(`serial_no="`+c.merchant.Serial, `serial_no="00`), 0, "商户证书序列号有误"},
		{"unknown merchant", swap(`mchid="19`, `mchid="18`), 0, "商户号18"},
		{"clock behind", nil, -301 * time.Second, "timestamp与发起请求的时间不得超过5分钟"},
		{"clock ahead", nil, 302 * time.Second, "timestamp与发起请求的时间不得超过5分钟"},
		{"no header", func(string) string { return "" }, 0, "Http头Authorization值格式错误"},
		{"other scheme", swap("WECHATPAY2-", "WECHATPAY3-"), 0, "Http头Authorization值格式错误"},
		{"a pair twice", func(h string) string { return h + `,mchid="1"` }, 0, "Http头Authorization值格式错误"},
		{"a pair missing", swap(`mchid="`+c.merchant.MchID+`",`, ""), 0, "Http头Authorization值格式错误"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			c.t, c.authorize, c.skew = t, tc.authorize, tc.skew
			a := c.query("ORDER00001")
			c.want(a, 401, "SIGN_ERROR")
			if !strings.Contains(string(a.body), tc.says) {
				t.Errorf("answer %s does not say %q", a.body, tc.says)
			}
			if id := a.header.Get("Request-Id"); !strings.HasSuffix(id, "-268443699") {
				t.Errorf("Request-ID %q", id)
			}
		})
	}
	c.t, c.authorize, c.skew = t, nil, 299*time.Second
	c.want(c.query("ORDER00001"), 200, "")
	c.authorize, c.skew = func(h string) string { return strings.ReplaceAll(h, ",", ", ") }, 0
	c.want(c.query("ORDER00001"), 200, "")
}

func TestPoint1BodyAndMchID(t *testing.T) {
	c := start(t)
	other := func(m map[string]any) { m["mchid"] = "1900000001" }
	c.want(c.create(c.prepayBody("ORDER00001", other)), 401, "SIGN_ERROR")
	c.want(c.send("GET", "/v3/pay/transactions/out-trade-no/ORDER00001?mchid=1900000001", ""), 401, "SIGN_ERROR")
	c.order("ORDER00001")
	c.want(c.send("POST", "/v3/pay/transactions/out-trade-no/ORDER00001/close", `{"mchid":"1900000001"}`), 401, "SIGN_ERROR")
	// Raw bytes count: blanks, order, escapes and a line feed at the end are
	// signed as they stand, and an escaped path is signed escaped.
	body := " " + strings.ReplaceAll(c.prepayBody("A|B*00001"), "农", "\\u519c") + "\n"
	c.want(c.create(body), 200, "")
	c.want(c.query("A%7CB%2A00001"), 200, "")
}

func TestPoint2AnswersAreSignedAndErrorsAreNot(t *testing.T) {
	c := start(t)
	c.order("ORDER00001")
	for name, a := range map[string]answer{"query": c.query("ORDER00001"), "close": c.close("ORDER00001")} {
		if err := c.verify(a); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if id := a.header.Get("Request-Id"); !strings.HasSuffix(id, "-0") {
			t.Errorf("%s: Request-ID %q", name, id)
		}
	}
	if a := c.close("ORDER00001"); a.status != 204 || len(a.body) != 0 {
		t.Errorf("close: %v", a)
	}
	a := c.query("NOSUCH0001")
	c.want(a, 404, "ORDER_NOT_EXIST")
	if err := c.verify(a); err == nil || err.Error() != "unsigned" {
		t.Errorf("an error answer: %v", err)
	}
	c.behave(func(b *paytest.Behaviour) { b.SignErrors = 1 })
	if err := c.verify(c.query("NOSUCH0001")); err != nil {
		t.Errorf("a signed error answer: %v", err)
	}
}

func TestPoint3ShareOfSignTestAnswers(t *testing.T) {
	c := start(t)
	c.order("ORDER00001")
	c.behave(func(b *paytest.Behaviour) { b.SignTest = 0.5 })
	var good, wrong, undecodable int
	for range 60 {
		a := c.query("ORDER00001")
		c.want(a, 200, "")
		err := c.verify(a)
		marked := strings.HasPrefix(a.header.Get("Wechatpay-Signature"), "WECHATPAY/SIGNTEST/")
		switch {
		case err == nil && !marked:
			good++
		case err != nil && marked && strings.HasPrefix(err.Error(), "decode"):
			undecodable++
		case err != nil && marked:
			wrong++
		default:
			t.Fatalf("marked %v, verified %v", marked, err)
		}
	}
	if good == 0 || wrong == 0 || undecodable == 0 {
		t.Errorf("good %d, wrong %d, undecodable %d: each must occur", good, wrong, undecodable)
	}
}

func TestPoint4RepeatedCreate(t *testing.T) {
	c := start(t)
	body := c.prepayBody("ORDER00001")
	first := c.order("ORDER00001")
	second := c.create(body).fields(t)["code_url"].(string)
	if first == second {
		t.Fatal("the same code twice")
	}
	_, err := c.server.Scan(first, "ann")
	c.wantPhone(err, paytest.ErrCodeReplaced)
	c.scan(second, "ann")

	dearer := func(m map[string]any) { m["amount"] = map[string]any{"total": 201, "currency": "CNY"} }
	a := c.create(c.prepayBody("ORDER00001", dearer))
	c.want(a, 400, "INVALID_REQUEST")
	if !strings.HasSuffix(a.header.Get("Request-Id"), "-268498688") {
		t.Errorf("Request-ID %q", a.header.Get("Request-Id"))
	}
	c.behave(func(b *paytest.Behaviour) { b.OtherParamsTaken = true })
	c.want(c.create(c.prepayBody("ORDER00001", dearer)), 403, "OUT_TRADE_NO_USED")
	if o, _ := c.server.Order("ORDER00001"); o.CodeURL != second || o.Codes != 2 || o.Bodies != 1 {
		t.Errorf("a refused create changed the order: %+v", o)
	}
	c.ok(c.server.Pay("ann", "ORDER00001"))
	c.want(c.create(body), 403, "ORDER_PAID")

	c.order("ORDER00002")
	c.close("ORDER00002")
	c.want(c.create(c.prepayBody("ORDER00002")), 400, "ORDER_CLOSED")
}

func TestPoint5Lives(t *testing.T) {
	c := start(t)
	code := c.order("ORDER00001")
	c.clock.Add(2*time.Hour - time.Second)
	c.scan(code, "ann")
	c.ok(c.server.Abandon("ann", "ORDER00001"))
	c.clock.Add(time.Second)
	_, err := c.server.Scan(code, "ann")
	c.wantPhone(err, paytest.ErrCodeExpired)
	c.scan(c.order("ORDER00001"), "ann") // a new code lives on

	early := c.order("ORDER00002", c.expire(5*time.Second))
	c.clock.Add(59 * time.Second) // raised to a minute
	c.scan(early, "ann")
	c.clock.Add(2 * time.Second)
	c.wantPhone(c.server.Pay("ann", "ORDER00002"), paytest.ErrOrderExpired)
	c.wantState("ORDER00002", "NOTPAY") // time_expire closes nothing
	o, _ := c.server.Order("ORDER00002")
	same := c.prepayBody("ORDER00002", func(m map[string]any) {
		m["time_expire"] = o.CreatedAt.Add(5 * time.Second).Format(time.RFC3339)
	})
	c.want(c.create(same), 400, "ORDER_CLOSED") // but ends the codes
	c.behave(func(b *paytest.Behaviour) { b.LateFinish = true })
	c.ok(c.server.Pay("ann", "ORDER00002"))
	c.wantState("ORDER00002", "SUCCESS")

	c.order("ORDER00003", c.expire(365*24*time.Hour))
	if o, _ := c.server.Order("ORDER00003"); o.ExpiresAt.Sub(o.CreatedAt) != 90*24*time.Hour {
		t.Errorf("time_expire not cut: %v", o.ExpiresAt.Sub(o.CreatedAt))
	}
	c.clock.Add(7*24*time.Hour - time.Second)
	c.wantState("ORDER00003", "NOTPAY")
	c.clock.Add(time.Second)
	c.wantState("ORDER00003", "CLOSED")
	if o, _ := c.server.Order("ORDER00003"); !o.ClosedByAge || o.ClosedAt.Sub(o.CreatedAt) != 7*24*time.Hour {
		t.Errorf("closed at %v, by age %v", o.ClosedAt, o.ClosedByAge)
	}
}

func TestPoint6PhonesAndFailures(t *testing.T) {
	c := start(t)
	_, err := c.server.Scan("weixin://wxpay/bizpayurl?pr=nothing", "ann")
	c.wantPhone(err, paytest.ErrNotACode)
	code := c.order("ORDER00001")
	_, err = c.server.Scan(strings.ToUpper(code), "ann")
	c.wantPhone(err, paytest.ErrNotACode)
	c.wantPhone(c.server.Pay("ann", "ORDER00001"), paytest.ErrNotScanned)

	page, err := c.server.Scan(code, "ann")
	c.ok(err)
	if want := (paytest.PhoneOrder{User: "ann", OutTradeNo: "ORDER00001", Description: "农夫山泉 550ml", Total: 200, Stage: paytest.StageScanned}); page != want {
		t.Errorf("got %+v, want %+v", page, want)
	}
	_, err = c.server.Scan(code, "bob")
	c.wantPhone(err, paytest.ErrOtherUser)
	c.wantPhone(c.server.Pay("bob", "ORDER00001"), paytest.ErrOtherUser)
	c.scan(code, "ann")

	c.ok(c.server.FailPayment("ann", "ORDER00001"))
	c.wantState("ORDER00001", "NOTPAY")
	c.ok(c.server.Pay("ann", "ORDER00001"))
	c.wantState("ORDER00001", "SUCCESS")
	c.wantPhone(c.server.Pay("ann", "ORDER00001"), paytest.ErrOrderPaid)
	if o, _ := c.server.Order("ORDER00001"); o.RefusedScans != 1 || o.FailedPays != 1 || o.Payer != "ann" {
		t.Errorf("%+v", o)
	}
}

func TestPoint7Close(t *testing.T) {
	c := start(t)
	c.want(c.close("NOSUCH0001"), 404, "ORDER_NOT_EXIST")

	c.scan(c.order("ORDER00001"), "ann")
	c.ok(c.server.EnterPIN("ann", "ORDER00001", 10*time.Second))
	a := c.close("ORDER00001")
	c.want(a, 202, "USER_PAYING")
	if err := c.verify(a); err != nil {
		t.Errorf("202: %v", err) // 2xx answers are signed
	}
	c.wantState("ORDER00001", "NOTPAY")
	c.behave(func(b *paytest.Behaviour) { b.PINShowsPaying = true })
	c.wantState("ORDER00001", "USERPAYING")
	c.wantPhone(c.server.EnterPIN("ann", "ORDER00001", time.Second), paytest.ErrEnteringPIN)
	entered := c.clock.Now()
	c.clock.Add(15 * time.Second)
	c.want(c.close("ORDER00001"), 400, "ORDER_PAID")
	if o, _ := c.server.Order("ORDER00001"); o.PaidAt.Sub(entered) != 10*time.Second {
		t.Errorf("paid %v after the PIN was begun", o.PaidAt.Sub(entered))
	}

	c.scan(c.order("ORDER00002"), "ann")
	c.ok(c.server.EnterPIN("ann", "ORDER00002", 10*time.Second))
	c.ok(c.server.Abandon("ann", "ORDER00002"))
	c.behave(func(b *paytest.Behaviour) { b.CloseAge = 5 * time.Minute })
	c.want(c.close("ORDER00002"), 400, "INVALID_REQUEST")
	c.clock.Add(5 * time.Minute)
	c.want(c.close("ORDER00002"), 204, "")
	c.want(c.close("ORDER00002"), 204, "") // closing is re-entrant
	c.behave(func(b *paytest.Behaviour) { b.CloseAgainFails = true })
	c.want(c.close("ORDER00002"), 400, "ORDER_CLOSED")
	c.wantPhone(c.server.Pay("ann", "ORDER00002"), paytest.ErrOrderClosed)
}

func TestPoint8PaymentBetweenTheSteps(t *testing.T) {
	c := start(t)
	// Between the client's last query and its close.
	c.order("ORDER00001")
	c.ok(c.server.Queue(paytest.CallClose, paytest.Fault{PayBefore: "ann"}))
	c.wantState("ORDER00001", "NOTPAY")
	c.want(c.close("ORDER00001"), 400, "ORDER_PAID")
	c.wantState("ORDER00001", "SUCCESS")

	// While the client's POST waits for an answer until it gives up.
	c.http.Timeout = 150 * time.Millisecond
	c.ok(c.server.Queue(paytest.CallCreate, paytest.Fault{PayAfter: "ann", Hold: time.Second}))
	if a := c.create(c.prepayBody("ORDER00002")); a.err == nil {
		t.Fatalf("an answer came: %v", a)
	}
	c.http.Timeout = 20 * time.Second
	c.wantState("ORDER00002", "SUCCESS")
	c.want(c.create(c.prepayBody("ORDER00002")), 403, "ORDER_PAID")

	// A close that arrives late, after the client has given up and the
	// customer has paid.
	code := c.order("ORDER00003")
	c.http.Timeout = 50 * time.Millisecond
	paid := make(chan error, 1)
	c.ok(c.server.Queue(paytest.CallClose, paytest.Fault{Delay: 200 * time.Millisecond, Before: func() {
		_, err := c.server.Scan(code, "ann")
		if err == nil {
			err = c.server.Pay("ann", "ORDER00003")
		}
		paid <- err
	}}))
	if a := c.close("ORDER00003"); a.err == nil {
		t.Fatalf("an answer came: %v", a)
	}
	c.ok(<-paid)
	c.http.Timeout = 20 * time.Second
	c.wantState("ORDER00003", "SUCCESS")
}
