package desk

import (
	"context"
	"fmt"
	"time"

	"kioskd/sale"
)

// Gateway is the production client with a witness of every call: what it was
// told, and whether it believed an answer that was forged.
type Gateway struct {
	inner sale.Gateway

	mu       lock
	refused  int
	believed []string
}

var _ sale.Gateway = (*Gateway)(nil)

// Refused is how many calls were given a forged answer and ended in an error.
func (g *Gateway) Refused() int {
	defer g.mu.hold()()
	return g.refused
}

// Believed names every call that took a forged answer for the truth.
func (g *Gateway) Believed() []string {
	defer g.mu.hold()()
	return append([]string(nil), g.believed...)
}

func watched[T any](ctx context.Context, g *Gateway, what string, o sale.Order, call func(context.Context) (T, error)) (T, error) {
	ctx, try := WithTry(ctx)
	v, err := call(ctx)
	if try.Forged() == 0 {
		return v, err
	}
	defer g.mu.hold()()
	if err != nil {
		g.refused++
	} else {
		g.believed = append(g.believed, fmt.Sprintf("%s of order %s believed a forged answer: %+v", what, o.Number, v))
	}
	return v, err
}

// Prepare implements sale.Gateway.
func (g *Gateway) Prepare(o sale.Order, t time.Time) ([]byte, error) { return g.inner.Prepare(o, t) }

// Create implements sale.Gateway.
func (g *Gateway) Create(ctx context.Context, o sale.Order) (string, error) {
	return watched(ctx, g, "create", o, func(ctx context.Context) (string, error) { return g.inner.Create(ctx, o) })
}

// Query implements sale.Gateway.
func (g *Gateway) Query(ctx context.Context, o sale.Order) (sale.Trade, error) {
	return watched(ctx, g, "query", o, func(ctx context.Context) (sale.Trade, error) { return g.inner.Query(ctx, o) })
}

// Close implements sale.Gateway.
func (g *Gateway) Close(ctx context.Context, o sale.Order) error {
	_, err := watched(ctx, g, "close", o, func(ctx context.Context) (struct{}, error) { return struct{}{}, g.inner.Close(ctx, o) })
	return err
}

// Refund implements sale.Gateway.
func (g *Gateway) Refund(ctx context.Context, o sale.Order) (sale.RefundReport, error) {
	return watched(ctx, g, "refund", o, func(ctx context.Context) (sale.RefundReport, error) { return g.inner.Refund(ctx, o) })
}

// QueryRefund implements sale.Gateway.
func (g *Gateway) QueryRefund(ctx context.Context, o sale.Order) (sale.RefundReport, error) {
	return watched(ctx, g, "refund query", o, func(ctx context.Context) (sale.RefundReport, error) { return g.inner.QueryRefund(ctx, o) })
}

// Ping implements sale.Gateway.
func (g *Gateway) Ping(ctx context.Context) error {
	_, err := watched(ctx, g, "ping", sale.Order{}, func(ctx context.Context) (struct{}, error) { return struct{}{}, g.inner.Ping(ctx) })
	return err
}

// Refresh fetches the platform certificates anew, as the daemon does now and
// then. In a mode without them it does nothing.
func (g *Gateway) Refresh(ctx context.Context) error {
	r, ok := g.inner.(interface{ Refresh(context.Context) error })
	if !ok {
		return nil
	}
	_, err := watched(ctx, g, "refresh", sale.Order{}, func(ctx context.Context) (struct{}, error) { return struct{}{}, r.Refresh(ctx) })
	return err
}

// Forget begins the counts of Refused and Believed anew.
func (g *Gateway) Forget() {
	defer g.mu.hold()()
	g.refused, g.believed = 0, nil
}
