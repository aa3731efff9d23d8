package gatewaytest

import (
	"errors"
	"time"

	"kioskd/sale"
)

// settled asks until the refund is no longer under way.
func (w *world) settled(o sale.Order) sale.RefundReport {
	w.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		report, err := w.g.QueryRefund(w.Context(), o)
		if err != nil {
			w.Fatalf("query refund: %v", err)
		}
		if report.Status != sale.RefundProcessing {
			return report
		}
		if time.Now().After(deadline) {
			w.Fatal("the refund is under way for 20 s")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// refund asks for it and wants it accepted.
func (w *world) refund(o sale.Order) sale.RefundReport {
	w.Helper()
	report, err := w.g.Refund(w.Context(), o)
	if err != nil || report.ID == "" {
		w.Fatalf("refund: %+v, %v", report, err)
	}
	return report
}

// refundOrder: a repeat is the same refund, and a refunded order is not paid.
func refundOrder(w *world) {
	o := w.sold()
	first := w.refund(o)
	w.state(o, sale.TradeRefunded)
	if again := w.refund(o); again.ID != first.ID {
		w.Errorf("a second refund: %s after %s", again.ID, first.ID)
	}
	if last := w.settled(o); last != (sale.RefundReport{Status: sale.RefundSuccess, ID: first.ID}) {
		w.Errorf("first %+v, last %+v", first, last)
	}
	w.state(o, sale.TradeRefunded)
}

func refundAbnormal(w *world) { refundBecomes(w, sale.RefundAbnormal) }
func refundClosed(w *world)   { refundBecomes(w, sale.RefundClosed) }

func refundBecomes(w *world, status sale.RefundStatus) {
	w.h.RefundsBecome(w, status)
	o := w.sold()
	w.refund(o)
	if last := w.settled(o); last.Status != status {
		w.Errorf("%+v, want %s", last, status)
	}
}

func refundWithoutFunds(w *world) {
	o := w.sold()
	w.h.SetFunds(w, 0)
	_, err := w.g.Refund(w.Context(), o)
	w.is("refund", err, sale.ErrNotEnough)
	w.h.SetFunds(w, price)
	w.refund(o)
}

func refundUnpaid(w *world) {
	o := w.created()
	report, err := w.g.Refund(w.Context(), o)
	if !errors.Is(err, sale.ErrRefused) && !errors.Is(err, sale.ErrNotFound) || report != (sale.RefundReport{}) {
		w.Errorf("%+v, %v", report, err)
	}
}
