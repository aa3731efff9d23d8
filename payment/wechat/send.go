package wechat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"kioskd/sale"
)

// maxAnswer is far above any answer to the calls made here.
const maxAnswer = 64 << 10

// request is one call to the provider.
type request struct {
	what   string // for errors: "query order X"
	method string
	path   string // with query, as signed and sent
	body   []byte
	want   int  // the only status that is a success
	home   bool // may go back to the first base URL
}

// reply is what came over HTTP, proved by nothing.
type reply struct {
	status    int
	header    http.Header
	body      []byte
	oversized bool
}

// answer is a reply with the wanted status and a good signature.
type answer struct {
	body []byte
	at   time.Time // when the provider signed it, by its clock
}

// ask makes a call and returns a verified answer or a classified error.
func (c *Client) ask(ctx context.Context, q request) (answer, error) {
	r, host, err := c.send(ctx, q)
	if err != nil {
		c.log.DebugContext(ctx, "wechat call failed", "call", q.what, "error", err)
		return answer{}, fmt.Errorf("%s: %w", q.what, err)
	}
	var at time.Time
	if r.status == q.want {
		if at, err = c.prove(r); err == nil {
			return answer{r.body, at}, nil
		}
		err = unverified(err)
	} else {
		err = c.refused(q, r)
	}
	c.log.LogAttrs(ctx, slog.LevelDebug, "wechat call failed", slog.String("call", q.what),
		slog.String("host", host), slog.Int("status", r.status), slog.String("request_id", r.header.Get("Request-ID")),
		slog.Bool("signed", r.header.Get("Wechatpay-Signature") != ""), slog.Any("error", err))
	return answer{}, fmt.Errorf("%s: %w", q.what, err)
}

func (c *Client) prove(r reply) (time.Time, error) {
	if r.oversized {
		return time.Time{}, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	return c.verifier.verify(r.header, r.body, c.clock.Now())
}

// send gets a reply from the base URL in use or, if no HTTP status came from
// that, from the next. A reply, whatever it says, ends the search.
func (c *Client) send(ctx context.Context, q request) (reply, string, error) {
	var lost []error
	plan := c.bases.plan(q.home)
	for n, i := range plan {
		base := c.bases.urls[i]
		r, answered, err := c.try(ctx, base, q)
		if answered {
			c.bases.worked(i)
			if err != nil {
				err = unreachable([]error{err})
			}
			return r, base, err
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			return reply{}, "", fmt.Errorf("%w: %w", sale.ErrTemporary, context.Canceled)
		}
		lost = append(lost, err)
		c.bases.failed(plan, n)
		if ctx.Err() != nil {
			break
		}
	}
	return reply{}, "", unreachable(lost)
}

// try makes one attempt. answered means that an HTTP status came.
func (c *Client) try(ctx context.Context, base string, q request) (r reply, answered bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.attempt)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, q.method, base+q.path, bytes.NewReader(q.body))
	if err != nil {
		return reply{}, false, err
	}
	authorization, err := c.signer.authorization(q.method, req.URL.RequestURI(), q.body, c.clock.Now())
	if err != nil {
		return reply{}, false, err
	}
	req.Header.Set("Authorization", authorization)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.agent)
	req.Header.Set("Wechatpay-Serial", c.settings.PublicKeyID)
	if q.method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
		// An empty list sends no header; it tells net/http that repeating the
		// request is safe when a kept connection turns out to be dead.
		req.Header["Idempotency-Key"] = []string{}
	}
	// RoundTrip, not an http.Client: a redirect is a reply and is not followed.
	resp, err := c.http.RoundTrip(req)
	if err != nil {
		return reply{}, false, fmt.Errorf("%s: %w", base, err)
	}
	defer resp.Body.Close()
	r = reply{status: resp.StatusCode, header: resp.Header}
	r.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return r, true, fmt.Errorf("%s: the answer broke off: %w", base, err)
	}
	r.oversized = len(r.body) > maxAnswer
	return r, true, nil
}
