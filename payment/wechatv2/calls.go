package wechatv2

import (
	"context"
	"errors"
	"fmt"

	"kioskd/payment/internal/trade"
	"kioskd/sale"
)

const (
	createPath      = "/pay/unifiedorder"
	queryPath       = "/pay/orderquery"
	closePath       = "/pay/closeorder"
	refundPath      = "/secapi/pay/refund"
	refundQueryPath = "/pay/refundquery"
)

// Create sends the parameters in o.Request, which Prepare made for this order,
// and returns the text of the QR code, which is opaque and lives for two hours.
//
// Errors: sale.ErrPaid, sale.ErrAlreadyClosed, sale.ErrRefused (the number
// needs replacing or the set-up is wrong), sale.ErrMerchant, sale.ErrTemporary.
func (c *Client) Create(ctx context.Context, o sale.Order) (string, error) {
	what := "create order " + string(o.Number)
	f, err := c.frozen(o)
	if err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	a, err := c.ask(ctx, request{what: what, path: createPath, fields: f})
	if err != nil {
		return "", err
	}
	if a.fields["code_url"] == "" {
		return "", fmt.Errorf("%s: %w", what, unverified(errors.New("the answer has no code_url")))
	}
	return a.fields["code_url"], nil
}

// Query asks by out_trade_no, the only name an unpaid order has.
//
// Errors: sale.ErrNotFound, sale.ErrMerchant, sale.ErrTemporary (also for an
// answer that cannot be verified or is not about this order). A lost answer
// changes nothing.
func (c *Client) Query(ctx context.Context, o sale.Order) (sale.Trade, error) {
	what := "query order " + string(o.Number)
	by, err := c.issued(o)
	if err != nil {
		return sale.Trade{}, fmt.Errorf("%s: %w", what, err)
	}
	a, err := c.ask(ctx, request{what: what, path: queryPath, fields: c.about(by, o.Number)})
	if err != nil {
		return sale.Trade{}, err
	}
	found, err := readTrade(a, o)
	if err != nil {
		return sale.Trade{}, fmt.Errorf("%s: %w", what, unverified(err))
	}
	return found, nil
}

// about is what query and close send.
func (c *Client) about(by issuer, n sale.Number) fields {
	f := c.named(by)
	f["out_trade_no"] = string(n)
	return f
}

// Close asks that the order take no payment any more. Nil comes from a signed
// answer to this merchant; it does not name the order, so ask for that.
//
// Errors: sale.ErrPaying, sale.ErrPaid, sale.ErrAlreadyClosed,
// sale.ErrNotFound, sale.ErrRefused (it may be too young to be closed: the
// documents want five minutes), sale.ErrMerchant, sale.ErrTemporary.
func (c *Client) Close(ctx context.Context, o sale.Order) error {
	what := "close order " + string(o.Number)
	by, err := c.issued(o)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	_, err = c.ask(ctx, request{what: what, path: closePath, fields: c.about(by, o.Number)})
	return err
}

// Refund asks for the whole amount back, with the merchant's certificate. The
// provider keeps one refund for each out_refund_no, so a repeat returns the
// same refund. The answer says accepted, never arrived: ask QueryRefund.
//
// Errors: sale.ErrNotEnough, sale.ErrRefused (read the text: the provider
// says why), sale.ErrNotFound (right after a payment it may not be indexed
// yet: repeat), sale.ErrMerchant (also a certificate that is not taken),
// sale.ErrTemporary.
func (c *Client) Refund(ctx context.Context, o sale.Order) (sale.RefundReport, error) {
	return c.refundCall(ctx, o, "refund order ", func(by issuer) request {
		return request{path: refundPath, fields: c.refundFields(by, o)}
	}, readRefund)
}

// QueryRefund asks how far the refund is. sale.ErrNotFound: the provider has
// none under this number. The other errors are those of Query.
func (c *Client) QueryRefund(ctx context.Context, o sale.Order) (sale.RefundReport, error) {
	return c.refundCall(ctx, o, "query refund of order ", func(by issuer) request {
		f := c.named(by)
		f["out_refund_no"] = o.RefundNumber()
		return request{path: refundQueryPath, fields: f}
	}, readRefunds)
}

func (c *Client) refundCall(ctx context.Context, o sale.Order, what string, ask func(issuer) request,
	read func(answer, sale.Order) (sale.RefundReport, error),
) (sale.RefundReport, error) {
	what += string(o.Number)
	by, err := c.issued(o)
	if err != nil {
		return sale.RefundReport{}, fmt.Errorf("%s: %w", what, err)
	}
	q := ask(by)
	q.what = what
	a, err := c.ask(ctx, q)
	if err != nil {
		return sale.RefundReport{}, err
	}
	report, err := read(a, o)
	if err != nil {
		return sale.RefundReport{}, fmt.Errorf("%s: %w", what, unverified(err))
	}
	return report, nil
}

// Ping queries an order that cannot exist. "Not found", signed, proves the
// connection, the mchid and the key in both directions; it proves neither the
// appid nor the certificate. Any other refusal is sale.ErrMerchant.
func (c *Client) Ping(ctx context.Context) error {
	_, err := c.ask(ctx, request{what: "ping", path: queryPath, fields: c.about(c.own(), trade.PingNumber), home: true})
	return trade.Pinged(err)
}
