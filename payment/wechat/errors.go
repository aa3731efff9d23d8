package wechat

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"kioskd/payment/internal/link"
	"kioskd/payment/internal/trade"
	"kioskd/reconcile"
	"kioskd/sale"
)

// classes says what a code means for the next attempt. Codes are written here
// without underscores, because many are seen in both spellings.
var classes = map[string]error{
	"USERPAYING":           sale.ErrPaying,
	"ORDERPAID":            sale.ErrPaid,
	"ORDERCLOSED":          sale.ErrAlreadyClosed,
	"ORDERNOTEXIST":        sale.ErrNotFound,
	"RESOURCENOTEXISTS":    sale.ErrNotFound,
	"PARAMERROR":           sale.ErrRefused,
	"INVALIDREQUEST":       sale.ErrRefused,
	"OUTTRADENOUSED":       sale.ErrRefused,
	"RULELIMIT":            sale.ErrRefused,
	"TRADEERROR":           sale.ErrRefused,
	"ACCOUNTERROR":         sale.ErrRefused,
	"USERACCOUNTABNORMAL":  sale.ErrRefused,
	"INVALIDTRANSACTIONID": sale.ErrRefused,
	"OPENIDMISMATCH":       sale.ErrRefused,
	"NOTENOUGH":            sale.ErrNotEnough,
	"SIGNERROR":            sale.ErrMerchant,
	"NOAUTH":               sale.ErrMerchant,
	"APPIDMCHIDNOTMATCH":   sale.ErrMerchant,
	"MCHNOTEXISTS":         sale.ErrMerchant,
	"REQUESTBLOCKED":       sale.ErrMerchant,
	"FREQUENCYLIMITED":     sale.ErrTemporary,
	"RATELIMITEXCEEDED":    sale.ErrTemporary,
	"RATELIMITED":          sale.ErrTemporary,
	"SYSTEMERROR":          sale.ErrTemporary,
	"BANKERROR":            sale.ErrTemporary,
	"BIZERRNEEDRETRY":      sale.ErrTemporary,
	"SERVICEUNAVAILABLE":   sale.ErrTemporary,
	"NOSTATEMENTEXIST":     reconcile.ErrNoBill,
	"STATEMENTCREATING":    reconcile.ErrNotReady,
}

// hints says what to mend, by code without underscores.
var hints = map[string]string{
	"SIGNERROR":          "check that merchant_key, merchant_serial and mchid belong together, and the clock",
	"APPIDMCHIDNOTMATCH": "bind the appid to the mchid in the merchant portal, or mend appid",
	"MCHNOTEXISTS":       "check mchid",
	"NOAUTH":             "check in the merchant portal that Native payment is enabled and the merchant is not restricted",
}

// What a service provider lacks is the sub-merchant's to give.
const (
	subMerchantHint = "check in the service provider's portal that sub_mchid belongs to it and has Native payment"
	subRefundHint   = "let the sub-merchant grant its service provider refunds, in the sub-merchant's own portal"
)

// statement is the provider's words in an error answer. It is unsigned as a
// rule.
type statement struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// heard is what the provider says in a reply, if it is the provider's.
func heard(r link.Reply) (s statement, said bool) {
	said = !r.Oversized && json.Unmarshal(bytes.TrimSpace(r.Body), &s) == nil && s.Code != ""
	return s, said
}

// words are for a technician.
func words(r link.Reply) string {
	w := fmt.Sprintf("HTTP %d", r.Status)
	if s, said := heard(r); said {
		w += " " + link.Plain(s.Code, 64)
		if m := trade.Discreet(link.Plain(s.Message, 200)); m != "" {
			w += ": " + m
		}
	}
	return w
}

// refused turns a reply without the wanted status into an error.
func (c *Client) refused(q request, r link.Reply) error {
	s, said := heard(r)
	code := strings.ToUpper(strings.ReplaceAll(s.Code, "_", ""))
	class := classify(r.Status, code, said)
	if class == sale.ErrNotEnough && q.path != refundsPath {
		class = sale.ErrRefused // on other calls it speaks of the customer's balance
	}
	err := fmt.Errorf("%w: %s", class, words(r))
	switch class {
	case sale.ErrMerchant:
		return c.merchantFault(q, r, code, err)
	case sale.ErrTemporary:
		return link.Temporary(r, said, err)
	}
	return err
}

// classify takes a known code at its word and otherwise goes by the status. A
// reply without a code is not the provider's: it settles nothing.
func classify(status int, code string, said bool) error {
	if !said || status != http.StatusAccepted && status < 400 {
		return sale.ErrTemporary
	}
	if class := classes[code]; class != nil {
		return class
	}
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return sale.ErrMerchant
	case status == http.StatusNotFound:
		return sale.ErrNotFound
	case status == http.StatusTooManyRequests, status >= 500, status < 400:
		return sale.ErrTemporary
	}
	return sale.ErrRefused
}

func (c *Client) merchantFault(q request, r link.Reply, code string, err error) error {
	f := &sale.Fault{
		Code: sale.CodePayMerchant,
		What: "WeChat Pay refuses this merchant",
		Hint: cmp.Or(hints[code], "check the merchant's contract, permissions and IP allow-list in the merchant portal"),
		Err:  err,
	}
	if c.party.SubMchID != "" && code == "NOAUTH" {
		f.Hint = subMerchantHint
		if q.path == refundsPath {
			f.Hint = subRefundHint
		}
	}
	if r.Status == http.StatusUnauthorized || code == "SIGNERROR" {
		if skewed := link.Skewed(r, c.clock.Now(), err); skewed != nil {
			return skewed
		}
	}
	return f
}

// unverified is for an answer that claims success and is not proved.
func (c *Client) unverified(err error) error {
	var stale staleError
	if errors.As(err, &stale) {
		if f := c.link.Stale(time.Duration(stale), err); f != nil {
			return f
		}
	}
	keys := "public_key, public_key_id"
	switch {
	case c.settings.APIv3Key == "":
	case c.settings.PublicKeyID == "":
		keys = "apiv3_key"
	default:
		keys += ", apiv3_key"
	}
	return link.Unverified(err, keys+" and the clock")
}
