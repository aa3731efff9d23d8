package wechat

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"kioskd/internal/keyfile"
	"kioskd/payment/internal/link"
	"kioskd/payment/internal/trade"
	"kioskd/sale"
)

var _ sale.Gateway = (*Client)(nil)

// Clock tells the time with which requests are signed and answers are judged.
type Clock interface{ Now() time.Time }

// Options is what the daemon adds to the operator's settings. The zero value
// works.
type Options struct {
	// DeviceID names the machine at the provider: at most 32 of [0-9A-Za-z_-].
	DeviceID  string
	Clock     Clock             // default: the system's
	Log       *slog.Logger      // failed calls at debug; default: none
	Version   string            // for the User-Agent "kioskd/VERSION"; default "dev"
	Timeouts  Timeouts          // zero fields are filled with the defaults
	Transport http.RoundTripper // replaces the package's own, with its Connect and Handshake limits
	// Signer replaces merchant_key, merchant_serial and merchant_cert.
	Signer Signer
	// Keeper keeps the platform certificates over a restart; default: nobody.
	Keeper Keeper
}

// Timeouts bounds one attempt of a call. A call is two attempts at most.
type Timeouts = link.Timeouts

// Client is a merchant's access to WeChat Pay. All methods may be called
// concurrently.
type Client struct {
	settings Settings
	party    party
	device   string
	clock    Clock
	log      *slog.Logger
	signer   Signer
	keys     atomic.Pointer[keyring]
	platform *platform
	link     *link.Link
}

// New checks the settings and reads the key files. It does no network I/O.
func New(s Settings, o Options) (*Client, error) {
	if err := s.good(o); err != nil {
		return nil, fmt.Errorf("wechat settings: %w", err)
	}
	c := &Client{
		settings: s,
		party:    s.party(),
		device:   o.DeviceID,
		clock:    o.Clock,
		log:      o.Log,
		signer:   o.Signer,
		platform: &platform{keeper: o.Keeper, turn: make(chan struct{}, 1)},
	}
	if c.clock == nil {
		c.clock = systemClock{}
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	c.link = link.New(link.Options{
		Bases:     s.BaseURLs,
		Timeouts:  o.Timeouts,
		UserAgent: "kioskd/" + cmp.Or(o.Version, "dev"),
		Transport: o.Transport,
		Roots:     link.Trust(s.CAFile, s.BaseURLs, c.log),
		Now:       c.clock.Now,
	})
	if err := c.loadKeys(); err != nil {
		return nil, err
	}
	c.recall()
	return c, nil
}

// good reports everything that is wrong at once.
func (s *Settings) good(o Options) error {
	var problems []error
	problem := func(field, what string) { problems = append(problems, fmt.Errorf("%s %s", field, what)) }
	s.check("", o.Signer == nil, problem)
	if !trade.DeviceShape.MatchString(o.DeviceID) {
		problem("device id", link.Quote(o.DeviceID)+" is not up to 32 of 0-9 A-Z a-z _ -")
	}
	if o.Signer != nil && o.Signer.MchID() != s.Merchant() {
		problem("the signer", fmt.Sprintf("signs for merchant %s, not %s", link.Quote(o.Signer.MchID()), link.Quote(s.Merchant())))
	}
	return errors.Join(problems...)
}

// loadKeys reads the files that the settings name.
func (c *Client) loadKeys() error {
	s := c.settings
	if c.signer == nil {
		private, what := keyfile.Private(s.MerchantKey)
		if what != "" {
			return fmt.Errorf("merchant_key %s", what)
		}
		c.signer = keySigner{s.Merchant(), s.MerchantSerial, private}
	}
	ring := keyring{publicID: s.PublicKeyID}
	if s.PublicKeyID != "" {
		var what string
		if ring.public, what = keyfile.Public(s.PublicKey); what != "" {
			return fmt.Errorf("public_key %s", what)
		}
	}
	c.keys.Store(&ring)
	if s.APIv3Key != "" {
		var what string
		if c.platform.key, what = keyfile.Secret(s.APIv3Key, wantAPIv3Key, apiV3KeyLength); what != "" {
			return fmt.Errorf("apiv3_key %s", what)
		}
	}
	return nil
}

// Skew returns how far this machine's clock is ahead of the one of whoever
// answered last, in whole seconds, and whether anybody has told.
func (c *Client) Skew() (time.Duration, bool) { return c.link.Skew() }

// CloseIdleConnections lets go of connections that no call uses. The client
// stays usable.
func (c *Client) CloseIdleConnections() { c.link.CloseIdleConnections() }

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }
