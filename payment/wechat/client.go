package wechat

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"time"

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
}

// Timeouts bounds one attempt of a call. A call is two attempts at most.
type Timeouts struct {
	Connect   time.Duration // name look-up and TCP, default 4 s
	Handshake time.Duration // TLS, default 4 s
	Attempt   time.Duration // everything, to the last byte of the answer, default 10 s
	// Return is how long a client stays away from the first base URL after
	// the connection to it failed, default 5 min. Only Ping goes back to it,
	// so that no customer waits for the trial.
	Return time.Duration
}

// Client is a merchant's access to WeChat Pay. All methods may be called
// concurrently.
type Client struct {
	settings Settings
	device   string
	agent    string
	clock    Clock
	log      *slog.Logger
	signer   signer
	verifier verifier
	bases    *bases
	http     http.RoundTripper
	attempt  time.Duration
}

var deviceShape = regexp.MustCompile(`^[0-9A-Za-z_-]{0,32}$`)

// New checks the settings and reads the key files. It does no network I/O.
func New(s Settings, o Options) (*Client, error) {
	var problems []error
	s.Check("", func(field, what string) { problems = append(problems, fmt.Errorf("%s %s", field, what)) })
	if !deviceShape.MatchString(o.DeviceID) {
		problems = append(problems, fmt.Errorf("device id %s is not up to 32 of 0-9 A-Z a-z _ -", quote(o.DeviceID)))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("wechat settings: %w", err)
	}
	private, what := loadPrivate(s.MerchantKey)
	if what != "" {
		return nil, fmt.Errorf("merchant_key %s", what)
	}
	public, what := loadPublic(s.PublicKey)
	if what != "" {
		return nil, fmt.Errorf("public_key %s", what)
	}
	t := o.Timeouts.filled()
	c := &Client{
		settings: s,
		device:   o.DeviceID,
		agent:    "kioskd/" + cmp.Or(o.Version, "dev"),
		clock:    o.Clock,
		log:      o.Log,
		signer:   signer{mchID: s.MchID, serial: s.MerchantSerial, key: private},
		verifier: verifier{s.PublicKeyID: public},
		bases:    &bases{urls: s.BaseURLs, away: t.Return},
		http:     o.Transport,
		attempt:  t.Attempt,
	}
	if c.clock == nil {
		c.clock = systemClock{}
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.http == nil {
		c.http = newTransport(t)
	}
	return c, nil
}

func (t Timeouts) filled() Timeouts {
	return Timeouts{
		Connect:   cmp.Or(t.Connect, 4*time.Second),
		Handshake: cmp.Or(t.Handshake, 4*time.Second),
		Attempt:   cmp.Or(t.Attempt, 10*time.Second),
		Return:    cmp.Or(t.Return, 5*time.Minute),
	}
}

// newTransport keeps connections open, so that a poll costs one round trip,
// for less time than usual servers do: a connection closed by the far end is
// found out only by the next request. Signatures cover plain bytes, so it asks
// for no compression.
func newTransport(t Timeouts) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: t.Connect, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout:    t.Handshake,
		ResponseHeaderTimeout:  t.Attempt,
		IdleConnTimeout:        50 * time.Second,
		MaxIdleConnsPerHost:    4,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
		Protocols:              protocols,
	}
}

// CloseIdleConnections lets go of connections that no call uses. The client
// stays usable.
func (c *Client) CloseIdleConnections() {
	if t, ok := c.http.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }
