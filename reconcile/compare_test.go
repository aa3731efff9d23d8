package reconcile_test

import (
	"strings"
	"testing"
	"time"

	"kioskd/payment/paytest"
	"kioskd/reconcile"
	"kioskd/sale"
)

// TestCompare: one day, everything that the two sides can say of one order.
func TestCompare(t *testing.T) {
	type lines = []paytest.BillLine
	type records = []reconcile.Record
	refunded := order(sale.Refunded)
	for _, c := range []struct {
		name          string
		there         lines
		here          records
		differs, open string
	}{
		{name: "nothing"},
		{name: "paid and dispensed", there: lines{pays()}, here: records{order(sale.Dispensed)}},
		{name: "paid with a coupon", there: lines{pays(func(l *paytest.BillLine) { l.Settled, l.Coupon = 300, 50 })}, here: records{order(sale.Dispensed)}},
		{name: "paid and refunded", there: lines{pays(), backs("SUCCESS")}, here: records{refunded}},
		{name: "a card's refund that has arrived since", there: lines{pays(), backs("PROCESSING")}, here: records{refunded}},
		{name: "a refund that was mended since", there: lines{pays(), backs("CHANGE")}, here: records{refunded}},
		{name: "closed and never paid", here: records{order(sale.Closed)}},
		{name: "of another machine", there: lines{pays(by("XX01-1-ABCDEF")), backs("SUCCESS", by("XX01-1-ABCDEF"))}},

		{name: "of this machine under an earlier id", here: records{order(sale.Dispensed, func(r *reconcile.Record) { r.Order.Number = "OLD1-17-ABCDEF" })}},

		{name: "unknown here", there: lines{pays()}, differs: "paid_there_unknown_here SH0042-17-ABCDEF 3.50/0.00 "},
		{name: "unknown here and refunded there", there: lines{pays(), backs("SUCCESS")},
			differs: "paid_there_unknown_here SH0042-17-ABCDEF 3.50/0.00 ; refunded_there_unknown_here SH0042-17-ABCDEF 3.50/0.00 "},
		{name: "closed here", there: lines{pays()}, here: records{order(sale.Closed)}, differs: "paid_there_not_here SH0042-17-ABCDEF 3.50/0.00 closed"},
		{name: "still asked about", there: lines{pays()}, here: records{order(sale.Closing)}, differs: "paid_there_not_here SH0042-17-ABCDEF 3.50/0.00 closing"},
		{name: "a test vend that somebody paid", there: lines{pays(by("SH0042-18-T-ABCDEF"))}, here: records{order(sale.Closed, func(r *reconcile.Record) { r.Order.Number = "SH0042-18-T-ABCDEF" })},
			differs: "paid_there_not_here SH0042-18-T-ABCDEF 3.50/0.00 closed"},
		{name: "not on the bill", here: records{order(sale.Dispensed)}, differs: "paid_here_missing_there SH0042-17-ABCDEF 0.00/3.50 dispensed"},
		{name: "neither payment nor refund on the bill", here: records{refunded},
			differs: "paid_here_missing_there SH0042-17-ABCDEF 0.00/3.50 refunded; refunded_here_missing_there SH0042-17-ABCDEF 0.00/3.50 refunded"},
		{name: "another amount", there: lines{pays(func(l *paytest.BillLine) { l.Total = 1 })}, here: records{order(sale.Dispensed)}, differs: "amount_differs SH0042-17-ABCDEF 0.01/3.50 dispensed"},
		{name: "another payment", there: lines{pays(func(l *paytest.BillLine) { l.TransactionID = "42" })}, here: records{order(sale.Dispensed)}, differs: "transaction_differs SH0042-17-ABCDEF 3.50/3.50 dispensed"},
		{name: "paid twice", there: lines{pays(), pays()}, here: records{order(sale.Dispensed)}, differs: "paid_twice_there SH0042-17-ABCDEF 3.50/0.00 dispensed"},
		{name: "a word that nobody knows", there: lines{pays(), pays(func(l *paytest.BillLine) { l.State = "REVOKED" })}, here: records{order(sale.Dispensed)},
			differs: "unclear_there SH0042-17-ABCDEF 3.50/0.00 dispensed"},

		{name: "refunded under a second number, after the first was closed there",
			there: lines{pays(), backs("CHANGE"), backs("SUCCESS", again)},
			here:  records{order(sale.Refunded, func(r *reconcile.Record) { r.Order.Refund.Closed = 1 })}},
		{name: "dispensed, and refunded in the portal", there: lines{pays(), backs("SUCCESS", portal)}, here: records{order(sale.Dispensed)},
			differs: "dispensed_and_refunded SH0042-17-ABCDEF 3.50/0.00 dispensed"},
		{name: "dispensed, and a refund in the portal that failed", there: lines{pays(), backs("CHANGE", portal)}, here: records{order(sale.Dispensed)}},
		{name: "dispensed by a person's word, and refunded by the machine", there: lines{pays(), backs("SUCCESS")}, here: records{order(sale.Dispensed, refund(sale.RefundSuccess, noon.Add(time.Hour)))},
			differs: "dispensed_and_refunded SH0042-17-ABCDEF 3.50/3.50 dispensed"},
		{name: "refunded in the portal, and here it waits for a person", there: lines{pays(), backs("SUCCESS", portal)}, here: records{order(sale.Attention)},
			differs: "refunded_there_not_here SH0042-17-ABCDEF 3.50/0.00 attention", open: "attention SH0042-17-ABCDEF 3.50/3.50 attention"},
		{name: "refunded by both", there: lines{pays(), backs("SUCCESS"), backs("SUCCESS", portal)}, here: records{refunded}, differs: "refunded_there_not_here SH0042-17-ABCDEF 3.50/0.00 refunded"},
		{name: "closed here, refunded there", there: lines{pays(), backs("SUCCESS")}, here: records{order(sale.Closed)},
			differs: "paid_there_not_here SH0042-17-ABCDEF 3.50/0.00 closed; refunded_there_not_here SH0042-17-ABCDEF 3.50/0.00 closed"},
		{name: "the same refund twice", there: lines{pays(), backs("SUCCESS"), backs("SUCCESS")}, here: records{refunded}, differs: "refunded_twice_there SH0042-17-ABCDEF 3.50/0.00 refunded"},
		{name: "less refunded", there: lines{pays(), backs("SUCCESS", func(l *paytest.BillLine) { l.RefundAsked = 100 })}, here: records{refunded}, differs: "refund_amount_differs SH0042-17-ABCDEF 1.00/3.50 refunded"},
		{name: "the refund is not on the bill", there: lines{pays()}, here: records{refunded}, differs: "refunded_here_missing_there SH0042-17-ABCDEF 0.00/3.50 refunded"},
		{name: "a card's refund under way", there: lines{pays(), backs("PROCESSING")}, here: records{order(sale.Refunding, refund(sale.RefundProcessing, noon.Add(2*time.Minute)))},
			open: "refund_under_way SH0042-17-ABCDEF 3.50/3.50 refunding"},
		{name: "a refund whose answer was lost", there: lines{pays(), backs("PROCESSING")}, here: records{order(sale.Refunding)}, open: "refund_under_way SH0042-17-ABCDEF 3.50/0.00 refunding"},
		{name: "a refund that was never taken", there: lines{pays()}, here: records{order(sale.Refunding)}},
		{name: "a refund that failed there", there: lines{pays(), backs("CHANGE")}, here: records{order(sale.Refunding, refund(sale.RefundProcessing, noon.Add(2*time.Minute)))},
			differs: "refund_failed_there SH0042-17-ABCDEF 3.50/3.50 refunding"},
		{name: "a refund that failed on both sides", there: lines{pays(), backs("CHANGE")}, here: records{order(sale.Attention, refund(sale.RefundAbnormal, noon.Add(2*time.Minute)))},
			differs: "refund_failed_there SH0042-17-ABCDEF 3.50/0.00 attention", open: "attention SH0042-17-ABCDEF 3.50/3.50 attention"},
		{name: "a refund that failed here alone", there: lines{pays(), backs("SUCCESS")}, here: records{order(sale.Attention, refund(sale.RefundAbnormal, noon.Add(2*time.Minute)))},
			differs: "refund_state_differs SH0042-17-ABCDEF 3.50/0.00 attention", open: "attention SH0042-17-ABCDEF 3.50/3.50 attention"},

		{name: "attention", there: lines{pays()}, here: records{order(sale.Attention)}, open: "attention SH0042-17-ABCDEF 3.50/3.50 attention"},
		{name: "from a copy, and paid", there: lines{pays()}, here: records{order(sale.Dispensed, restored)}, open: "restored SH0042-17-ABCDEF 3.50/3.50 dispensed"},
		{name: "from a copy, without a price", there: lines{pays(), backs("SUCCESS")}, here: records{order(sale.Refunded, restored, priceless)}, open: "restored SH0042-17-ABCDEF 3.50/0.00 refunded"},
		{name: "from a copy, paid there", there: lines{pays()}, here: records{order(sale.Closed, restored)}, differs: "paid_there_not_here SH0042-17-ABCDEF 3.50/0.00 closed"},
		{name: "paid at no known time", there: lines{pays()}, here: records{order(sale.Refunding, func(r *reconcile.Record) { r.Order.Payment.PaidAt = time.Time{} })}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &provider{lines: map[string][]paytest.BillLine{day.String(): c.there}}
			b := &books{records: c.here}
			report, err := run(t, p, b, tomorrow, day)
			if err != nil || len(report.Days) != 1 {
				t.Fatalf("%+v, %v", report, err)
			}
			d := report.Days[0]
			if got := findings(d.Differences); got != c.differs {
				t.Errorf("differs: %s\nwant:    %s", got, c.differs)
			}
			if got := findings(d.Open); got != c.open {
				t.Errorf("open: %s\nwant: %s", got, c.open)
			}
			if report.Differences() != len(d.Differences) {
				t.Errorf("%d differences are counted", report.Differences())
			}
			for _, x := range append(d.Differences, d.Open...) {
				if x.Means == "" || x.Do == "" || strings.HasSuffix(x.Means+x.Do, ".") {
					t.Errorf("%s means %q: %q", x.Kind, x.Means, x.Do)
				}
			}
		})
	}
}

func TestTotals(t *testing.T) {
	p := &provider{lines: map[string][]paytest.BillLine{day.String(): {
		pays(), backs("SUCCESS"), pays(by("SH0042-18-ABCDEF")), pays(by("XX01-1-ABCDEF")), pays(by("XX01-2-ABCDEF")), backs("SUCCESS", by("XX01-2-ABCDEF")),
	}}}
	other := order(sale.Dispensed, func(r *reconcile.Record) { r.Order.Number, r.Order.Product.Price = "SH0042-19-ABCDEF", 100 })
	report, err := run(t, p, &books{records: []reconcile.Record{order(sale.Refunded), other}}, tomorrow, day)
	if err != nil {
		t.Fatal(err)
	}
	d := report.Days[0]
	there := reconcile.Totals{Payments: 2, Paid: 700, Refunds: 1, Refunded: 350}
	here := reconcile.Totals{Payments: 2, Paid: 450, Refunds: 1, Refunded: 350}
	if d.There != there || d.Here != here || d.Others != 3 || report.Machine != "SH0042" || !report.At.Equal(tomorrow) {
		t.Errorf("%+v", report)
	}
	if got := findings(d.Differences); got != "paid_there_unknown_here SH0042-18-ABCDEF 3.50/0.00 ; paid_here_missing_there SH0042-19-ABCDEF 0.00/1.00 dispensed" {
		t.Error(got)
	}
}

// "There is no bill" is unsigned: it hides nothing that the ledger knows.
func TestNoBill(t *testing.T) {
	report, err := run(t, &provider{}, &books{records: []reconcile.Record{order(sale.Dispensed)}}, tomorrow, day)
	if err != nil || !report.Days[0].NoBill || findings(report.Days[0].Differences) != "paid_here_missing_there SH0042-17-ABCDEF 0.00/3.50 dispensed" {
		t.Errorf("%+v, %v", report, err)
	}
	report, err = run(t, &provider{}, &books{records: []reconcile.Record{order(sale.Closed)}}, tomorrow, day)
	if err != nil || !report.Days[0].NoBill || report.Differences() != 0 {
		t.Errorf("%+v, %v", report, err)
	}
}

// A payment belongs to the day of the provider's success_time, to the second.
func TestMidnight(t *testing.T) {
	at := func(when time.Time) reconcile.Record {
		return order(sale.Dispensed, func(r *reconcile.Record) { r.Order.Payment.PaidAt = when })
	}
	for when, want := range map[time.Time]int{
		day.Start().Add(-time.Second): 0, day.Start(): 1, day.End().Add(-time.Second): 1, day.End(): 0,
	} {
		p := &provider{lines: map[string][]paytest.BillLine{day.String(): {}}}
		report, err := run(t, p, &books{records: []reconcile.Record{at(when)}}, tomorrow, day)
		if err != nil || report.Differences() != want {
			t.Errorf("paid at %s: %+v, %v", when, report, err)
		}
	}
}
