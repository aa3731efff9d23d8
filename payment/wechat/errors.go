package wechat

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"

	"kioskd/sale"
)

// maxSkew is the difference of clocks that is worth telling a technician.
const maxSkew = 60 * time.Second

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
}

// hints says what to mend, by code without underscores.
var hints = map[string]string{
	"SIGNERROR":          "check that merchant_key, merchant_serial and mchid belong together, and the clock",
	"APPIDMCHIDNOTMATCH": "bind the appid to the mchid in the merchant portal, or mend appid",
	"MCHNOTEXISTS":       "check mchid",
	"NOAUTH":             "check in the merchant portal that Native payment is enabled and the merchant is not restricted",
}

// statement is the provider's words in an error answer. It is unsigned as a
// rule.
type statement struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// refused turns a reply without the wanted status into an error.
func (c *Client) refused(q request, r reply) error {
	var s statement
	said := !r.oversized && json.Unmarshal(bytes.TrimSpace(r.body), &s) == nil && s.Code != ""
	code := strings.ToUpper(strings.ReplaceAll(s.Code, "_", ""))
	class := classify(r.status, code, said)
	words := fmt.Sprintf("HTTP %d", r.status)
	if said {
		words += " " + plain(s.Code, 64)
		if m := plain(s.Message, 200); m != "" {
			words += ": " + m
		}
	}
	if class == sale.ErrNotEnough && q.path != refundsPath {
		class = sale.ErrRefused // on other calls it speaks of the customer's balance
	}
	err := fmt.Errorf("%w: %s", class, words)
	switch class {
	case sale.ErrMerchant:
		return c.merchantFault(r, code, err)
	case sale.ErrTemporary:
		return temporaryFault(r, said, err)
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

func (c *Client) merchantFault(r reply, code string, err error) error {
	f := &sale.Fault{
		Code: sale.CodePayMerchant,
		What: "WeChat Pay refuses this merchant",
		Hint: cmp.Or(hints[code], "check the merchant's contract, permissions and IP allow-list in the merchant portal"),
		Err:  err,
	}
	date, bad := http.ParseTime(r.header.Get("Date"))
	if bad != nil || r.status != http.StatusUnauthorized && code != "SIGNERROR" {
		return f
	}
	if skew := c.clock.Now().Sub(date); skew.Abs() > maxSkew {
		way := "ahead of"
		if skew < 0 {
			way = "behind"
		}
		f.Code = sale.CodeClock
		f.What = fmt.Sprintf("WeChat Pay refuses the signature, and this machine's clock is %s %s the provider's",
			skew.Abs().Round(time.Second), way)
		f.Hint = "set the clock and check its time service"
	}
	return f
}

func temporaryFault(r reply, said bool, err error) error {
	f := &sale.Fault{Code: sale.CodePayProvider, What: "WeChat Pay has a fault", Hint: "it passes by itself", Err: err}
	switch {
	case r.status >= 300 && r.status < 400:
		f.Code = sale.CodeNetDown
		f.What = "something in the network answers in place of WeChat Pay, with a redirect"
		f.Hint = "look for a login page or a proxy in this network"
	case r.status == http.StatusTooManyRequests:
		f.What = "WeChat Pay is asked too often for this merchant"
	case r.status < 500 && !said:
		f.What = "something other than WeChat Pay's interface answers"
		f.Hint = "check base_urls and look for a login page or a proxy in this network"
	case r.status < 400:
		f.What = "WeChat Pay answers in an unknown way"
	}
	return f
}

// unverified is for an answer that claims success and is not proved.
func unverified(err error) error {
	return &sale.Fault{
		Code: sale.CodePayVerify,
		What: "an answer cannot be verified",
		Hint: "if it stays, check public_key, public_key_id and the clock, and look for a login page or a proxy in this network",
		Err:  fmt.Errorf("%w: %w", sale.ErrTemporary, err),
	}
}

func unreachable(lost []error) error {
	f := &sale.Fault{
		Code: sale.CodeNetDown,
		What: "no connection to WeChat Pay",
		Hint: "check the network cable, the modem and the SIM card",
	}
	err := errors.Join(lost...)
	if bad := new(x509.CertificateInvalidError); errors.As(err, bad) && bad.Reason == x509.Expired {
		f.Hint = "the server's certificate is not valid at this machine's time: check the clock"
	} else if unknown := new(x509.UnknownAuthorityError); errors.As(err, unknown) {
		f.Hint = "the server's certificate is from an unknown authority: update the system's ca-certificates, and look for a proxy in this network"
	}
	texts := make([]string, len(lost))
	for i, e := range lost {
		texts[i] = e.Error()
	}
	f.Err = &connectionError{text: strings.Join(texts, "; "), causes: append([]error{sale.ErrTemporary}, lost...)}
	return f
}

// connectionError keeps the causes of both attempts on one line.
type connectionError struct {
	text   string
	causes []error
}

func (e *connectionError) Error() string   { return sale.ErrTemporary.Error() + ": " + e.text }
func (e *connectionError) Unwrap() []error { return e.causes }

// plain makes a stranger's words fit for one line of a log.
func plain(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strings.TrimSpace(s)
}
