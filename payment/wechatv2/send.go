package wechatv2

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"time"

	"kioskd/payment/internal/link"
)

// Agreement is how far the Date header of an answer may be from this machine's
// clock to be believed. The header is not signed and the clock may be wrong;
// what both say within it is taken for the time.
const Agreement = 30 * time.Second

// request is one call to the provider.
type request struct {
	what   string // for errors: "query order X"
	path   string
	fields fields // all but nonce_str and sign
	home   bool   // may go back to the first base URL
}

// algorithm is the one that the request asks for: its answer must have it too.
func (q request) algorithm() algorithm { return algorithm(q.fields["sign_type"]) }

// answer is one that says SUCCESS twice and is signed.
type answer struct {
	fields fields
	at     time.Time // when it came, zero if two clocks do not agree
}

// ask makes a call and returns a verified answer or a classified error.
func (c *Client) ask(ctx context.Context, q request) (answer, error) {
	r, err := c.send(ctx, q)
	if err != nil {
		err = uncertified(q, err)
		c.log.DebugContext(ctx, "wechat call failed", "call", q.what, "error", err)
		return answer{}, fmt.Errorf("%s: %w", q.what, err)
	}
	f, err := c.read(q, r)
	if err == nil {
		return answer{f, c.told(r.Header)}, nil
	}
	c.log.LogAttrs(ctx, slog.LevelDebug, "wechat call failed", slog.String("call", q.what),
		slog.String("host", r.Base), slog.Int("status", r.Status), slog.Any("error", err))
	return answer{}, fmt.Errorf("%s: %w", q.what, err)
}

// send signs and sends. nonce_str is new for each call; the second attempt of
// one call repeats it.
func (c *Client) send(ctx context.Context, q request) (link.Reply, error) {
	f := maps.Clone(q.fields)
	var random [16]byte
	rand.Read(random[:])
	f["nonce_str"] = hex.EncodeToString(random[:])
	f["sign"] = c.key.sign(f, q.algorithm())
	way := c.link
	if q.path == refundPath {
		way = c.certified
	}
	return way.Send(ctx, link.Call{
		Method: http.MethodPost, Path: q.path, Body: f.encode(), Home: q.home,
		Sign: func(r *http.Request) error {
			r.Header.Set("Content-Type", "text/xml; charset=utf-8")
			return nil
		},
	})
}

// read proves an answer before it looks at what it says, or classifies it.
func (c *Client) read(q request, r link.Reply) (fields, error) {
	if r.Status != http.StatusOK {
		return nil, c.refusedPlainly(q, r)
	}
	if r.Oversized {
		return nil, unverified(fmt.Errorf("the answer is longer than %d bytes", link.MaxAnswer))
	}
	f, err := decode(r.Body)
	switch {
	case err != nil:
		return nil, unverified(err)
	case f["return_code"] == "FAIL":
		return nil, unsigned(f)
	case f["return_code"] != "SUCCESS":
		return nil, unverified(fmt.Errorf("the answer's return_code is %s", link.Quote(f["return_code"])))
	}
	if err := c.key.verify(f, q.algorithm()); err != nil {
		return nil, unproved(f, err)
	}
	if err := firstDifference(
		same("appid", f["appid"], q.fields["appid"]),
		same("mch_id", f["mch_id"], q.fields["mch_id"]),
	); err != nil {
		return nil, unverified(err)
	}
	switch f["result_code"] {
	case "SUCCESS":
		return f, nil
	case "FAIL":
		return nil, refused(q, f)
	}
	return nil, unverified(errors.New("the answer has no result_code"))
}

// told is when the provider said it, as far as that can be known.
func (c *Client) told(h http.Header) time.Time {
	dates := h.Values("Date")
	if len(dates) != 1 {
		return time.Time{}
	}
	date, err := http.ParseTime(dates[0])
	if err != nil || c.clock.Now().Sub(date).Abs() > Agreement {
		return time.Time{}
	}
	return date
}
