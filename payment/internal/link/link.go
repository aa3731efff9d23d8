// Package link carries single HTTP exchanges to a provider that answers under
// several base URLs. It knows nothing of what is said: it proves no answer,
// and an answer of any status ends an exchange.
package link

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"kioskd/sale"
)

// MaxAnswer is far above any answer to the calls made here. What is longer is
// cut off and marked.
const MaxAnswer = 64 << 10

// Options is how a Link reaches the provider.
type Options struct {
	Bases     []string // scheme and host, tried in this order, at least one
	Timeouts  Timeouts // zero fields are filled with the defaults
	UserAgent string
	Transport http.RoundTripper // replaces the package's own, with its Names, Connect and Handshake limits
	Roots     *x509.CertPool    // who signs for the servers; nil: whom the system trusts
	// Now tells the time by which certificates are judged; nil: the system's.
	Now func() time.Time
}

// Timeouts bounds one attempt of a call. A call is two attempts at most.
type Timeouts struct {
	Names     time.Duration // name look-up, default 2 s; after that the addresses of before are tried
	Connect   time.Duration // name look-up and TCP, default 4 s
	Handshake time.Duration // TLS, default 4 s
	Attempt   time.Duration // everything, to the last byte of the answer, default 10 s
	// Return is how long a client stays away from the first base URL after
	// the connection to it failed, default 5 min. Only a call with Home goes
	// back to it, so that no customer waits for the trial.
	Return time.Duration
}

func (t Timeouts) filled() Timeouts {
	return Timeouts{
		Names:     cmp.Or(t.Names, 2*time.Second),
		Connect:   cmp.Or(t.Connect, 4*time.Second),
		Handshake: cmp.Or(t.Handshake, 4*time.Second),
		Attempt:   cmp.Or(t.Attempt, 10*time.Second),
		Return:    cmp.Or(t.Return, 5*time.Minute),
	}
}

// Link makes calls. Its methods may be called concurrently.
type Link struct {
	bases   *bases
	agent   string
	http    http.RoundTripper
	attempt time.Duration
	now     func() time.Time
	skew    *skew
}

// New does no network I/O.
func New(o Options) *Link {
	t := o.Timeouts.filled()
	l := &Link{bases: &bases{urls: o.Bases, away: t.Return}, agent: o.UserAgent, http: o.Transport, attempt: t.Attempt, now: o.Now, skew: new(skew)}
	if l.now == nil {
		l.now = time.Now
	}
	if l.http == nil {
		l.http = newTransport(t, &tls.Config{RootCAs: o.Roots, Time: l.now})
	}
	return l
}

// newTransport keeps connections open, so that a poll costs one round trip,
// for less time than usual servers do: a connection closed by the far end is
// found out only by the next request. Signatures cover plain bytes, so it asks
// for no compression.
func newTransport(t Timeouts, secure *tls.Config) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&dialer{newNames(t.Names), net.Dialer{Timeout: t.Connect, KeepAlive: 15 * time.Second}}).DialContext,
		TLSClientConfig:        secure,
		TLSHandshakeTimeout:    t.Handshake,
		ResponseHeaderTimeout:  t.Attempt,
		IdleConnTimeout:        50 * time.Second,
		MaxIdleConnsPerHost:    4,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
		Protocols:              protocols,
	}
}

// CloseIdleConnections lets go of connections that no call uses. The link
// stays usable.
func (l *Link) CloseIdleConnections() {
	if t, ok := l.http.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// Call is one request to the provider. Every POST must carry an idempotency
// key of its own in its body: it may be sent twice.
type Call struct {
	Method string
	Path   string // with query, as signed and sent
	Body   []byte
	Home   bool // may go back to the first base URL
	// Sign adds what the provider wants in the header. It is called for each
	// attempt anew. Its error ends the call as it is: no other base URL helps.
	Sign func(*http.Request) error
}

// Reply is what came over HTTP, proved by nothing.
type Reply struct {
	Base      string // who answered
	Status    int
	Header    http.Header
	Body      []byte
	Oversized bool // the body is longer than MaxAnswer
}

// unsigned is an attempt that was never made.
type unsigned struct{ error }

// Send gets a reply from the base URL in use or, if no HTTP status came from
// that, from the next. A reply, whatever it says, ends the search. An error is
// sale.ErrTemporary, and a *sale.Fault unless ctx was cancelled; that of Sign
// comes back as it is.
func (l *Link) Send(ctx context.Context, c Call) (r Reply, err error) {
	err = l.search(ctx, c, func(base string) (answered bool, err error) {
		r, answered, err = l.try(ctx, base, c)
		return answered, err
	})
	return r, err
}

// search tries one base URL after the other until one answers.
func (l *Link) search(ctx context.Context, c Call, try func(base string) (answered bool, err error)) error {
	var lost []error
	plan := l.bases.plan(c.Home)
	for n, i := range plan {
		answered, err := try(l.bases.urls[i])
		if answered {
			l.bases.worked(i)
			if err != nil {
				err = unreachable([]error{err})
			}
			return err
		}
		if bad := (unsigned{}); errors.As(err, &bad) {
			return bad.error
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			return fmt.Errorf("%w: %w", sale.ErrTemporary, context.Canceled)
		}
		lost = append(lost, err)
		l.bases.failed(plan, n)
		if ctx.Err() != nil {
			break
		}
	}
	return unreachable(lost)
}

// try makes one attempt. answered means that an HTTP status came.
func (l *Link) try(ctx context.Context, base string, c Call) (r Reply, answered bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, l.attempt)
	defer cancel()
	resp, err := l.open(ctx, base, c)
	if err != nil {
		return Reply{}, false, err
	}
	defer resp.Body.Close()
	l.skew.look(resp.Header, l.now())
	r = Reply{Base: base, Status: resp.StatusCode, Header: resp.Header}
	r.Body, err = io.ReadAll(io.LimitReader(resp.Body, MaxAnswer+1))
	if err != nil {
		return r, true, fmt.Errorf("%s: the answer broke off: %w", base, err)
	}
	r.Oversized = len(r.Body) > MaxAnswer
	return r, true, nil
}

// open sends the request and returns with the answer's header.
func (l *Link) open(ctx context.Context, base string, c Call) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, c.Method, base+c.Path, bytes.NewReader(c.Body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", l.agent)
	if err := c.Sign(req); err != nil {
		return nil, unsigned{err}
	}
	if c.Method == http.MethodPost {
		// An empty list sends no header; it tells net/http that repeating the
		// request is safe when a kept connection turns out to be dead.
		req.Header["Idempotency-Key"] = []string{}
	}
	// RoundTrip, not an http.Client: a redirect is a reply and is not followed.
	resp, err := l.http.RoundTrip(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", base, err)
	}
	return resp, nil
}
