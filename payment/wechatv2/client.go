package wechatv2

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"kioskd/internal/keyfile"
	"kioskd/payment/internal/link"
	"kioskd/payment/internal/trade"
	"kioskd/sale"
)

var _ sale.Gateway = (*Client)(nil)

// Clock tells this machine's time.
type Clock interface{ Now() time.Time }

// Options is what the daemon adds to the operator's settings. The zero value
// works.
type Options struct {
	// DeviceID names the machine at the provider: at most 32 of [0-9A-Za-z_-].
	DeviceID string
	Clock    Clock        // default: the system's
	Log      *slog.Logger // failed calls at debug; default: none
	Version  string       // for the User-Agent "kioskd/VERSION"; default "dev"
	Timeouts link.Timeouts
	// Transport replaces the package's own, with its Connect and Handshake
	// limits. The merchant's certificate is shown only if it is an
	// [http.Transport], which is copied for that.
	Transport http.RoundTripper
}

// Client is a merchant's access to WeChat Pay. All methods may be called
// concurrently.
type Client struct {
	settings  Settings
	device    string
	clock     Clock
	log       *slog.Logger
	key       secret
	link      *link.Link
	certified *link.Link // for refunds
}

// New checks the settings and reads the key files. It does no network I/O.
func New(s Settings, o Options) (*Client, error) {
	var problems []error
	s.Check("", func(field, what string) { problems = append(problems, fmt.Errorf("%s %s", field, what)) })
	if !trade.DeviceShape.MatchString(o.DeviceID) {
		problems = append(problems, fmt.Errorf("device id %s is not up to 32 of 0-9 A-Z a-z _ -", link.Quote(o.DeviceID)))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("wechat-v2 settings: %w", err)
	}
	c := &Client{settings: s, device: o.DeviceID, clock: o.Clock, log: o.Log}
	if c.clock == nil {
		c.clock = systemClock{}
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	key, what := keyfile.Secret(s.APIKey, wantKey, keyLength)
	if what != "" {
		return nil, fmt.Errorf("api_key %s", what)
	}
	private, what := keyfile.Private(s.MerchantKey)
	if what != "" {
		return nil, fmt.Errorf("merchant_key %s", what)
	}
	certificate, what := keyfile.Certified(s.MerchantCert, private, time.Now())
	if what != "" {
		return nil, fmt.Errorf("merchant_cert %s", what)
	}
	c.key = secret(key)
	c.link = link.New(link.Options{
		Bases: s.BaseURLs, Timeouts: o.Timeouts, UserAgent: "kioskd/" + cmp.Or(o.Version, "dev"), Transport: o.Transport,
		Roots: link.Trust(s.CAFile, s.BaseURLs, c.log), Now: c.clock.Now,
	})
	c.certified = c.link.Presenting(certificate)
	return c, nil
}

// Skew returns how far this machine's clock is ahead of the one of whoever
// answered last, in whole seconds, and whether anybody has told.
func (c *Client) Skew() (time.Duration, bool) { return c.link.Skew() }

// CloseIdleConnections lets go of connections that no call uses. The client
// stays usable.
func (c *Client) CloseIdleConnections() {
	c.link.CloseIdleConnections()
	c.certified.CloseIdleConnections()
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }
