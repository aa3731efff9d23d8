package wechat_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"kioskd/sale"
)

const portal = "check the merchant's contract, permissions and IP allow-list in the merchant portal"

// What each refusal means: the table of error codes in the documentation, in
// both spellings where both are seen.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		status int
		code   string
		class  error
		fault  sale.Code // "" for none
	}{
		{202, "USERPAYING", sale.ErrPaying, ""},
		{202, "USER_PAYING", sale.ErrPaying, ""},
		{400, "PARAM_ERROR", sale.ErrRefused, ""},
		{400, "INVALID_REQUEST", sale.ErrRefused, ""},
		{400, "APPID_MCHID_NOT_MATCH", sale.ErrMerchant, sale.CodePayMerchant},
		{400, "MCH_NOT_EXISTS", sale.ErrMerchant, sale.CodePayMerchant},
		{400, "ORDER_CLOSED", sale.ErrAlreadyClosed, ""},
		{400, "ORDERCLOSED", sale.ErrAlreadyClosed, ""},
		{400, "ORDERPAID", sale.ErrPaid, ""},
		{400, "SOMETHING_ELSE", sale.ErrRefused, ""},
		{401, "SIGN_ERROR", sale.ErrMerchant, sale.CodePayMerchant},
		{401, "SIGNERROR", sale.ErrMerchant, sale.CodePayMerchant},
		{401, "SOMETHING_ELSE", sale.ErrMerchant, sale.CodePayMerchant},
		{403, "NO_AUTH", sale.ErrMerchant, sale.CodePayMerchant},
		{403, "NOAUTH", sale.ErrMerchant, sale.CodePayMerchant},
		{403, "REQUEST_BLOCKED", sale.ErrMerchant, sale.CodePayMerchant},
		{403, "SOMETHING_ELSE", sale.ErrMerchant, sale.CodePayMerchant},
		{403, "OUT_TRADE_NO_USED", sale.ErrRefused, ""},
		{403, "ORDERPAID", sale.ErrPaid, ""},
		{403, "ORDER_PAID", sale.ErrPaid, ""},
		{403, "NOT_ENOUGH", sale.ErrNotEnough, ""},
		{403, "NOTENOUGH", sale.ErrNotEnough, ""},
		{403, "RULE_LIMIT", sale.ErrRefused, ""},
		{403, "RULELIMIT", sale.ErrRefused, ""},
		{403, "TRADE_ERROR", sale.ErrRefused, ""},
		{403, "ACCOUNT_ERROR", sale.ErrRefused, ""},
		{403, "ACCOUNTERROR", sale.ErrRefused, ""},
		{403, "USER_ACCOUNT_ABNORMAL", sale.ErrRefused, ""},
		{404, "ORDER_NOT_EXIST", sale.ErrNotFound, ""},
		{404, "ORDERNOTEXIST", sale.ErrNotFound, ""},
		{404, "RESOURCE_NOT_EXISTS", sale.ErrNotFound, ""},
		{404, "SOMETHING_ELSE", sale.ErrNotFound, ""},
		{404, "", sale.ErrTemporary, sale.CodePayProvider},
		{429, "FREQUENCY_LIMITED", sale.ErrTemporary, sale.CodePayProvider},
		{429, "RATELIMIT_EXCEEDED", sale.ErrTemporary, sale.CodePayProvider},
		{429, "RATE_LIMITED", sale.ErrTemporary, sale.CodePayProvider},
		{429, "SOMETHING_ELSE", sale.ErrTemporary, sale.CodePayProvider},
		{500, "SYSTEM_ERROR", sale.ErrTemporary, sale.CodePayProvider},
		{500, "SYSTEMERROR", sale.ErrTemporary, sale.CodePayProvider},
		{500, "BANK_ERROR", sale.ErrTemporary, sale.CodePayProvider},
		{500, "BANKERROR", sale.ErrTemporary, sale.CodePayProvider},
		{500, "INVALID_TRANSACTIONID", sale.ErrRefused, ""},
		{500, "OPENID_MISMATCH", sale.ErrRefused, ""},
		{400, "BIZERR_NEED_RETRY", sale.ErrTemporary, sale.CodePayProvider},
		{503, "SERVICE_UNAVAILABLE", sale.ErrTemporary, sale.CodePayProvider},
		{502, "", sale.ErrTemporary, sale.CodePayProvider},
		{401, "", sale.ErrTemporary, sale.CodePayProvider},
		{206, "ORDERPAID", sale.ErrTemporary, sale.CodePayProvider},
		{302, "ORDERPAID", sale.ErrTemporary, sale.CodeNetDown},
	} {
		body := `{"code":"` + c.code + `","message":"因为"}`
		s := newStub(t, unsigned(c.status, body))
		g := client(t, settings(t, s.URL))
		_, err := g.Refund(t.Context(), order(t, g))
		var fault *sale.Fault
		var code sale.Code
		if errors.As(err, &fault) {
			code = fault.Code
		}
		if !errors.Is(err, c.class) || code != c.fault {
			t.Errorf("%d %s: %v, fault %q; want %v, %q", c.status, c.code, err, code, c.class, c.fault)
		}
		for _, other := range []error{sale.ErrTemporary, sale.ErrNotFound, sale.ErrPaid, sale.ErrPaying,
			sale.ErrAlreadyClosed, sale.ErrRefused, sale.ErrMerchant, sale.ErrNotEnough} {
			if other != c.class && errors.Is(err, other) {
				t.Errorf("%d %s: %v is also %v", c.status, c.code, err, other)
			}
		}
	}
}

func TestRefusalTexts(t *testing.T) {
	dated := func(off time.Duration, status int, body string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", now.Now().Add(off).Format(http.TimeFormat))
			w.WriteHeader(status)
			w.Write([]byte(body))
		}
	}
	const signError = `{"code":"SIGN_ERROR","message":"签名错误"}`
	for _, c := range []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request)
		code   sale.Code
		want   string
	}{
		{"sign error", unsigned(401, signError), sale.CodePayMerchant,
			"WeChat Pay refuses this merchant: merchant set-up: HTTP 401 SIGN_ERROR: 签名错误 (check that merchant_key, merchant_serial and mchid belong together, and the clock)"},
		{"clock right", dated(-60*time.Second, 401, signError), sale.CodePayMerchant,
			"WeChat Pay refuses this merchant: merchant set-up: HTTP 401 SIGN_ERROR: 签名错误 (check that merchant_key, merchant_serial and mchid belong together, and the clock)"},
		{"clock ahead", dated(-61*time.Second, 401, signError), sale.CodeClock,
			"WeChat Pay refuses the signature, and this machine's clock is 1m1s ahead of the provider's: merchant set-up: HTTP 401 SIGN_ERROR: 签名错误 (set the clock and check its time service)"},
		{"clock behind", dated(26*time.Hour, 401, signError), sale.CodeClock,
			"WeChat Pay refuses the signature, and this machine's clock is 26h0m0s behind the provider's: merchant set-up: HTTP 401 SIGN_ERROR: 签名错误 (set the clock and check its time service)"},
		{"not the clock's fault", dated(26*time.Hour, 403, `{"code":"NO_AUTH"}`), sale.CodePayMerchant,
			"WeChat Pay refuses this merchant: merchant set-up: HTTP 403 NO_AUTH (check in the merchant portal that Native payment is enabled and the merchant is not restricted)"},
		{"unknown 403", unsigned(403, `{"code":"IP_DENIED","message":"a\nb"}`), sale.CodePayMerchant,
			"WeChat Pay refuses this merchant: merchant set-up: HTTP 403 IP_DENIED: a b (" + portal + ")"},
		{"long words", unsigned(403, `{"code":"NOAUTH","message":"`+strings.Repeat("长", 300)+`"}`), sale.CodePayMerchant,
			"WeChat Pay refuses this merchant: merchant set-up: HTTP 403 NOAUTH: " + strings.Repeat("长", 200) + "… (check in the merchant portal that Native payment is enabled and the merchant is not restricted)"},
		{"bad gateway", unsigned(502, "<html>"), sale.CodePayProvider, "WeChat Pay has a fault: temporary: HTTP 502 (it passes by itself)"},
		{"system error", unsigned(500, `{"code":"SYSTEM_ERROR","message":"系统异常"}`), sale.CodePayProvider,
			"WeChat Pay has a fault: temporary: HTTP 500 SYSTEM_ERROR: 系统异常 (it passes by itself)"},
		{"too often", unsigned(429, `{"code":"FREQUENCY_LIMITED"}`), sale.CodePayProvider,
			"WeChat Pay is asked too often for this merchant: temporary: HTTP 429 FREQUENCY_LIMITED (it passes by itself)"},
		{"not found in HTML", unsigned(404, "<html>404</html>"), sale.CodePayProvider,
			"something other than WeChat Pay's interface answers: temporary: HTTP 404 (check base_urls and look for a login page or a proxy in this network)"},
		{"redirect", unsigned(302, ""), sale.CodeNetDown,
			"something in the network answers in place of WeChat Pay, with a redirect: temporary: HTTP 302 (look for a login page or a proxy in this network)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStub(t, c.answer)
			err := client(t, settings(t, s.URL)).Ping(t.Context())
			if want := "ping: " + string(c.code) + ": " + c.want; err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			var fault *sale.Fault
			if !errors.As(err, &fault) || fault.Code != c.code {
				t.Errorf("%v is no fault %s", err, c.code)
			}
		})
	}
}

func TestPing(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request)
		class  error
	}{
		{"no such order", unsigned(404, notFound), nil},
		{"other spelling", unsigned(404, `{"code":"ORDERNOTEXIST"}`), nil},
		{"an answer after all", signed(200, paidBody()), nil},
		{"unsigned answer", unsigned(200, paidBody()), sale.ErrTemporary},
		{"bad parameter", unsigned(400, `{"code":"PARAM_ERROR"}`), sale.ErrMerchant},
		{"login page", unsigned(200, "<html>"), sale.ErrTemporary},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStub(t, c.answer)
			err := client(t, settings(t, s.URL)).Ping(t.Context())
			if c.class == nil && err != nil || !errors.Is(err, c.class) {
				t.Errorf("%v, want %v", err, c.class)
			}
			var fault *sale.Fault
			if err != nil && !errors.As(err, &fault) {
				t.Errorf("%v is no fault", err)
			}
		})
	}
}

// Money words mean the merchant's balance on a refund and the customer's
// elsewhere.
func TestNotEnoughOnCreate(t *testing.T) {
	s := newStub(t, unsigned(403, `{"code":"NOT_ENOUGH"}`))
	g := client(t, settings(t, s.URL))
	_, err := g.Create(t.Context(), order(t, g))
	if !errors.Is(err, sale.ErrRefused) || errors.Is(err, sale.ErrNotEnough) {
		t.Errorf("%v", err)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	target := newStub(t, signed(200, paidBody()))
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target.URL+r.URL.RequestURI(), http.StatusTemporaryRedirect)
	})
	g := client(t, settings(t, s.URL))
	_, err := g.Query(t.Context(), order(t, g))
	if !errors.Is(err, sale.ErrTemporary) {
		t.Errorf("%v", err)
	}
	if n := len(target.requests()); n != 0 {
		t.Errorf("the redirect was followed %d times", n)
	}
}
