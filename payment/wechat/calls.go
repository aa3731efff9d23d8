package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"kioskd/payment/internal/trade"
	"kioskd/sale"
)

const refundsPath = "/v3/refund/domestic/refunds"

// Create posts exactly o.Request, which Prepare made for this order, and
// returns the text of the QR code, which is opaque and lives for two hours.
//
// Errors: sale.ErrPaid, sale.ErrAlreadyClosed, sale.ErrRefused (the number
// needs replacing or the set-up is wrong), sale.ErrMerchant, sale.ErrTemporary.
func (c *Client) Create(ctx context.Context, o sale.Order) (string, error) {
	what := "create order " + string(o.Number)
	if err := c.own(o); err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	a, err := c.ask(ctx, request{what: what, method: http.MethodPost, path: c.party.path() + "native", body: o.Request, want: http.StatusOK})
	if err != nil {
		return "", err
	}
	var code struct {
		CodeURL string `json:"code_url"`
	}
	if err := decode(a.body, &code); err != nil {
		return "", fmt.Errorf("%s: %w", what, c.unverified(err))
	}
	if code.CodeURL == "" {
		return "", fmt.Errorf("%s: %w", what, c.unverified(errors.New("the answer has no code_url")))
	}
	return code.CodeURL, nil
}

// own makes sure that the frozen bytes are this order's.
func (c *Client) own(o sale.Order) error {
	var b orderBody
	if err := json.Unmarshal(o.Request, &b); err != nil {
		return fmt.Errorf("%w: the frozen request is not one of this gateway", sale.ErrRefused)
	}
	if b.OutTradeNo != string(o.Number) || b.party.numbers() != c.party.numbers() || b.Amount.Total != o.Product.Price {
		return fmt.Errorf("%w: the frozen request is for another order, merchant or price", sale.ErrRefused)
	}
	return nil
}

// Query asks by out_trade_no, the only name an unpaid order has.
//
// Errors: sale.ErrNotFound, sale.ErrMerchant, sale.ErrTemporary (also for an
// answer that cannot be verified or is not about this order). A lost answer
// changes nothing.
func (c *Client) Query(ctx context.Context, o sale.Order) (sale.Trade, error) {
	q := c.queryRequest(o.Number)
	by, err := c.issued(o)
	if err != nil {
		return sale.Trade{}, fmt.Errorf("%s: %w", q.what, err)
	}
	a, err := c.ask(ctx, q)
	if err != nil {
		return sale.Trade{}, err
	}
	trade, err := readTrade(a, o, by)
	if err != nil {
		return sale.Trade{}, fmt.Errorf("%s: %w", q.what, c.unverified(err))
	}
	return trade, nil
}

func (c *Client) queryRequest(n sale.Number) request {
	return request{
		what:   "query order " + string(n),
		method: http.MethodGet,
		path:   c.party.orderPath(string(n)) + c.party.query(),
		want:   http.StatusOK,
	}
}

// issued is the party for which an order was made. It takes the order's own
// word, because the appid in the settings may have changed since. An order of
// another party is not asked about: "not found" would be true and mean nothing.
func (c *Client) issued(o sale.Order) (party, error) {
	if len(o.Request) == 0 {
		return c.party, nil
	}
	var by party
	if json.Unmarshal(o.Request, &by) != nil {
		return by, trade.OtherDriver()
	}
	if by.numbers() != c.party.numbers() {
		return by, trade.OtherMerchant(by.String())
	}
	return by, nil
}

// Close asks that the order take no payment any more. Only a verified 204 is
// nil: the provider's 202 is an error, sale.ErrPaying.
//
// Errors: sale.ErrPaying, sale.ErrPaid, sale.ErrAlreadyClosed,
// sale.ErrNotFound, sale.ErrRefused (it may be too young to be closed),
// sale.ErrMerchant, sale.ErrTemporary.
func (c *Client) Close(ctx context.Context, o sale.Order) error {
	what := "close order " + string(o.Number)
	by, err := c.issued(o)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	body, err := encode(by.numbers())
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	a, err := c.ask(ctx, request{
		what:   what,
		method: http.MethodPost,
		path:   c.party.orderPath(string(o.Number)) + "/close",
		body:   body,
		want:   http.StatusNoContent,
	})
	if err == nil && len(bytes.TrimSpace(a.body)) > 0 {
		return fmt.Errorf("%s: %w", what, c.unverified(errors.New("the answer to a close has a body")))
	}
	return err
}

// Refund asks for the whole amount back. The provider keeps one refund for
// each out_refund_no, so a repeat returns the same refund.
//
// Errors: sale.ErrNotEnough, sale.ErrRefused (read the text: the provider
// says why), sale.ErrNotFound (right after a payment it may not be indexed
// yet: repeat), sale.ErrMerchant, sale.ErrTemporary.
func (c *Client) Refund(ctx context.Context, o sale.Order) (sale.RefundReport, error) {
	what := "refund order " + string(o.Number)
	body, err := refundRequest(o, c.party.SubMchID)
	if err != nil {
		return sale.RefundReport{}, fmt.Errorf("%s: %w", what, err)
	}
	return c.refundCall(ctx, o, request{what: what, method: http.MethodPost, path: refundsPath, body: body, want: http.StatusOK})
}

// QueryRefund asks how far the refund is. sale.ErrNotFound: the provider has
// none under this number. The other errors are those of Query.
func (c *Client) QueryRefund(ctx context.Context, o sale.Order) (sale.RefundReport, error) {
	return c.refundCall(ctx, o, request{
		what:   "query refund of order " + string(o.Number),
		method: http.MethodGet,
		path:   refundsPath + "/" + url.PathEscape(o.RefundNumber()) + c.party.subQuery(),
		want:   http.StatusOK,
	})
}

func (c *Client) refundCall(ctx context.Context, o sale.Order, q request) (sale.RefundReport, error) {
	if _, err := c.issued(o); err != nil {
		return sale.RefundReport{}, fmt.Errorf("%s: %w", q.what, err)
	}
	a, err := c.ask(ctx, q)
	if err != nil {
		return sale.RefundReport{}, err
	}
	report, err := readRefund(a, o)
	if err != nil {
		return sale.RefundReport{}, fmt.Errorf("%s: %w", q.what, c.unverified(err))
	}
	return report, nil
}

// Ping queries an order that cannot exist. "Not found" in the provider's own
// form proves the connection, the merchant key, its serial, the clock and the
// merchant numbers; it proves neither that the appid is bound nor, being
// unsigned, the provider's public key. A client that has only an APIv3 key and
// no certificate yet downloads them first. Any other refusal is
// sale.ErrMerchant.
func (c *Client) Ping(ctx context.Context) error {
	q := c.queryRequest(trade.PingNumber)
	q.what, q.home = "ping", true
	_, err := c.ask(ctx, q)
	return trade.Pinged(err)
}
