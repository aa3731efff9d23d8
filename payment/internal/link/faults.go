package link

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"kioskd/sale"
)

// maxSkew is the difference of clocks that is worth telling a technician.
const maxSkew = 60 * time.Second

// Temporary is the fault for a reply that settles nothing. said means that the
// body is the provider's own kind of statement.
func Temporary(r Reply, said bool, err error) error {
	f := &sale.Fault{Code: sale.CodePayProvider, What: "WeChat Pay has a fault", Hint: "it passes by itself", Err: err}
	switch {
	case r.Status >= 300 && r.Status < 400:
		f.Code = sale.CodeNetDown
		f.What = "something in the network answers in place of WeChat Pay, with a redirect"
		f.Hint = "look for a login page or a proxy in this network"
	case r.Status == http.StatusTooManyRequests:
		f.What = "WeChat Pay is asked too often for this merchant"
	case r.Status < 500 && !said:
		f.What = "something other than WeChat Pay's interface answers"
		f.Hint = "check base_urls and look for a login page or a proxy in this network"
	case r.Status < 400:
		f.What = "WeChat Pay answers in an unknown way"
	}
	return f
}

// Unverified is for an answer that claims success and is not proved.
func Unverified(err error, keys string) error {
	return &sale.Fault{
		Code: sale.CodePayVerify,
		What: "an answer cannot be verified",
		Hint: "if it stays, check " + keys + ", and look for a login page or a proxy in this network",
		Err:  fmt.Errorf("%w: %w", sale.ErrTemporary, err),
	}
}

// Skewed returns the fault for a refused signature if the provider's clock
// tells that this machine's is the reason, or nil. The Date header is proved
// by nothing: it explains, and sets no clock.
func Skewed(r Reply, now time.Time, err error) error {
	date, bad := http.ParseTime(r.Header.Get("Date"))
	if bad != nil {
		return nil
	}
	if skew := now.Sub(date); skew.Abs() > maxSkew {
		return clockFault("WeChat Pay refuses the signature", skew, err)
	}
	return nil
}

// Stale returns the fault for a good answer that seems to be too old or from
// the future by so much, if the clock of whoever sent it tells that this
// machine's is the reason, or nil.
func (l *Link) Stale(off time.Duration, err error) error {
	skew, told := l.Skew()
	if !told || skew.Abs() <= maxSkew || (skew < 0) != (off < 0) {
		return nil
	}
	return clockFault("WeChat Pay's answers cannot be told from old ones", skew, fmt.Errorf("%w: %w", sale.ErrTemporary, err))
}

func clockFault(what string, skew time.Duration, err error) error {
	way := "ahead of"
	if skew < 0 {
		way = "behind"
	}
	return &sale.Fault{
		Code: sale.CodeClock,
		What: fmt.Sprintf("%s, and this machine's clock is %s %s the provider's", what, skew.Abs().Round(time.Second), way),
		Hint: "set the clock and check its time service",
		Err:  err,
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
		f.Hint = "the server's certificate is from an unknown authority: update the system's ca-certificates, or name the network's own authority in ca_file, and look for a proxy in this network"
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
