package paytest_test

import (
	"strings"
	"testing"
	"time"

	"kioskd/payment/paytest"
)

// TestPoint10EveryFault makes each fault happen to a create call and checks
// the answer and whether the order exists.
func TestPoint10EveryFault(t *testing.T) {
	cases := map[paytest.FaultName]struct {
		status int    // of an answer that is no error of the connection
		says   string // in the error of connection, body or signature, or the error code
		effect bool
	}{
		paytest.FaultResetBefore:    {says: "reset by peer"},
		paytest.FaultResetAfter:     {says: "reset by peer", effect: true},
		paytest.FaultSilent:         {says: "Timeout exceeded"},
		paytest.FaultHTML502:        {status: 502, says: "unsigned"},
		paytest.FaultHTML503:        {status: 503, says: "unsigned"},
		paytest.FaultHTML200:        {status: 200, says: "unsigned"},
		paytest.FaultEmpty200:       {status: 200, says: "unsigned"},
		paytest.FaultHuge200:        {status: 200, says: "unsigned"},
		paytest.FaultTruncated:      {status: 200, says: "unexpected EOF", effect: true},
		paytest.FaultError:          {status: 418, says: "TEAPOT"},
		paytest.FaultRateLimited:    {status: 429, says: "RATE_LIMITED"},
		paytest.FaultSignError:      {status: 401, says: "SIGN_ERROR"},
		paytest.FaultNoAuth:         {status: 403, says: "NO_AUTH"},
		paytest.FaultSystem:         {status: 500, says: "SYSTEM_ERROR"},
		paytest.FaultBank:           {status: 500, says: "BANK_ERROR"},
		paytest.FaultNotFound:       {status: 404, says: "ORDER_NOT_EXIST"},
		paytest.FaultPaid:           {status: 400, says: "ORDER_PAID"},
		paytest.FaultClosed:         {status: 400, says: "ORDER_CLOSED"},
		paytest.FaultPaying:         {status: 202, says: "USER_PAYING"},
		paytest.FaultNotEnough:      {status: 403, says: "NOT_ENOUGH"},
		paytest.FaultMisSigned:      {status: 200, says: "verification error", effect: true},
		paytest.FaultSignTest:       {status: 200, says: "verification error", effect: true},
		paytest.FaultSignTestBad:    {status: 200, says: "decode", effect: true},
		paytest.FaultUnsigned:       {status: 200, says: "unsigned", effect: true},
		paytest.FaultUnknownSerial:  {status: 200, says: "unknown serial", effect: true},
		paytest.FaultOtherAlgorithm: {status: 200, says: "verification error", effect: true},
		paytest.FaultStale:          {status: 200, says: "stale by 10m", effect: true},
		paytest.FaultFuture:         {status: 200, says: "stale by -", effect: true},
		paytest.FaultReplay:         {status: 200, effect: true},
		paytest.FaultWrongMchID:     {status: 200, effect: true},
		paytest.FaultWrongAppID:     {status: 200, effect: true},
		paytest.FaultWrongNumber:    {status: 200, effect: true},
		paytest.FaultWrongAmount:    {status: 200, effect: true},
		paytest.FaultWrongCurrency:  {status: 200, effect: true},
		paytest.FaultWrongState:     {status: 200, effect: true},
	}
	for _, name := range paytest.FaultNames() {
		want, ok := cases[name]
		if !ok {
			t.Errorf("fault %s has no case here", name)
			continue
		}
		t.Run(string(name), func(t *testing.T) {
			c := start(t)
			if name == paytest.FaultSilent {
				c.http.Timeout = 100 * time.Millisecond
			}
			for _, after := range []bool{false, true} {
				no := map[bool]string{false: "ORDER00001", true: "ORDER00002"}[after]
				f := paytest.Fault{Name: name, AfterEffect: after, Status: 418, Code: "TEAPOT"}
				c.ok(c.server.Queue(paytest.CallCreate, f))
				a := c.create(c.prepayBody(no))
				var got string
				switch {
				case a.err != nil:
					got = a.err.Error()
				case a.code() != "":
					got = a.code()
				default:
					if err := c.verify(a); err != nil {
						got = err.Error()
					}
				}
				if a.status != want.status || !strings.Contains(got, want.says) || want.says == "" && got != "" {
					t.Errorf("status %d, %q; want %d, %q", a.status, got, want.status, want.says)
				}
				_, err := c.server.Order(no)
				effect := want.effect || after && name != paytest.FaultResetBefore
				if (err == nil) != effect {
					t.Errorf("after effect %v: the order exists: %v, want %v", after, err == nil, effect)
				}
			}
			if n := c.server.Stats().Faults[name]; n != 2 {
				t.Errorf("the books count %d", n)
			}
		})
	}
}

func TestLiesAreWellSigned(t *testing.T) {
	c := start(t)
	c.paid("ORDER00001")
	c.paid("ORDER00002")
	c.wantState("ORDER00002", "SUCCESS") // remembered for a replay
	true1 := c.query("ORDER00001").fields(t)
	value := func(m map[string]any, path string) any {
		name, inner, nested := strings.Cut(path, ".")
		if nested {
			return m[name].(map[string]any)[inner]
		}
		return m[name]
	}
	for name, path := range map[paytest.FaultName]string{
		paytest.FaultWrongMchID: "mchid", paytest.FaultWrongAppID: "appid", paytest.FaultWrongNumber: "out_trade_no",
		paytest.FaultWrongAmount: "amount.total", paytest.FaultWrongCurrency: "amount.currency",
		paytest.FaultWrongState: "trade_state", paytest.FaultReplay: "out_trade_no",
	} {
		c.ok(c.server.Queue(paytest.CallQuery, paytest.Fault{Name: name}))
		a := c.query("ORDER00001")
		if err := c.verify(a); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		lie := a.fields(t)
		if value(lie, path) == value(true1, path) {
			t.Errorf("%s: %s is the true %v", name, path, value(lie, path))
		}
		if name == paytest.FaultReplay && (lie["out_trade_no"] != "ORDER00002" || lie["trade_state"] != "SUCCESS") {
			t.Errorf("replay: %v", lie)
		}
	}
	if got := c.query("ORDER00001").fields(t); got["amount"].(map[string]any)["total"] != 200.0 {
		t.Errorf("a lie has stayed: %v", got)
	}
}

func TestRuleQueueAndChance(t *testing.T) {
	c := start(t)
	c.order("ORDER00001")
	c.order("ORDER00002")
	for _, err := range []error{
		c.server.Queue("nonsense", paytest.Fault{}),
		c.server.Queue(paytest.CallQuery, paytest.Fault{Name: "nonsense"}),
		c.server.Queue(paytest.CallQuery, paytest.Fault{Name: paytest.FaultError, Status: 200, Code: "X"}),
		c.server.SetChance(paytest.CallQuery, paytest.FaultPaid, 1.5),
		c.server.SetChance(paytest.CallQuery, paytest.FaultError, 0.5),
	} {
		if err == nil {
			t.Error("nonsense was taken")
		}
	}
	// The rule is asked first, then the queue by order, then chance.
	c.ok(c.server.SetChance(paytest.CallQuery, paytest.FaultHTML502, 1))
	c.ok(c.server.Queue(paytest.CallQuery, paytest.Fault{Name: paytest.FaultBank, Order: "ORDER00002"}))
	var nth []int
	c.server.SetRule(func(in paytest.Incoming) (paytest.Fault, bool) {
		nth = append(nth, in.Nth)
		return paytest.Fault{Name: paytest.FaultNotFound}, in.OutTradeNo == "ORDER00001" && in.Nth == 2
	})
	c.want(c.query("ORDER00001"), 502, "")
	c.want(c.query("ORDER00001"), 404, "ORDER_NOT_EXIST")
	c.want(c.query("ORDER00002"), 500, "BANK_ERROR")
	if c.server.Pending() != 0 || len(nth) != 3 || nth[1] != 2 || nth[2] != 1 {
		t.Errorf("pending %d, nth %v", c.server.Pending(), nth)
	}
	c.ok(c.server.SetChance(paytest.CallQuery, paytest.FaultHTML502, 0))
	c.want(c.query("ORDER00001"), 200, "")
	c.ok(c.server.SetChance(paytest.CallQuery, paytest.FaultHTML502, 1))
	c.server.ClearFaults()
	c.want(c.query("ORDER00001"), 200, "")

	var failed int
	c.ok(c.server.SetChance(paytest.CallQuery, paytest.FaultSystem, 0.3))
	for range 100 {
		if c.query("ORDER00001").status == 500 {
			failed++
		}
	}
	if failed < 10 || failed > 60 {
		t.Errorf("%d of 100 failed at 0.3", failed)
	}
}

func TestSameSeedSameChoices(t *testing.T) {
	var codes [2]string
	for i := range codes {
		c := startWith(t, paytest.Options{Seed: 7}, 1)
		codes[i] = c.merchant.MchID + " " + c.order("ORDER00001")
	}
	if codes[0] != codes[1] {
		t.Errorf("%q and %q", codes[0], codes[1])
	}
}

func TestLatencyIsARoundTrip(t *testing.T) {
	c := start(t)
	c.behave(func(b *paytest.Behaviour) { b.Latency = 80 * time.Millisecond })
	begun := time.Now()
	c.order("ORDER00001")
	if took := time.Since(begun); took < 80*time.Millisecond {
		t.Errorf("a call took %v", took)
	}
}
