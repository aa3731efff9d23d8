package wechatv2_test

import (
	"strings"
	"testing"
)

// What an answer may say and a log may not: a transaction's number whole, an
// openid, the text of a code.
func TestErrorsAreDiscreet(t *testing.T) {
	const (
		transaction = "4200001234202611231234567890"
		other       = "4200009999202611231234567899"
		openid      = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
		code        = "weixin://wxpay/bizpayurl?pr=Xk3f9Qzz"
	)
	s := newStub(t, nil)
	g := client(t, settings(t, s.URL))
	o := owed(t, g)
	words := "order " + other + " of " + openid + " with " + code
	for name, fields := range map[string]string{
		"refund of another transaction": refundFields("transaction_id", other),
		"refused":                       signed("result_code", "FAIL", "err_code", "TRADE_ERROR", "err_code_des", words),
		"refused, unknown code":         signed("result_code", "FAIL", "err_code", "SOMETHING_NEW", "err_code_des", words),
		"unsigned":                      `<xml><return_code>FAIL</return_code><return_msg>` + words + `</return_msg></xml>`,
		"unsigned, of the set-up":       `<xml><return_code>FAIL</return_code><return_msg>sign error: ` + words + `</return_msg></xml>`,
	} {
		s.answer = says(fields)
		_, err := g.Refund(t.Context(), o)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, secret := range []string{transaction, other, openid, code} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the text tells %s: %v", name, secret, err)
			}
		}
	}
}
