package wechat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"kioskd/payment/internal/link"
	"kioskd/sale"
)

const (
	certificatesPath = "/v3/certificates"
	// rareDownload is the least time between two downloads that an answer
	// brings about. Anybody in the network can write an answer with a serial
	// that is unknown, and a refusal lasts.
	rareDownload = time.Minute
	// lostDownload takes its place where the last one brought no answer at all:
	// somebody may have paid and wait for the proof.
	lostDownload = 5 * time.Second
	// nearEnd is when the log says that the newest certificate expires. Its
	// successor should have been listed long before.
	nearEnd = 5 * 24 * time.Hour
)

// platform is how a client comes by platform certificates. What it has learnt
// is in the client's keyring.
type platform struct {
	key    string // APIv3 key; "" is a client without certificates
	keeper Keeper

	rounds atomic.Uint64
	turn   chan struct{} // held during a download, and guards what follows
	err    error         // of the last download
	lost   bool          // it brought no answer
	tried  time.Time     // the last download
	denied time.Time     // the last one that the provider refused
	warned string        // serial of the certificate whose end was announced
}

// Refresh downloads the platform certificates, so that a new one is known
// before the provider signs with it. The provider lists it a day before, and
// wants to be asked at least every 12 hours. A client without apiv3_key has
// nothing to refresh.
//
// After an error what was known stays in use. Errors: sale.ErrMerchant,
// sale.ErrTemporary.
func (c *Client) Refresh(ctx context.Context) error {
	if c.platform.key == "" {
		return nil
	}
	return c.download(ctx, func() bool { return false })
}

// equip makes sure, before a call, that some answer could be proved.
func (c *Client) equip(ctx context.Context) error {
	p := c.platform
	if p.key == "" || c.keys.Load().accept(c.clock.Now()) != "" {
		return nil
	}
	return c.download(ctx, func() bool { return within(rareDownload, p.denied, c.clock.Now()) })
}

// prove verifies an answer. A serial that is unknown may be a new
// certificate's: one download finds out.
func (c *Client) prove(ctx context.Context, r link.Reply) (time.Time, error) {
	if r.Oversized {
		return time.Time{}, fmt.Errorf("the answer is longer than %d bytes", link.MaxAnswer)
	}
	at, err := c.keys.Load().verify(r.Header, r.Body, c.clock.Now())
	var unknown unknownKey
	if c.platform.key == "" || !errors.As(err, &unknown) || !serialShape.MatchString(string(unknown)) {
		return at, err
	}
	if lost := c.download(ctx, c.platform.askedJustNow(c.clock)); lost != nil {
		return at, err
	}
	return c.keys.Load().verify(r.Header, r.Body, c.clock.Now())
}

// askedJustNow reports whether an answer may not bring about a download. Who asks
// has the turn.
func (p *platform) askedJustNow(c Clock) func() bool {
	return func() bool {
		pause := rareDownload
		if p.lost {
			pause = lostDownload
		}
		return within(pause, p.tried, c.Now())
	}
}

// within counts no time from the future: the clock was wrong then.
func within(pause time.Duration, t, now time.Time) bool {
	d := now.Sub(t)
	return d >= 0 && d < pause
}

// download fetches the certificates, one call at a time. Who has waited for
// another's download takes what became of that. While held says so, the
// result of the last one counts.
func (c *Client) download(ctx context.Context, held func() bool) error {
	p := c.platform
	seen := p.rounds.Load()
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", sale.ErrTemporary, ctx.Err())
	}
	others := p.rounds.Load() != seen && !errors.Is(p.err, context.Canceled)
	if others || held() {
		return p.err
	}
	p.err = c.fetch(ctx)
	p.tried = c.clock.Now()
	if errors.Is(p.err, sale.ErrMerchant) {
		p.denied = p.tried
	}
	p.rounds.Add(1)
	return p.err
}

// fetch makes the call. The caller has the turn.
func (c *Client) fetch(ctx context.Context) error {
	q := request{what: "download the platform certificates", method: http.MethodGet, path: certificatesPath, want: http.StatusOK}
	r, err := c.send(ctx, q)
	c.platform.lost = err != nil
	if err != nil {
		return fmt.Errorf("%s: %w", q.what, err)
	}
	if r.Status != q.want {
		err = c.noCertificates(r, c.refused(q, r))
	} else if err = c.take(r); err != nil {
		err = c.unverified(err)
	}
	if err != nil {
		c.logFailed(ctx, q, r, err)
		return fmt.Errorf("%s: %w", q.what, err)
	}
	return nil
}

// take proves the answer with the certificates in it, then uses and keeps
// them. Those that the provider does not list any more are forgotten.
func (c *Client) take(r link.Reply) error {
	if r.Oversized {
		return fmt.Errorf("the answer is longer than %d bytes", link.MaxAnswer)
	}
	certs, err := openCertificates(r.Body, c.platform.key)
	if err != nil {
		return err
	}
	old := c.keys.Load()
	ring := keyring{old.publicID, old.public, certs}
	if _, err := ring.verify(r.Header, r.Body, c.clock.Now()); err != nil {
		return err
	}
	c.keys.Store(&ring)
	if serials(certs) != serials(old.certs) {
		c.log.Info("platform certificates", "serials", serials(certs))
		c.keep(r)
	}
	c.announceEnd(certs)
	return nil
}

func serials(certs []certificate) string {
	var b strings.Builder
	for _, c := range certs {
		b.WriteString(" " + c.serial)
	}
	return strings.TrimPrefix(b.String(), " ")
}

// announceEnd warns once about a newest certificate that soon expires.
func (c *Client) announceEnd(certs []certificate) {
	newest := certs[0]
	for _, cert := range certs {
		if cert.until.After(newest.until) {
			newest = cert
		}
	}
	if left := newest.until.Sub(c.clock.Now()); left > nearEnd || c.platform.warned == newest.serial {
		return
	}
	c.platform.warned = newest.serial
	c.log.Warn("the newest platform certificate expires and WeChat Pay lists no other yet",
		slog.String("serial", newest.serial), slog.Time("expires", newest.until),
		slog.String("hint", "if it stays, change to the WeChat Pay public key in the merchant portal"))
}

// noCertificates says what a refusal means that a plain query would not get: a
// merchant of today has a public key and no certificates. Whatever else the
// refusal says is about no order, and no caller may take it for that.
func (c *Client) noCertificates(r link.Reply, err error) error {
	if errors.Is(err, sale.ErrMerchant) || errors.Is(err, sale.ErrTemporary) {
		return err
	}
	hint := "download the WeChat Pay public key from the merchant portal, write public_key_id and public_key, and take apiv3_key out"
	if c.keys.Load().public != nil {
		hint = "the change to the public key is complete: take apiv3_key out"
	}
	return &sale.Fault{
		Code: sale.CodePayMerchant,
		What: "WeChat Pay has no platform certificates for this merchant",
		Hint: hint,
		Err:  fmt.Errorf("%w: %s", sale.ErrMerchant, words(r)),
	}
}
