package gatewaytest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"kioskd/sale"
)

// Run runs the suite. newHarness is called once for each test and registers
// its own cleanup.
func Run(t *testing.T, newHarness func(t testing.TB) Harness) {
	for _, c := range []struct {
		name string
		test func(*world)
	}{
		{"prepare freezes", prepareFreezes},
		{"create and query", createAndQuery},
		{"create again", createAgain},
		{"create with other bytes", createWithOtherBytes},
		{"unknown order", unknownOrder},
		{"paid", paid},
		{"another order's amount", otherAmount},
		{"a lost price", lostPrice},
		{"close", closeOrder},
		{"close while paying", closeWhilePaying},
		{"refund", refundOrder},
		{"refund abnormal", refundAbnormal},
		{"refund closed", refundClosed},
		{"refund without funds", refundWithoutFunds},
		{"refund of an unpaid order", refundUnpaid},
		{"create, effect and no answer", createUnanswered},
		{"create without effect", createPrevented},
		{"query is damaged", queryDamaged},
		{"close, effect and no answer", closeUnanswered},
		{"close without effect", closePrevented},
		{"refund, effect and no answer", refundUnanswered},
		{"refund without effect", refundPrevented},
		{"ping", ping},
		{"ping is damaged", pingDamaged},
		{"merchant refused", merchantRefused},
		{"cancelled", cancelled},
		{"side by side", sideBySide},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHarness(t)
			c.test(&world{T: t, h: h, g: h.Gateway()})
		})
	}
}

// world is one test's view.
type world struct {
	*testing.T
	h Harness
	g sale.Gateway
}

const price sale.Fen = 200

// serial makes numbers that no other test of the process uses.
var serial atomic.Uint64

// order is prepared and not created yet.
func (w *world) order() sale.Order {
	w.Helper()
	seq := serial.Add(1)
	o := sale.Order{
		Number:    sale.Number(fmt.Sprintf("T%06d-%05d", time.Now().UnixMilli()%1e6, seq)),
		Seq:       seq,
		Product:   sale.Product{Slot: 11, Name: "农夫山泉 550ml", Price: price},
		CreatedAt: time.Now(),
	}
	var err error
	if o.Request, err = w.g.Prepare(o, time.Now().Add(2*time.Minute)); err != nil {
		w.Fatal(err)
	}
	return o
}

// created has a code that can be scanned.
func (w *world) created() sale.Order {
	w.Helper()
	o := w.order()
	var err error
	if o.CodeURL, err = w.g.Create(w.Context(), o); err != nil || o.CodeURL == "" {
		w.Fatalf("created with code %q, %v", o.CodeURL, err)
	}
	return o
}

// sold is paid, and the order knows it as the core would.
func (w *world) sold() sale.Order {
	w.Helper()
	o := w.created()
	w.h.Pay(w, o.CodeURL)
	trade := w.state(o, sale.TradePaid)
	o.Payment = sale.Payment{TransactionID: trade.TransactionID, PaidAt: trade.PaidAt}
	o.State, o.Cause = sale.Refunding, sale.CauseNotDropped
	return o
}

// state queries and wants the given state.
func (w *world) state(o sale.Order, want sale.TradeState) sale.Trade {
	w.Helper()
	trade, err := w.g.Query(w.Context(), o)
	if err != nil || trade.State != want {
		w.Fatalf("query: %s, %v; want %s", trade.State, err, want)
	}
	return trade
}

// is wants an error of this class and of no other.
func (w *world) is(what string, err, class error) {
	w.Helper()
	if !errors.Is(err, class) {
		w.Errorf("%s: %v, want %v", what, err, class)
	}
	for _, other := range []error{sale.ErrTemporary, sale.ErrNotFound, sale.ErrPaid, sale.ErrPaying,
		sale.ErrAlreadyClosed, sale.ErrRefused, sale.ErrMerchant, sale.ErrNotEnough} {
		if other != class && errors.Is(err, other) {
			w.Errorf("%s: %v is %v and also %v", what, err, class, other)
		}
	}
}

// fault wants a class and a technician's fault with one of the codes.
func (w *world) fault(what string, err, class error, codes ...sale.Code) {
	w.Helper()
	w.is(what, err, class)
	var f *sale.Fault
	if !errors.As(err, &f) {
		w.Errorf("%s: %v is no fault", what, err)
		return
	}
	for _, c := range codes {
		if f.Code == c {
			return
		}
	}
	w.Errorf("%s: fault %s, want one of %v", what, f.Code, codes)
}

// codes of the faults that a damage may be reported as.
func codes(d Damage) []sale.Code {
	switch d {
	case RequestLost, AnswerLost, AnswerCut:
		return []sale.Code{sale.CodeNetDown}
	case Fault:
		return []sale.Code{sale.CodePayProvider}
	}
	return []sale.Code{sale.CodePayVerify, sale.CodePayProvider}
}

// damaged runs a call under each damage, on an order of its own.
func (w *world) damaged(all []Damage, make func(*world) sale.Order, test func(*world, Damage, sale.Order)) {
	for _, d := range all {
		w.Run(string(d), func(t *testing.T) {
			inner := &world{T: t, h: w.h, g: w.g}
			o := make(inner)
			defer w.h.Break(t, None)
			w.h.Break(t, d)
			test(inner, d, o)
		})
	}
}

func (w *world) mend() { w.h.Break(w, None) }
