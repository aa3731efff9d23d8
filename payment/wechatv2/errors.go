package wechatv2

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net"
	"strings"

	"kioskd/payment/internal/link"
	"kioskd/payment/internal/trade"
	"kioskd/sale"
)

// classes says what an err_code means for the next attempt. Codes are written
// here without underscores, because many are seen in both spellings.
var classes = map[string]error{
	"USERPAYING":           sale.ErrPaying,
	"TRADESTATEERROR":      sale.ErrPaying, // "the order's state does not allow it": ask what it is
	"ORDERPAID":            sale.ErrPaid,
	"ORDERCLOSED":          sale.ErrAlreadyClosed,
	"ORDERNOTEXIST":        sale.ErrNotFound,
	"REFUNDNOTEXIST":       sale.ErrNotFound,
	"RESOURCENOTEXISTS":    sale.ErrNotFound,
	"LACKPARAMS":           sale.ErrRefused,
	"PARAMERROR":           sale.ErrRefused,
	"INVALIDREQUEST":       sale.ErrRefused,
	"OUTTRADENOUSED":       sale.ErrRefused,
	"RULELIMIT":            sale.ErrRefused,
	"TRADEERROR":           sale.ErrRefused,
	"ACCOUNTERROR":         sale.ErrRefused,
	"USERACCOUNTABNORMAL":  sale.ErrRefused,
	"INVALIDTRANSACTIONID": sale.ErrRefused,
	"REFUNDFEEMISMATCH":    sale.ErrRefused,
	"ORDERNOTREADY":        sale.ErrRefused,
	"TRADEOVERDUE":         sale.ErrRefused,
	"ERROR":                sale.ErrRefused,
	"XMLFORMATERROR":       sale.ErrRefused,
	"REQUIREPOSTMETHOD":    sale.ErrRefused,
	"POSTDATAEMPTY":        sale.ErrRefused,
	"NOTUTF8":              sale.ErrRefused,
	"NOTENOUGH":            sale.ErrNotEnough,
	"SIGNERROR":            sale.ErrMerchant,
	"CERTERROR":            sale.ErrMerchant,
	"NOAUTH":               sale.ErrMerchant,
	"APPIDNOTEXIST":        sale.ErrMerchant,
	"MCHIDNOTEXIST":        sale.ErrMerchant,
	"MCHNOTEXISTS":         sale.ErrMerchant,
	"APPIDMCHIDNOTMATCH":   sale.ErrMerchant,
	"REQUESTBLOCKED":       sale.ErrMerchant,
	"SYSTEMERROR":          sale.ErrTemporary,
	"BANKERROR":            sale.ErrTemporary,
	"BIZERRNEEDRETRY":      sale.ErrTemporary,
	"INVALIDREQTOOMUCH":    sale.ErrTemporary,
	"FREQUENCYLIMITED":     sale.ErrTemporary,
	"RATELIMITEXCEEDED":    sale.ErrTemporary,
	"RATELIMITED":          sale.ErrTemporary,
}

const certificateHint = "check that merchant_cert and merchant_key are the newest pair of this mchid and that the certificate is in force in the merchant portal"

// hints says what to mend, by code without underscores.
var hints = map[string]string{
	"SIGNERROR":          "check that the file of api_key holds the API key of v2 (not of v3) of this mchid, and sign_type",
	"CERTERROR":          certificateHint,
	"APPIDMCHIDNOTMATCH": "bind the appid to the mchid in the merchant portal, or mend appid",
	"APPIDNOTEXIST":      "check appid",
	"MCHIDNOTEXIST":      "check mchid",
	"MCHNOTEXISTS":       "check mchid",
	"NOAUTH":             "check in the merchant portal that Native payment is enabled and the merchant is not restricted",
}

// bare is a code without its underscores.
func bare(code string) string { return strings.ToUpper(strings.ReplaceAll(code, "_", "")) }

// statement is the provider's words in a refusal.
func statement(f fields) string {
	words := link.Plain(f["err_code"], 64)
	for _, m := range []string{f["err_code_des"], f["return_msg"]} {
		if m = trade.Discreet(link.Plain(m, 200)); m != "" && m != "OK" {
			return strings.TrimPrefix(words+": "+m, ": ")
		}
	}
	return cmp.Or(words, "no reason is given")
}

// refused turns a signed refusal into an error. A code that is not known
// settles nothing where only a question was asked.
func refused(q request, f fields) error {
	code := bare(f["err_code"])
	class := classes[code]
	switch {
	case class == nil && (q.path == queryPath || q.path == refundQueryPath):
		class = sale.ErrTemporary
	case class == nil:
		class = sale.ErrRefused
	case class == sale.ErrNotEnough && q.path != refundPath:
		class = sale.ErrRefused // on other calls it speaks of the customer's balance
	}
	err := fmt.Errorf("%w: %s", class, statement(f))
	switch class {
	case sale.ErrMerchant:
		return merchantFault(code, err)
	case sale.ErrTemporary:
		return providerFault(strings.Contains(code, "LIMIT") || code == "INVALIDREQTOOMUCH", err)
	}
	return err
}

// unsigned is for return_code FAIL, which proves nothing: the words are looked
// at for what a person should mend, and otherwise the call is repeated.
func unsigned(f fields) error {
	said := f["return_msg"] + f["err_code"]
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(strings.ToLower(said), w) {
				return true
			}
		}
		return false
	}
	merchant := fmt.Errorf("%w: %s", sale.ErrMerchant, statement(f))
	switch {
	case has("签名", "sign"):
		return merchantFault("SIGNERROR", merchant)
	case has("证书", "cert"):
		return merchantFault("CERTERROR", merchant)
	case has("appid", "mch_id", "mchid", "商户号", "权限"):
		return merchantFault("", merchant)
	}
	return providerFault(has("频", "frequen", "limit"), fmt.Errorf("%w: %s", sale.ErrTemporary, statement(f)))
}

// unproved is for an answer whose signature is not good. If it says that the
// merchant is to blame, as with a wrong key, that is worth telling a person.
func unproved(f fields, err error) error {
	if code := bare(f["err_code"]); f["result_code"] == "FAIL" && classes[code] == sale.ErrMerchant {
		return merchantFault(code, fmt.Errorf("%w: %s", sale.ErrMerchant, statement(f)))
	}
	return unverified(err)
}

// refusedPlainly is for an HTTP status that no answer of this interface has.
func (c *Client) refusedPlainly(q request, r link.Reply) error {
	text := bytes.ToLower(r.Body)
	if q.path == refundPath && r.Status >= 400 && r.Status < 500 && bytes.Contains(text, []byte("ssl")) && bytes.Contains(text, []byte("certificate")) {
		return merchantFault("CERTERROR", fmt.Errorf("%w: HTTP %d: the client certificate is not taken", sale.ErrMerchant, r.Status))
	}
	return link.Temporary(r, false, fmt.Errorf("%w: HTTP %d", sale.ErrTemporary, r.Status))
}

// uncertified finds out that a refund failed because the server does not take
// the certificate: then it breaks the handshake off with an alert of its own.
func uncertified(q request, err error) error {
	var alert *net.OpError
	if q.path != refundPath || !errors.As(err, &alert) || alert.Op != "remote error" {
		return err
	}
	return merchantFault("CERTERROR", fmt.Errorf("%w: %w", sale.ErrMerchant, alert))
}

func merchantFault(code string, err error) error {
	return &sale.Fault{
		Code: sale.CodePayMerchant,
		What: "WeChat Pay refuses this merchant",
		Hint: cmp.Or(hints[code], "check the merchant's contract, permissions and IP allow-list in the merchant portal"),
		Err:  err,
	}
}

func providerFault(tooOften bool, err error) error {
	f := &sale.Fault{Code: sale.CodePayProvider, What: "WeChat Pay has a fault", Hint: "it passes by itself", Err: err}
	if tooOften {
		f.What = "WeChat Pay is asked too often for this merchant"
	}
	return f
}

// unverified is for an answer that claims success and is not proved.
func unverified(err error) error {
	return link.Unverified(err, "api_key and sign_type")
}
