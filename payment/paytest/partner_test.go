package paytest_test

import (
	"strings"
	"testing"

	"kioskd/payment/paytest"
)

const partnerOrders = "/v3/pay/partner/transactions/"

func (c *client) partnerBody(no, sub string, replace ...string) string {
	body := `{"sp_appid":"` + c.merchant.AppID + `","sp_mchid":"` + c.merchant.MchID + `","sub_mchid":"` + sub + `","description":"tea",` +
		`"out_trade_no":"` + no + `","notify_url":"` + c.merchant.NotifyURL + `","amount":{"total":200}}`
	return strings.NewReplacer(replace...).Replace(body)
}

// What is refused to a service provider, and what is its alone.
func TestPartnerRefusals(t *testing.T) {
	c := startWith(t, paytest.Options{Partner: true}, 1)
	m := c.merchant
	other, otherApp := c.server.AddSubMerchant()
	native := partnerOrders + "native"
	good := c.partnerBody("ORDER00001", m.SubMchID)
	for name, body := range map[string]string{
		"no sub_mchid":             strings.Replace(good, `"sub_mchid":"`+m.SubMchID+`",`, "", 1),
		"a direct merchant's body": c.prepayBody("ORDER00001"),
		"the provider itself":      c.partnerBody("ORDER00001", m.MchID),
	} {
		if a := c.send("POST", native, body); a.status != 400 || a.code() != "PARAM_ERROR" {
			t.Errorf("%s: %v", name, a)
		}
	}
	c.want(c.send("POST", native, c.partnerBody("ORDER00001", "1600000000")), 403, "NO_AUTH")
	c.want(c.send("POST", native, strings.Replace(good, m.AppID, otherApp, 1)), 400, "APPID_MCHID_NOT_MATCH")
	c.want(c.send("POST", native, strings.Replace(good, `"description"`, `"sub_appid":"`+otherApp+`","description"`, 1)), 400, "APPID_MCHID_NOT_MATCH")
	c.want(c.send("POST", native, strings.Replace(good, `"sp_mchid":"`+m.MchID, `"sp_mchid":"`+other, 1)), 401, "SIGN_ERROR")
	c.want(c.send("POST", "/v3/pay/transactions/native", c.prepayBody("ORDER00001")), 403, "NO_AUTH")

	c.want(c.send("POST", native, good), 200, "")
	c.want(c.send("POST", native, c.partnerBody("ORDER00001", other)), 400, "INVALID_REQUEST") // one space of numbers
	about := partnerOrders + "out-trade-no/ORDER00001"
	query := about + "?sp_mchid=" + m.MchID + "&sub_mchid="
	c.want(c.send("GET", query+m.SubMchID, ""), 200, "")
	c.want(c.send("GET", query+other, ""), 400, "INVALID_REQUEST")
	c.want(c.send("GET", about+"?sp_mchid="+m.MchID, ""), 400, "PARAM_ERROR")
	c.want(c.send("GET", about+"?mchid="+m.MchID, ""), 400, "PARAM_ERROR")
	closing := `{"sp_mchid":"` + m.MchID + `","sub_mchid":"` + other + `"}`
	c.want(c.send("POST", about+"/close", closing), 400, "INVALID_REQUEST")
	c.want(c.send("POST", about+"/close", `{"mchid":"`+m.MchID+`"}`), 400, "PARAM_ERROR")

	direct := start(t)
	direct.want(direct.send("POST", native, good), 403, "NO_AUTH")
}

func TestPartnerAnswers(t *testing.T) {
	c := startWith(t, paytest.Options{Partner: true}, 1)
	m := c.merchant
	body := strings.Replace(c.partnerBody("ORDER00001", m.SubMchID), `"description"`, `"sub_appid":"`+m.SubAppID+`","description"`, 1)
	code := c.send("POST", partnerOrders+"native", body).fields(t)["code_url"].(string)
	_, err := c.server.Scan(code, "ann")
	c.ok(err)
	c.ok(c.server.Pay("ann", "ORDER00001"))
	query := partnerOrders + "out-trade-no/ORDER00001?sp_mchid=" + m.MchID + "&sub_mchid=" + m.SubMchID
	f := c.send("GET", query, "").fields(t)
	payer := f["payer"].(map[string]any)
	if f["sp_appid"] != m.AppID || f["sp_mchid"] != m.MchID || f["sub_appid"] != m.SubAppID || f["sub_mchid"] != m.SubMchID ||
		f["appid"] != nil || f["mchid"] != nil || payer["sp_openid"] == payer["sub_openid"] || payer["openid"] != nil {
		t.Errorf("%v", f)
	}
	refund := `{"sub_mchid":"` + m.SubMchID + `","out_trade_no":"ORDER00001","out_refund_no":"ORDER00001R","amount":{"refund":200,"total":200,"currency":"CNY"}}`
	c.want(c.send("POST", "/v3/refund/domestic/refunds", strings.Replace(refund, `"sub_mchid":"`+m.SubMchID+`",`, "", 1)), 400, "PARAM_ERROR")
	c.want(c.send("POST", "/v3/refund/domestic/refunds", refund), 200, "")
	other, _ := c.server.AddSubMerchant()
	c.want(c.send("GET", "/v3/refund/domestic/refunds/ORDER00001R?sub_mchid="+m.SubMchID, ""), 200, "")
	c.want(c.send("GET", "/v3/refund/domestic/refunds/ORDER00001R", ""), 400, "PARAM_ERROR")
	c.want(c.send("GET", "/v3/refund/domestic/refunds/ORDER00001R?sub_mchid="+other, ""), 400, "INVALID_REQUEST")
	if o, err := c.server.Order("ORDER00001"); err != nil || o.SubMchID != m.SubMchID {
		t.Errorf("%+v, %v", o, err)
	}
}
