package reconcile_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/payment/paytest"
	"kioskd/reconcile"
	"kioskd/sale"
)

// A refund that was asked for on one day and confirmed days later may stand on
// the bill of any of them.
func TestRefundOverDays(t *testing.T) {
	bills := func(with string) map[string][]paytest.BillLine {
		lines := map[string][]paytest.BillLine{day.String(): {pays()}, day.Next().String(): {}, day.Add(2).String(): {}, day.Add(3).String(): {}, day.Add(4).String(): {}, day.Add(5).String(): {}}
		if with != "" {
			lines[with] = append(lines[with], backs("SUCCESS"))
		}
		return lines
	}
	taken := func(days int) reconcile.Record {
		return order(sale.Refunded, refund(sale.RefundSuccess, noon.AddDate(0, 0, days)))
	}
	for _, c := range []struct {
		name           string
		taken          int
		on             string
		days           []reconcile.Day
		asked          string
		differs, waits string
	}{
		{name: "on the first, judged on the last", taken: 1, on: day.String(), days: []reconcile.Day{day.Next()}, asked: "2026-11-28 2026-11-27"},
		{name: "on the first, and that is looked at", taken: 1, on: day.String(), days: []reconcile.Day{day}, asked: "2026-11-27"},
		{name: "not on the first yet", taken: 1, on: day.Next().String(), days: []reconcile.Day{day}, asked: "2026-11-27"},
		{name: "on the last", taken: 1, on: day.Next().String(), days: []reconcile.Day{day.Next(), day, day}, asked: "2026-11-27 2026-11-28"},
		{name: "on none", taken: 1, days: []reconcile.Day{day, day.Next()}, asked: "2026-11-27 2026-11-28",
			differs: "refunded_here_missing_there SH0042-17-ABCDEF 0.00/3.50 refunded"},
		{name: "on none of those that were looked at", taken: 5, days: []reconcile.Day{day.Add(5)}, asked: "2026-12-02 2026-12-01 2026-11-30 2026-11-29",
			waits: "refund_not_found_yet SH0042-17-ABCDEF 0.00/3.50 refunded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &provider{lines: bills(c.on)}
			report, err := run(t, p, &books{records: []reconcile.Record{taken(c.taken)}}, tomorrow.AddDate(0, 0, 5), c.days...)
			if err != nil || strings.Join(p.asked, " ") != c.asked {
				t.Fatalf("asked for %s, %v", p.asked, err)
			}
			last := report.Days[len(report.Days)-1]
			if got := findings(last.Differences); got != c.differs || report.Differences() != len(last.Differences) {
				t.Errorf("%s, %d differences", got, report.Differences())
			}
			if got := findings(last.Open); got != c.waits {
				t.Error(got)
			}
		})
	}
}

// The machine's clock may be five minutes from the provider's: a refund of the
// first or last minutes of a day may stand on the bill of the next day or the day
// before.
func TestRefundNearMidnight(t *testing.T) {
	for _, c := range []struct {
		asked, taken, judged string // times, and days on which the bills are looked at
		want                 string
	}{
		{"2026-11-27 12:00", "2026-11-27 23:54", "2026-11-27", "2026-11-27"},
		{"2026-11-27 12:00", "2026-11-27 23:56", "2026-11-28", "2026-11-28 2026-11-27"},
		{"2026-11-28 00:04", "2026-11-28 00:05", "2026-11-28", "2026-11-28 2026-11-27"},
		{"2026-11-28 00:06", "2026-11-28 00:07", "2026-11-28", "2026-11-28"},
	} {
		at := func(s string) time.Time {
			when, err := time.Parse("2006-01-02 15:04-07", s+"+08")
			if err != nil {
				t.Fatal(err)
			}
			return when
		}
		r := order(sale.Refunded, func(r *reconcile.Record) {
			r.Order.Payment.PaidAt = noon.AddDate(0, 0, -2)
			r.RefundAsked, r.RefundTaken = at(c.asked), at(c.taken)
		})
		p := &provider{lines: map[string][]paytest.BillLine{day.String(): {}, day.Next().String(): {}}}
		judged, err := reconcile.ParseDay(c.judged)
		if err != nil {
			t.Fatal(err)
		}
		report, err := run(t, p, &books{records: []reconcile.Record{r}}, tomorrow.AddDate(0, 0, 1), judged)
		if err != nil || strings.Join(p.asked, " ") != c.want || findings(report.Days[0].Differences) != "refunded_here_missing_there SH0042-17-ABCDEF 0.00/3.50 refunded" {
			t.Errorf("%+v: asked for %s, %+v, %v", c, p.asked, report, err)
		}
	}
}

// Orders of long ago are looked for only when a bill names them.
func TestOldOrders(t *testing.T) {
	old := order(sale.Dispensed, func(r *reconcile.Record) {
		r.Order.CreatedAt, r.Order.Payment.PaidAt = noon.AddDate(0, -2, 0), noon.AddDate(0, -2, 0)
	})
	p := &provider{lines: map[string][]paytest.BillLine{day.String(): {backs("SUCCESS", portal)}}}
	b := &books{records: []reconcile.Record{old}, damage: []string{"archive of 2026-09 is damaged"}}
	report, err := run(t, p, b, tomorrow, day)
	if err != nil || findings(report.Days[0].Differences) != "dispensed_and_refunded SH0042-17-ABCDEF 3.50/0.00 dispensed" || b.passes != 2 {
		t.Errorf("%+v, %v, %d passes", report, err, b.passes)
	}
	if !slices.Equal(report.Unread, b.damage) {
		t.Errorf("%q", report.Unread)
	}
	p.lines[day.String()] = nil
	b.passes = 0
	if report, err := run(t, p, b, tomorrow, day); err != nil || report.Differences() != 0 || b.passes != 1 {
		t.Errorf("%+v, %v, %d passes", report, err, b.passes)
	}
}

// What passes by itself is repeated, with growing pauses; the rest is not.
func TestRepeats(t *testing.T) {
	temporary := fmt.Errorf("bad signature: %w", sale.ErrTemporary)
	merchant := fmt.Errorf("no: %w", sale.ErrMerchant)
	for _, c := range []struct {
		errs  []error
		calls int
		takes time.Duration
		want  string
	}{
		{nil, 1, 0, ""},
		{[]error{temporary, temporary, temporary, temporary}, 5, 30 * time.Second, ""},
		{slices.Repeat([]error{temporary}, 5), 5, 30 * time.Second, "bill of 2026-11-27: bad signature: temporary"},
		{[]error{temporary, merchant}, 2, 2 * time.Second, "bill of 2026-11-27: no: merchant set-up"},
		{[]error{reconcile.ErrNotReady}, 1, 0, "bill of 2026-11-27: the provider is still making it: ask again in half an hour"},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &provider{lines: map[string][]paytest.BillLine{day.String(): {pays()}}, errs: c.errs}
			begun := time.Now()
			report, err := run(t, p, &books{records: []reconcile.Record{order(sale.Dispensed)}}, tomorrow, day)
			if said := fmt.Sprint(err); err != nil && said != c.want || err == nil && c.want != "" || report.Differences() != 0 {
				t.Errorf("%+v, %v", report, err)
			}
			if len(p.asked) != c.calls || time.Since(begun) != c.takes {
				t.Errorf("%d calls in %s", len(p.asked), time.Since(begun))
			}
		})
	}
}

func TestRunErrors(t *testing.T) {
	bills := map[string][]paytest.BillLine{day.String(): {pays()}}
	broken := errors.New("the ledger is damaged")
	for _, c := range []struct {
		name string
		p    *provider
		b    *books
		day  reconcile.Day
		want string
	}{
		{"cut", &provider{lines: bills, garble: func(s string) string { return s[:len(s)/2] }}, &books{}, day,
			"E-BILL-02: the bill of 2026-11-27 cannot be read: the bill ends without its sums: a part is missing (compare this day in the merchant portal; the provider may have changed the form of its bills)"},
		{"ledger", &provider{lines: bills}, &books{err: broken}, day, "the ledger is damaged"},
		{"today", &provider{lines: bills}, &books{}, day.Next(), "2026-11-28 is not over yet: its bill is ready on 2026-11-29 10:00"},
	} {
		report, err := run(t, c.p, c.b, tomorrow, c.day)
		if fmt.Sprint(err) != c.want || len(report.Days) > 0 {
			t.Errorf("%s: %+v, %v", c.name, report, err)
		}
	}
}
