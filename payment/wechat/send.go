package wechat

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"kioskd/payment/internal/link"
)

// request is one call to the provider.
type request struct {
	what   string // for errors: "query order X"
	method string
	path   string // with query, as signed and sent
	body   []byte
	want   int  // the only status that is a success
	home   bool // may go back to the first base URL
}

// answer is a reply with the wanted status and a good signature.
type answer struct {
	body []byte
	at   time.Time // when the provider signed it, by its clock
}

// ask makes a call and returns a verified answer or a classified error.
func (c *Client) ask(ctx context.Context, q request) (answer, error) {
	err := c.equip(ctx)
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w", q.what, err)
	}
	r, err := c.send(ctx, q)
	if err != nil {
		c.log.DebugContext(ctx, "wechat call failed", "call", q.what, "error", err)
		return answer{}, fmt.Errorf("%s: %w", q.what, err)
	}
	var at time.Time
	if r.Status == q.want {
		if at, err = c.prove(ctx, r); err == nil {
			return answer{r.Body, at}, nil
		}
		err = c.unverified(err)
	} else {
		err = c.refused(q, r)
	}
	c.logFailed(ctx, q, r, err)
	return answer{}, fmt.Errorf("%s: %w", q.what, err)
}

func (c *Client) logFailed(ctx context.Context, q request, r link.Reply, err error) {
	c.log.LogAttrs(ctx, slog.LevelDebug, "wechat call failed", slog.String("call", q.what),
		slog.String("host", r.Base), slog.Int("status", r.Status), slog.String("request_id", r.Header.Get("Request-ID")),
		slog.Bool("signed", r.Header.Get("Wechatpay-Signature") != ""), slog.Any("error", err))
}

func (c *Client) send(ctx context.Context, q request) (link.Reply, error) {
	return c.link.Send(ctx, link.Call{
		Method: q.method, Path: q.path, Body: q.body, Home: q.home,
		Sign: func(r *http.Request) error { return c.sign(r, q) },
	})
}

// sign completes the header of one attempt.
func (c *Client) sign(r *http.Request, q request) error {
	authorization, err := authorization(r.Context(), c.signer, q.method, r.URL.RequestURI(), q.body, c.clock.Now())
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", authorization)
	r.Header.Set("Accept", "application/json")
	if serial := c.keys.Load().accept(c.clock.Now()); serial != "" {
		r.Header.Set("Wechatpay-Serial", serial)
	}
	if q.method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	return nil
}
