package wechatv2_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"kioskd/sale"
)

// What each refusal means on a refund: the tables of error codes in the
// documentation, in both spellings where both are seen.
func TestRefusals(t *testing.T) {
	for code, want := range map[string]struct {
		class error
		fault sale.Code
	}{
		"USERPAYING": {sale.ErrPaying, ""}, "USER_PAYING": {sale.ErrPaying, ""}, "TRADE_STATE_ERROR": {sale.ErrPaying, ""},
		"ORDERPAID": {sale.ErrPaid, ""}, "ORDER_PAID": {sale.ErrPaid, ""},
		"ORDERCLOSED": {sale.ErrAlreadyClosed, ""}, "ORDER_CLOSED": {sale.ErrAlreadyClosed, ""},
		"ORDERNOTEXIST": {sale.ErrNotFound, ""}, "ORDER_NOT_EXIST": {sale.ErrNotFound, ""},
		"REFUNDNOTEXIST": {sale.ErrNotFound, ""}, "RESOURCE_NOT_EXISTS": {sale.ErrNotFound, ""},
		"LACK_PARAMS": {sale.ErrRefused, ""}, "PARAM_ERROR": {sale.ErrRefused, ""}, "INVALID_REQUEST": {sale.ErrRefused, ""},
		"OUT_TRADE_NO_USED": {sale.ErrRefused, ""}, "USER_ACCOUNT_ABNORMAL": {sale.ErrRefused, ""}, "INVALID_TRANSACTIONID": {sale.ErrRefused, ""},
		"REFUND_FEE_MISMATCH": {sale.ErrRefused, ""}, "ORDER_NOT_READY": {sale.ErrRefused, ""}, "TRADE_OVERDUE": {sale.ErrRefused, ""},
		"ERROR": {sale.ErrRefused, ""}, "XML_FORMAT_ERROR": {sale.ErrRefused, ""}, "NOT_UTF8": {sale.ErrRefused, ""}, "SOMETHING_NEW": {sale.ErrRefused, ""},
		"NOTENOUGH": {sale.ErrNotEnough, ""}, "NOT_ENOUGH": {sale.ErrNotEnough, ""},
		"SIGNERROR": {sale.ErrMerchant, sale.CodePayMerchant}, "SIGN_ERROR": {sale.ErrMerchant, sale.CodePayMerchant},
		"CERT_ERROR": {sale.ErrMerchant, sale.CodePayMerchant}, "NOAUTH": {sale.ErrMerchant, sale.CodePayMerchant},
		"APPID_NOT_EXIST": {sale.ErrMerchant, sale.CodePayMerchant}, "MCHID_NOT_EXIST": {sale.ErrMerchant, sale.CodePayMerchant},
		"APPID_MCHID_NOT_MATCH": {sale.ErrMerchant, sale.CodePayMerchant},
		"SYSTEMERROR":           {sale.ErrTemporary, sale.CodePayProvider}, "SYSTEM_ERROR": {sale.ErrTemporary, sale.CodePayProvider},
		"BIZERR_NEED_RETRY": {sale.ErrTemporary, sale.CodePayProvider}, "INVALID_REQ_TOO_MUCH": {sale.ErrTemporary, sale.CodePayProvider},
		"FREQUENCY_LIMITED": {sale.ErrTemporary, sale.CodePayProvider},
	} {
		s := newStub(t, says(signed("result_code", "FAIL", "err_code", code, "err_code_des", "因为")))
		g := client(t, settings(t, s.URL))
		_, err := g.Refund(t.Context(), order(t, g))
		isOnly(t, code, err, want.class, want.fault)
		if !strings.Contains(err.Error(), code+": 因为") {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// isOnly wants one class and no other, and a fault with the code if there is one.
func isOnly(t *testing.T, what string, err, class error, code sale.Code) {
	t.Helper()
	for _, c := range []error{sale.ErrTemporary, sale.ErrNotFound, sale.ErrPaid, sale.ErrPaying,
		sale.ErrAlreadyClosed, sale.ErrRefused, sale.ErrMerchant, sale.ErrNotEnough} {
		if errors.Is(err, c) != (c == class) {
			t.Errorf("%s: %v, want %v", what, err, class)
		}
	}
	var fault *sale.Fault
	if errors.As(err, &fault) != (code != "") || code != "" && fault.Code != code {
		t.Errorf("%s: %v, want fault %q", what, err, code)
	}
}

// A code that nobody knows settles nothing where only a question was asked, and
// the balance is the merchant's on a refund alone.
func TestRefusalsOfOtherCalls(t *testing.T) {
	s := newStub(t, nil)
	g := client(t, settings(t, s.URL))
	query := func() error { _, err := g.Query(t.Context(), order(t, g)); return err }
	refunded := func() error { _, err := g.QueryRefund(t.Context(), order(t, g)); return err }
	create := func() error { _, err := g.Create(t.Context(), order(t, g)); return err }
	closed := func() error { return g.Close(t.Context(), order(t, g)) }
	for _, c := range []struct {
		code  string
		call  func() error
		class error
		fault sale.Code
	}{
		{"NEW", query, sale.ErrTemporary, sale.CodePayProvider},
		{"NEW", refunded, sale.ErrTemporary, sale.CodePayProvider},
		{"", query, sale.ErrTemporary, sale.CodePayProvider},
		{"NEW", create, sale.ErrRefused, ""},
		{"NEW", closed, sale.ErrRefused, ""},
		{"NOTENOUGH", create, sale.ErrRefused, ""},
		{"ORDERPAID", closed, sale.ErrPaid, ""},
		{"TRADE_STATE_ERROR", closed, sale.ErrPaying, ""},
	} {
		s.answer = says(signed("result_code", "FAIL", "err_code", c.code))
		isOnly(t, c.code, c.call(), c.class, c.fault)
	}
}

// What is not signed is no fact, whatever it says.
func TestUnsignedRefusals(t *testing.T) {
	fail := func(msg string) http.HandlerFunc {
		return says("<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[" + msg + "]]></return_msg></xml>")
	}
	unsigned := func(code string) http.HandlerFunc {
		return says("<xml><return_code>SUCCESS</return_code><result_code>FAIL</result_code><err_code>" + code + "</err_code></xml>")
	}
	const (
		key    = "check that the file of api_key holds the API key of v2 (not of v3) of this mchid, and sign_type"
		cert   = "check that merchant_cert and merchant_key are the newest pair of this mchid and that the certificate is in force in the merchant portal"
		portal = "check the merchant's contract, permissions and IP allow-list in the merchant portal"
	)
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		class  error
		code   sale.Code
		want   string
	}{
		{"sign", fail("签名错误"), sale.ErrMerchant, sale.CodePayMerchant, "WeChat Pay refuses this merchant: merchant set-up: 签名错误 (" + key + ")"},
		{"certificate", fail("证书校验错误"), sale.ErrMerchant, sale.CodePayMerchant, "WeChat Pay refuses this merchant: merchant set-up: 证书校验错误 (" + cert + ")"},
		{"appid", fail("appid不存在"), sale.ErrMerchant, sale.CodePayMerchant, "WeChat Pay refuses this merchant: merchant set-up: appid不存在 (" + portal + ")"},
		{"too often", fail("请求频率过高"), sale.ErrTemporary, sale.CodePayProvider, "WeChat Pay is asked too often for this merchant: temporary: 请求频率过高 (it passes by itself)"},
		{"anything", fail("invalid total_fee"), sale.ErrTemporary, sale.CodePayProvider, "WeChat Pay has a fault: temporary: invalid total_fee (it passes by itself)"},
		{"paid, it says", fail("ORDERPAID"), sale.ErrTemporary, sale.CodePayProvider, "WeChat Pay has a fault: temporary: ORDERPAID (it passes by itself)"},
		{"nothing", says("<xml><return_code>FAIL</return_code></xml>"), sale.ErrTemporary, sale.CodePayProvider, "WeChat Pay has a fault: temporary: no reason is given (it passes by itself)"},
		{"paid, unsigned", unsigned("ORDERPAID"), sale.ErrTemporary, sale.CodePayVerify,
			"an answer cannot be verified: temporary: the answer is not signed (if it stays, check api_key and sign_type, and look for a login page or a proxy in this network)"},
		{"closed, unsigned", unsigned("ORDERCLOSED"), sale.ErrTemporary, sale.CodePayVerify,
			"an answer cannot be verified: temporary: the answer is not signed (if it stays, check api_key and sign_type, and look for a login page or a proxy in this network)"},
		{"wrong key, unsigned", unsigned("SIGNERROR"), sale.ErrMerchant, sale.CodePayMerchant, "WeChat Pay refuses this merchant: merchant set-up: SIGNERROR (" + key + ")"},
		{"no code at all", says("<xml><a/></xml>"), sale.ErrTemporary, sale.CodePayVerify,
			`an answer cannot be verified: temporary: the answer's return_code is "" (if it stays, check api_key and sign_type, and look for a login page or a proxy in this network)`},
		{"no certificate", page(400, "<html><title>400 No required SSL certificate was sent</title></html>"), sale.ErrMerchant, sale.CodePayMerchant,
			"WeChat Pay refuses this merchant: merchant set-up: HTTP 400: the client certificate is not taken (" + cert + ")"},
		{"bad gateway", page(502, "<html>SSL certificate"), sale.ErrTemporary, sale.CodePayProvider, "WeChat Pay has a fault: temporary: HTTP 502 (it passes by itself)"},
		{"not found", page(404, "<html>"), sale.ErrTemporary, sale.CodePayProvider,
			"something other than WeChat Pay's interface answers: temporary: HTTP 404 (check base_urls and look for a login page or a proxy in this network)"},
		{"redirect", page(302, ""), sale.ErrTemporary, sale.CodeNetDown,
			"something in the network answers in place of WeChat Pay, with a redirect: temporary: HTTP 302 (look for a login page or a proxy in this network)"},
	} {
		s := newStub(t, c.answer)
		g := client(t, settings(t, s.URL))
		_, err := g.Refund(t.Context(), order(t, g))
		isOnly(t, c.name, err, c.class, c.code)
		if want := "refund order " + number + ": " + string(c.code) + ": " + c.want; err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", c.name, err, want)
		}
	}
}

// A page about certificates says nothing where none was shown.
func TestOnlyRefundsNeedTheCertificate(t *testing.T) {
	s := newStub(t, page(400, "<html><title>400 The SSL certificate error</title></html>"))
	g := client(t, settings(t, s.URL))
	_, err := g.Query(t.Context(), order(t, g))
	isOnly(t, "query", err, sale.ErrTemporary, sale.CodePayProvider)
}

func TestPing(t *testing.T) {
	refusal := func(code string) string {
		return signed("result_code", "FAIL", "err_code", code, "err_code_des", "因为")
	}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		class  error
		code   sale.Code
	}{
		{"no such order", says(refusal("ORDERNOTEXIST")), nil, ""},
		{"an answer after all", says(paidFields()), nil, ""},
		{"not signed", says(strings.NewReplacer("<sign>", "<x>", "</sign>", "</x>").Replace(refusal("ORDERNOTEXIST"))), sale.ErrTemporary, sale.CodePayVerify},
		{"bad parameter", says(refusal("PARAM_ERROR")), sale.ErrMerchant, sale.CodePayMerchant},
		{"wrong key", says("<xml><return_code>FAIL</return_code><return_msg>签名错误</return_msg></xml>"), sale.ErrMerchant, sale.CodePayMerchant},
		{"login page", says("<html></html>"), sale.ErrTemporary, sale.CodePayVerify},
	} {
		s := newStub(t, c.answer)
		err := client(t, settings(t, s.URL)).Ping(t.Context())
		if c.class == nil {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		var fault *sale.Fault
		if !errors.Is(err, c.class) || !errors.As(err, &fault) || fault.Code != c.code {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
