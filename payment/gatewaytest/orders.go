package gatewaytest

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"kioskd/sale"
)

func prepareFreezes(w *world) {
	o := w.order()
	expire := time.Now().Add(time.Minute)
	first, err := w.g.Prepare(o, expire)
	if err != nil {
		w.Fatal(err)
	}
	w.h.Break(w, RequestLost) // no network is needed
	again, err := w.g.Prepare(o, expire)
	if err != nil || !bytes.Equal(first, again) {
		w.Errorf("prepared once: %s\nthen: %s, %v", first, again, err)
	}
	later, err := w.g.Prepare(o, expire.Add(time.Minute))
	if err != nil || bytes.Equal(first, later) {
		w.Errorf("prepared for another time: %s, %v", later, err)
	}
	o.Product.Price = 0
	_, err = w.g.Prepare(o, expire)
	w.is("prepare at no price", err, sale.ErrRefused)
}

func createAndQuery(w *world) {
	trade := w.state(w.created(), sale.TradeUnpaid)
	if trade.TransactionID != "" || !trade.PaidAt.IsZero() {
		w.Errorf("an unpaid order has a payment: %+v", trade)
	}
}

// createAgain: a repeat gives a code that works.
func createAgain(w *world) {
	o := w.created()
	code, err := w.g.Create(w.Context(), o)
	if err != nil || code == "" {
		w.Fatalf("again: %q, %v", code, err)
	}
	w.h.Pay(w, code)
	w.state(o, sale.TradePaid)
	_, err = w.g.Create(w.Context(), o)
	w.is("create a paid order", err, sale.ErrPaid)
}

func createWithOtherBytes(w *world) {
	o := w.created()
	changed := o
	changed.Product.Price++
	var err error
	if changed.Request, err = w.g.Prepare(changed, time.Now().Add(time.Minute)); err != nil {
		w.Fatal(err)
	}
	code, err := w.g.Create(w.Context(), changed)
	w.is("create with another price", err, sale.ErrRefused)
	if code != "" {
		w.Errorf("a code came with the error: %q", code)
	}
	w.state(o, sale.TradeUnpaid)
}

func unknownOrder(w *world) {
	o := w.order()
	_, err := w.g.Query(w.Context(), o)
	w.is("query", err, sale.ErrNotFound)
	w.is("close", w.g.Close(w.Context(), o), sale.ErrNotFound)
	_, err = w.g.QueryRefund(w.Context(), o)
	w.is("query refund", err, sale.ErrNotFound)
}

func paid(w *world) {
	o := w.created()
	w.h.Pay(w, o.CodeURL)
	trade := w.state(o, sale.TradePaid)
	if trade.TransactionID == "" {
		w.Error("no transaction id")
	}
	if age := trade.Age(); age < -time.Second || age > time.Minute {
		w.Errorf("paid at %v, said at %v", trade.PaidAt, trade.AsOf)
	}
	w.is("close", w.g.Close(w.Context(), o), sale.ErrPaid)
	if again := w.state(o, sale.TradePaid); again.TransactionID != trade.TransactionID || !again.PaidAt.Equal(trade.PaidAt) {
		w.Errorf("first %+v\nthen  %+v", trade, again)
	}
	_, err := w.g.QueryRefund(w.Context(), o)
	w.is("query refund of a paid order", err, sale.ErrNotFound)
}

// otherAmount: a payment of another amount is not this order's.
func otherAmount(w *world) {
	o := w.created()
	w.h.Pay(w, o.CodeURL)
	o.Product.Price++
	trade, err := w.g.Query(w.Context(), o)
	w.is("query", err, sale.ErrTemporary)
	if trade != (sale.Trade{}) {
		w.Errorf("a trade came with the error: %+v", trade)
	}
}

// lostPrice: of an order that was restored without its price any total is
// taken, and told. No other order may come without a price.
func lostPrice(w *world) {
	o := w.created()
	w.h.Pay(w, o.CodeURL)
	o.Product.Price = 0
	_, err := w.g.Query(w.Context(), o)
	w.is("query without a price", err, sale.ErrTemporary)
	o.Restored = true
	if trade := w.state(o, sale.TradePaid); trade.Total != price {
		w.Errorf("it was paid with %s, the answer says %s", price, trade.Total)
	}
}

func closeOrder(w *world) {
	o := w.created()
	if err := w.g.Close(w.Context(), o); err != nil {
		w.Fatal(err)
	}
	w.state(o, sale.TradeClosed)
	if err := w.g.Close(w.Context(), o); err != nil {
		w.is("close again", err, sale.ErrAlreadyClosed)
	}
	_, err := w.g.Create(w.Context(), o)
	w.is("create a closed order", err, sale.ErrAlreadyClosed)
}

// closeWhilePaying: the customer who is entering the PIN gets the product.
func closeWhilePaying(w *world) {
	o := w.created()
	w.h.Scan(w, o.CodeURL)
	w.is("close", w.g.Close(w.Context(), o), sale.ErrPaying)
	trade, err := w.g.Query(w.Context(), o)
	if err != nil || trade.State != sale.TradeUnpaid && trade.State != sale.TradePaying {
		w.Errorf("query: %s, %v", trade.State, err)
	}
	w.h.Pay(w, o.CodeURL)
	w.state(o, sale.TradePaid)
}

func ping(w *world) {
	if err := w.g.Ping(w.Context()); err != nil {
		w.Error(err)
	}
}

func pingDamaged(w *world) {
	// A ping is answered by an error, which is unsigned and may be short: the
	// other damages do not show.
	for _, d := range []Damage{RequestLost, AnswerLost, Fault, LoginPage} {
		w.h.Break(w, d)
		w.fault(string(d), w.g.Ping(w.Context()), sale.ErrTemporary, codes(d)...)
	}
	w.mend()
	ping(w)
}

func merchantRefused(w *world) {
	g := w.h.Stranger()
	o := w.created()
	_, queryErr := g.Query(w.Context(), o)
	_, createErr := g.Create(w.Context(), w.order())
	_, refundErr := g.Refund(w.Context(), o)
	for what, err := range map[string]error{
		"ping": g.Ping(w.Context()), "query": queryErr, "create": createErr, "close": g.Close(w.Context(), o), "refund": refundErr,
	} {
		w.fault(what, err, sale.ErrMerchant, sale.CodePayMerchant)
	}
	w.state(o, sale.TradeUnpaid)
}

func cancelled(w *world) {
	o := w.created()
	ctx, cancel := context.WithCancel(w.Context())
	cancel()
	trade, err := w.g.Query(ctx, o)
	w.is("query", err, sale.ErrTemporary)
	if !errors.Is(err, context.Canceled) || trade != (sale.Trade{}) {
		w.Errorf("%+v, %v", trade, err)
	}
	w.state(o, sale.TradeUnpaid)
}

// sideBySide: calls for different orders do not touch each other.
func sideBySide(w *world) {
	var wait sync.WaitGroup
	for i := range 6 {
		o := w.created()
		if i%2 == 0 {
			w.h.Pay(w, o.CodeURL)
		}
		wait.Go(func() { alone(w.T, w.g, o, i%2 == 0) })
	}
	wait.Wait()
}

func alone(t *testing.T, g sale.Gateway, o sale.Order, paid bool) {
	want := sale.TradeUnpaid
	if paid {
		want = sale.TradePaid
	}
	for range 3 {
		if trade, err := g.Query(t.Context(), o); err != nil || trade.State != want {
			t.Errorf("%s: %s, %v; want %s", o.Number, trade.State, err, want)
		}
	}
	if err := g.Close(t.Context(), o); paid != errors.Is(err, sale.ErrPaid) || !paid && err != nil {
		t.Errorf("close %s: %v", o.Number, err)
	}
}
