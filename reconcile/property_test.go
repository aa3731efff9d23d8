package reconcile_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kioskd/payment/paytest"
	"kioskd/reconcile"
	"kioskd/sale"
)

// history is what a machine has sold on some days, and the bills that tell the
// same.
type history struct {
	records []reconcile.Record
	bills   map[string][]paytest.BillLine
}

func draw(t *rapid.T) history {
	h := history{bills: map[string][]paytest.BillLine{}}
	days := []reconcile.Day{day.Add(-2), day.Add(-1), day}
	for _, d := range days {
		h.bills[d.String()] = nil
	}
	for i := range rapid.IntRange(1, 12).Draw(t, "orders") {
		at := days[rapid.IntRange(0, 2).Draw(t, "day")].Start().Add(time.Duration(rapid.IntRange(0, 84000).Draw(t, "second")) * time.Second)
		state := rapid.SampledFrom([]sale.State{sale.Dispensed, sale.Dispensed, sale.Refunded, sale.Closed}).Draw(t, "state")
		r := order(state, func(r *reconcile.Record) {
			r.Order.Number, r.Order.Seq = sale.Number(fmt.Sprintf("SH0042-%d-ABCDEF", i+1)), uint64(i+1)
			r.Order.CreatedAt = at.Add(-time.Minute)
			r.Order.Product.Price = sale.Fen(rapid.IntRange(1, 5000).Draw(t, "price"))
			if state != sale.Closed {
				r.Order.Payment = sale.Payment{TransactionID: fmt.Sprint("4200", i), PaidAt: at}
			}
		})
		add := func(l paytest.BillLine) {
			l.OutTradeNo, l.TransactionID = string(r.Order.Number), r.Order.Payment.TransactionID
			of := reconcile.DayOf(l.At).String()
			h.bills[of] = append(h.bills[of], l)
		}
		if state != sale.Closed {
			add(paytest.BillLine{At: at, State: "SUCCESS", Total: int64(r.Order.Product.Price)})
		}
		if state == sale.Refunded {
			asked := at.Add(time.Minute)
			r.RefundAsked, r.RefundTaken = asked, asked.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "taken"))*time.Second)
			back := backs("SUCCESS", func(l *paytest.BillLine) { l.At = asked })
			back.OutRefundNo, back.RefundAsked = r.Order.Number.Refund(), int64(r.Order.Product.Price)
			add(back)
		}
		h.records = append(h.records, r)
	}
	return h
}

func (h history) reconcile(t *rapid.T, tb testing.TB) []reconcile.Difference {
	report, err := run(tb, &provider{lines: h.bills}, &books{records: h.records}, tomorrow.AddDate(0, 0, 1), day.Add(-2), day.Add(-1), day)
	if err != nil {
		t.Fatal(err)
	}
	var all []reconcile.Difference
	for _, d := range report.Days {
		all = append(all, d.Differences...)
		if len(d.Differences)+len(d.Open) == 0 && d.There != d.Here {
			t.Errorf("no difference, but %+v and %+v", d.There, d.Here)
		}
	}
	return all
}

// What both sides tell alike has no difference. Whatever one changes in one line
// of a bill, or in one order, makes one, and it names that order.
func TestEveryChangeIsFound(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := draw(rt)
		if all := h.reconcile(rt, t); len(all) > 0 {
			rt.Fatalf("equal sides: %s", findings(all))
		}
		changed := h.change(rt)
		all := h.reconcile(rt, t)
		if !slices.ContainsFunc(all, func(d reconcile.Difference) bool { return d.Number == changed }) {
			rt.Errorf("nothing about %s: %s", changed, findings(all))
		}
		for _, d := range all {
			if d.Number != changed {
				rt.Errorf("about %s: %s", d.Number, findings(all))
			}
		}
	})
}

// change falsifies one side in one point, and returns whose.
func (h *history) change(t *rapid.T) sale.Number {
	var places [][2]any
	for _, d := range []reconcile.Day{day.Add(-2), day.Add(-1), day} {
		for i := range h.bills[d.String()] {
			places = append(places, [2]any{d.String(), i})
		}
	}
	if len(places) == 0 || rapid.Bool().Draw(t, "a line more") {
		n := rapid.SampledFrom([]string{"SH0042-999-ABCDEF", "SH0042-1-T-ABCDEF"}).Draw(t, "number")
		h.bills[day.String()] = append(h.bills[day.String()], pays(by(n)))
		return sale.Number(n)
	}
	at := places[rapid.IntRange(0, len(places)-1).Draw(t, "place")]
	of, i := at[0].(string), at[1].(int)
	lines := slices.Clone(h.bills[of])
	l := &lines[i]
	number := sale.Number(l.OutTradeNo)
	switch rapid.SampledFrom([]string{"drop", "twice", "amount", "forgotten here", "other state"}).Draw(t, "what") {
	case "drop":
		lines = slices.Delete(lines, i, i+1)
	case "twice":
		lines = append(lines, *l)
	case "amount":
		l.Total, l.RefundAsked = l.Total+1, l.RefundAsked+1
	case "other state":
		l.State = "REVOKED"
	default:
		h.records = slices.DeleteFunc(h.records, func(r reconcile.Record) bool { return r.Order.Number == number })
	}
	h.bills[of] = lines
	return number
}
