package gatewaytest

import (
	"slices"

	"kioskd/sale"
)

// createUnanswered: the order exists, the answer did not come; a repeat brings
// a code.
func createUnanswered(w *world) {
	w.damaged(afterEffect, (*world).order, func(w *world, d Damage, o sale.Order) {
		code, err := w.g.Create(w.Context(), o)
		w.fault("create", err, sale.ErrTemporary, codes(d)...)
		if code != "" {
			w.Errorf("a code came with the error: %q", code)
		}
		w.mend()
		w.state(o, sale.TradeUnpaid)
		if code, err := w.g.Create(w.Context(), o); err != nil || code == "" {
			w.Errorf("repeated: %q, %v", code, err)
		}
	})
}

func createPrevented(w *world) {
	w.damaged(beforeEffect, (*world).order, func(w *world, d Damage, o sale.Order) {
		code, err := w.g.Create(w.Context(), o)
		w.fault("create", err, sale.ErrTemporary, codes(d)...)
		if code != "" {
			w.Errorf("a code came with the error: %q", code)
		}
		w.mend()
		_, err = w.g.Query(w.Context(), o)
		w.is("query", err, sale.ErrNotFound)
	})
}

// queryDamaged: a paid order is not believed to be paid on a damaged answer.
func queryDamaged(w *world) {
	w.damaged(slices.Concat(afterEffect, beforeEffect, []Damage{Foreign}), (*world).sold, func(w *world, d Damage, o sale.Order) {
		trade, err := w.g.Query(w.Context(), o)
		w.fault("query", err, sale.ErrTemporary, codes(d)...)
		if trade != (sale.Trade{}) {
			w.Errorf("a trade came with the error: %+v", trade)
		}
		w.mend()
		w.state(o, sale.TradePaid)
	})
}

// closeUnanswered: the order is closed, the answer did not come. A close has
// no body that could be cut short.
func closeUnanswered(w *world) {
	all := slices.DeleteFunc(slices.Clone(afterEffect), func(d Damage) bool { return d == AnswerCut })
	w.damaged(all, (*world).created, func(w *world, d Damage, o sale.Order) {
		w.fault("close", w.g.Close(w.Context(), o), sale.ErrTemporary, codes(d)...)
		w.mend()
		w.state(o, sale.TradeClosed)
	})
}

func closePrevented(w *world) {
	w.damaged(beforeEffect, (*world).created, func(w *world, d Damage, o sale.Order) {
		w.fault("close", w.g.Close(w.Context(), o), sale.ErrTemporary, codes(d)...)
		w.mend()
		w.state(o, sale.TradeUnpaid)
		w.h.Pay(w, o.CodeURL)
		w.state(o, sale.TradePaid)
	})
}

// refundUnanswered: the refund exists, the answer did not come; a repeat finds
// the same one.
func refundUnanswered(w *world) {
	w.damaged(slices.Concat(afterEffect, []Damage{Foreign}), (*world).sold, func(w *world, d Damage, o sale.Order) {
		report, err := w.g.Refund(w.Context(), o)
		w.fault("refund", err, sale.ErrTemporary, codes(d)...)
		if report != (sale.RefundReport{}) {
			w.Errorf("a report came with the error: %+v", report)
		}
		w.mend()
		w.state(o, sale.TradeRefunded)
		found := w.settled(o)
		if again := w.refund(o); again.ID != found.ID || found.Status != sale.RefundSuccess {
			w.Errorf("found %+v, repeated %+v", found, again)
		}
	})
}

func refundPrevented(w *world) {
	w.damaged(beforeEffect, (*world).sold, func(w *world, d Damage, o sale.Order) {
		_, err := w.g.Refund(w.Context(), o)
		w.fault("refund", err, sale.ErrTemporary, codes(d)...)
		w.mend()
		w.state(o, sale.TradePaid)
		_, err = w.g.QueryRefund(w.Context(), o)
		w.is("query refund", err, sale.ErrNotFound)
		w.refund(o)
	})
}
