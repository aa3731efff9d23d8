package wechat_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"kioskd/payment/paytest"
	"kioskd/payment/wechat"
	"kioskd/sale"
)

const (
	spAppID  = "wxaaaaaaaaaaaaaaaa"
	spMchID  = "1900000200"
	subAppID = "wxbbbbbbbbbbbbbbbb"
	subMchID = "1600000300"
)

func partnerSettings(t testing.TB, bases ...string) wechat.Settings {
	s := settings(t, bases...)
	s.AppID, s.MchID = "", ""
	s.SPAppID, s.SPMchID, s.SubMchID, s.SubAppID = spAppID, spMchID, subMchID, subAppID
	return s
}

// partnerBody is paidBody as a service provider gets it.
func partnerBody(replace ...string) string {
	body := paidBody(`"appid":"`+appID+`"`, `"sp_appid":"`+spAppID+`","sub_appid":"`+subAppID+`"`,
		`"mchid":"`+mchID+`"`, `"sp_mchid":"`+spMchID+`","sub_mchid":"`+subMchID+`"`,
		`{"openid":"oSECRETopenid"}`, `{"sp_openid":"oSECRETopenid","sub_openid":"oOTHERopenid"}`)
	return strings.NewReplacer(replace...).Replace(body)
}

// The bytes of every call of a service provider.
func TestPartnerRequests(t *testing.T) {
	const orders = "/v3/pay/partner/transactions/out-trade-no/"
	const query = orders + "SH0042-000017-x7k2p?sp_mchid=1900000200&sub_mchid=1600000300"
	const create = `{"sp_appid":"wxaaaaaaaaaaaaaaaa","sp_mchid":"1900000200","sub_appid":"wxbbbbbbbbbbbbbbbb","sub_mchid":"1600000300",` +
		`"description":"农夫山泉 550ml","out_trade_no":"SH0042-000017-x7k2p","time_expire":"2026-11-23T20:10:00+08:00",` +
		`"attach":"machine=SH0042,slot=11","notify_url":"https://pay.example.com/wechat","amount":{"total":200,"currency":"CNY"}}`
	const refund = `{"sub_mchid":"1600000300","transaction_id":"4200001234202611231234567890","out_refund_no":"SH0042-000017-x7k2pR",` +
		`"reason":"商品未能出货，款项退回","amount":{"refund":200,"total":200,"currency":"CNY"}}`
	for _, c := range []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request)
		call   func(g *wechat.Client, o sale.Order) error
		sent   seen
	}{
		{"create", signed(200, `{"code_url":"weixin://wxpay/bizpayurl?pr=JyC91EIz1"}`),
			func(g *wechat.Client, o sale.Order) error { _, err := g.Create(t.Context(), o); return err },
			seen{method: "POST", path: "/v3/pay/partner/transactions/native", body: create}},
		{"query", signed(200, partnerBody()),
			func(g *wechat.Client, o sale.Order) error { _, err := g.Query(t.Context(), o); return err },
			seen{method: "GET", path: query}},
		{"close", signed(204, ""),
			func(g *wechat.Client, o sale.Order) error { return g.Close(t.Context(), o) },
			seen{method: "POST", path: orders + "SH0042-000017-x7k2p/close", body: `{"sp_mchid":"1900000200","sub_mchid":"1600000300"}`}},
		{"refund", signed(200, refundAnswer()),
			func(g *wechat.Client, o sale.Order) error { _, err := g.Refund(t.Context(), o); return err },
			seen{method: "POST", path: "/v3/refund/domestic/refunds", body: refund}},
		{"query refund", signed(200, refundAnswer()),
			func(g *wechat.Client, o sale.Order) error { _, err := g.QueryRefund(t.Context(), o); return err },
			seen{method: "GET", path: "/v3/refund/domestic/refunds/SH0042-000017-x7k2pR?sub_mchid=1600000300"}},
		{"ping", unsigned(404, notFound),
			func(g *wechat.Client, o sale.Order) error { return g.Ping(t.Context()) },
			seen{method: "GET", path: strings.Replace(query, "SH0042-000017-x7k2p", string(wechat.PingNumber), 1)}},
	} {
		s := newStub(t, c.answer)
		g := client(t, partnerSettings(t, s.URL))
		o := order(t, g)
		o.Cause, o.Payment.TransactionID = sale.CauseNotDropped, "4200001234202611231234567890"
		if err := c.call(g, o); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		got := s.requests()[0]
		if got.method != c.sent.method || got.path != c.sent.path || got.body != c.sent.body {
			t.Errorf("%s: sent %s %s\n%s\nwant %s %s\n%s", c.name, got.method, got.path, got.body, c.sent.method, c.sent.path, c.sent.body)
		}
		if a := got.header.Get("Authorization"); !strings.HasPrefix(a, `WECHATPAY2-SHA256-RSA2048 mchid="1900000200",`) {
			t.Errorf("%s: Authorization %.60s", c.name, a)
		}
	}
}

// Without a sub_appid none is sent.
func TestPartnerWithoutSubAppID(t *testing.T) {
	s := partnerSettings(t)
	s.SubAppID = ""
	o := order(t, client(t, s))
	if strings.Contains(string(o.Request), "sub_appid") {
		t.Errorf("%s", o.Request)
	}
}

func TestPartnerAnswers(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"good":                {partnerBody(), ""},
		"no sub_appid":        {partnerBody(`"sub_appid":"`+subAppID+`",`, ""), ""},
		"other sub_appid":     {partnerBody(subAppID, appID), `the answer's sub_appid is "` + appID + `", the order's is "` + subAppID + `"`},
		"other sp_appid":      {partnerBody(spAppID, appID), `the answer's sp_appid is "` + appID + `", the order's is "` + spAppID + `"`},
		"other sp_mchid":      {partnerBody(spMchID, mchID), `the answer's sp_mchid is "` + mchID + `", the order's is "` + spMchID + `"`},
		"other sub_mchid":     {partnerBody(subMchID, mchID), `the answer's sub_mchid is "` + mchID + `", the order's is "` + subMchID + `"`},
		"no sub_mchid":        {partnerBody(`,"sub_mchid":"`+subMchID+`"`, ""), `the answer's sub_mchid is "", the order's is "` + subMchID + `"`},
		"a direct merchant's": {paidBody(), `the answer's appid is "` + appID + `", the order's is ""`},
	} {
		s := newStub(t, signed(200, c.body))
		g := client(t, partnerSettings(t, s.URL))
		trade, err := g.Query(t.Context(), order(t, g))
		if c.want == "" && (err != nil || trade.State != sale.TradePaid) {
			t.Errorf("%s: %v, %v", name, trade, err)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || trade != (sale.Trade{})) {
			t.Errorf("%s: %v, %v; want %s", name, trade, err, c.want)
		}
	}
	s := newStub(t, signed(200, partnerBody()))
	g := client(t, settings(t, s.URL))
	if _, err := g.Query(t.Context(), order(t, g)); err == nil || !strings.Contains(err.Error(), `the answer's appid is "", the order's is "`+appID+`"`) {
		t.Errorf("a direct merchant took a service provider's answer: %v", err)
	}
}

// An order is its own party's, whatever the settings say today.
func TestOrderOfAnotherParty(t *testing.T) {
	const hint = "put that merchant's settings back until its orders are settled"
	direct, partner, other := settings(t), partnerSettings(t), partnerSettings(t)
	other.SubMchID = "1600000301"
	for name, c := range map[string]struct {
		made, now wechat.Settings
		owner     string
	}{
		"direct, now partner":    {direct, partner, `merchant "1900000109"`},
		"partner, now direct":    {partner, direct, `sub-merchant "1600000300" of service provider "1900000200"`},
		"another's sub-merchant": {other, partner, `sub-merchant "1600000301" of service provider "1900000200"`},
	} {
		s := newStub(t, unsigned(404, notFound))
		c.now.BaseURLs = []string{s.URL}
		g := client(t, c.now)
		o := order(t, client(t, c.made))
		_, queryErr := g.Query(t.Context(), o)
		_, refundErr := g.Refund(t.Context(), o)
		_, refundQueryErr := g.QueryRefund(t.Context(), o)
		for what, err := range map[string]error{"query": queryErr, "close": g.Close(t.Context(), o), "refund": refundErr, "query refund": refundQueryErr} {
			if err == nil || !errors.Is(err, sale.ErrMerchant) || !strings.Contains(err.Error(), "the order belongs to "+c.owner) || !strings.Contains(err.Error(), hint) {
				t.Errorf("%s: %s: %v", name, what, err)
			}
		}
		if _, err := g.Create(t.Context(), o); !errors.Is(err, sale.ErrRefused) {
			t.Errorf("%s: create: %v", name, err)
		}
		if n := len(s.requests()); n != 0 {
			t.Errorf("%s: %d requests were sent", name, n)
		}
	}
}

// The rights that a sub-merchant has not given are named.
func TestPartnerHints(t *testing.T) {
	s := newStub(t, unsigned(403, `{"code":"NO_AUTH","message":"无权限"}`))
	g := client(t, partnerSettings(t, s.URL))
	o := order(t, g)
	_, queryErr := g.Query(t.Context(), o)
	want(t, queryErr, sale.ErrMerchant, sale.CodePayMerchant, "(check in the service provider's portal that sub_mchid belongs to it and has Native payment)")
	_, refundErr := g.Refund(t.Context(), o)
	want(t, refundErr, sale.ErrMerchant, sale.CodePayMerchant, "(let the sub-merchant grant its service provider refunds, in the sub-merchant's own portal)")
}

// Two sub-merchants share one space of order numbers: the second machine with
// a number does not get the first one's order.
func TestNumbersAreTheServiceProviders(t *testing.T) {
	s := newDouble(t, partner)
	first := client(t, s.settings(), realTime)
	s.Created(t, first, 1)
	theirs := s.settings()
	theirs.SubMchID, theirs.SubAppID = s.Server.AddSubMerchant()
	second := client(t, theirs, realTime)
	o := sale.Order{Number: "SH0042-000001", Product: sale.Product{Slot: 11, Name: "tea", Price: 200}}
	var err error
	if o.Request, err = second.Prepare(o, now.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := second.Create(t.Context(), o); !errors.Is(err, sale.ErrRefused) {
		t.Errorf("create: %v", err)
	}
	if trade, err := second.Query(t.Context(), o); err == nil || trade != (sale.Trade{}) {
		t.Errorf("query: %v, %v", trade, err)
	}
	if err := second.Close(t.Context(), o); err == nil {
		t.Error("the second closed the first one's order")
	}
	if known, err := s.Server.Order("SH0042-000001"); err != nil || known.TradeState != paytest.TradeNotPay || known.SubMchID != s.settings().SubMchID {
		t.Errorf("%+v, %v", known, err)
	}
}
