package reconcile_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"kioskd/payment/paytest"
	"kioskd/reconcile"
	"kioskd/sale"
)

// day is the day of most tests, noon its noon, and tomorrow a moment when its
// bill is ready.
var (
	day      = reconcile.DayOf(noon)
	noon     = time.Date(2026, 11, 27, 4, 0, 0, 0, time.UTC)
	tomorrow = noon.Add(23 * time.Hour)
)

// provider is a reconcile.Biller of lines that a test gives it.
type provider struct {
	lines  map[string][]paytest.BillLine // by day
	errs   []error                       // of the next calls
	garble func(string) string           // what the file is instead
	asked  []string
}

func (p *provider) TradeBill(_ context.Context, day reconcile.Day, w io.Writer) error {
	p.asked = append(p.asked, day.String())
	if len(p.errs) > 0 {
		err := p.errs[0]
		p.errs = p.errs[1:]
		if err != nil {
			_, _ = io.WriteString(w, "half a b") // must not be used
			return err
		}
	}
	lines, ok := p.lines[day.String()]
	if !ok {
		return fmt.Errorf("ask: %w", reconcile.ErrNoBill)
	}
	text := string(paytest.RenderBill(lines))
	if p.garble != nil {
		text = p.garble(text)
	}
	_, err := io.WriteString(w, text)
	return err
}

// books is a reconcile.Ledger.
type books struct {
	records []reconcile.Record
	err     error
	damage  []string
	passes  int
}

func (b *books) Records(_ context.Context, since time.Time, want func(sale.Order) bool, take func(reconcile.Record)) ([]string, error) {
	b.passes++
	for _, r := range b.records {
		if !r.Order.CreatedAt.Before(since) && want(r.Order) {
			take(r)
		}
	}
	return b.damage, b.err
}

// The order that most tests are about.
const (
	number      = "SH0042-17-ABCDEF"
	transaction = "4200001234202611271234567890"
)

// order is one in a state, paid at noon if the state says so.
func order(state sale.State, change ...func(*reconcile.Record)) reconcile.Record {
	r := reconcile.Record{Order: sale.Order{
		Number: number, Seq: 17, State: state, Product: sale.Product{Slot: 11, Name: "水", Price: 350}, CreatedAt: noon.Add(-time.Minute),
		Request: []byte("{}"), Evidence: sale.Evidence("x"),
	}}
	switch state {
	case sale.Created, sale.Awaiting, sale.Closing, sale.Closed:
	default:
		r.Order.Payment = sale.Payment{TransactionID: transaction, PaidAt: noon}
	}
	switch state {
	case sale.Refunded:
		r.Order.Refund = sale.Refund{Status: sale.RefundSuccess, ID: "503"}
		r.RefundAsked, r.RefundTaken = noon.Add(time.Minute), noon.Add(2*time.Minute)
	case sale.Refunding:
		r.RefundAsked = noon.Add(time.Minute)
	}
	for _, f := range change {
		f(&r)
	}
	return r
}

func refund(status sale.RefundStatus, taken time.Time) func(*reconcile.Record) {
	return func(r *reconcile.Record) {
		r.Order.Refund = sale.Refund{Status: status, ID: "503"}
		r.RefundAsked, r.RefundTaken = noon.Add(time.Minute), taken
	}
}

func restored(r *reconcile.Record) { r.Order.Restored = true }

func priceless(r *reconcile.Record) { r.Order.Product = sale.Product{} }

// pays is the order's payment on the bill.
func pays(change ...func(*paytest.BillLine)) paytest.BillLine {
	l := paytest.BillLine{At: noon, TransactionID: transaction, OutTradeNo: number, State: "SUCCESS", Settled: 350, Total: 350}
	for _, f := range change {
		f(&l)
	}
	return l
}

// backs is the order's own refund on the bill.
func backs(status string, change ...func(*paytest.BillLine)) paytest.BillLine {
	l := paytest.BillLine{
		At: noon.Add(time.Minute), TransactionID: transaction, OutTradeNo: number, State: "REFUND",
		RefundID: "503", OutRefundNo: number + "R", RefundWord: status, Refund: 350, RefundAsked: 350,
	}
	for _, f := range change {
		f(&l)
	}
	return l
}

func by(number string) func(*paytest.BillLine) {
	return func(l *paytest.BillLine) { l.OutTradeNo = number }
}

func portal(l *paytest.BillLine) { l.OutRefundNo = "portal-1" }

// again is the number of a refund that follows a closed one.
func again(l *paytest.BillLine) { l.OutRefundNo = number + "R2" }

func run(t testing.TB, p *provider, b *books, now time.Time, days ...reconcile.Day) (reconcile.Report, error) {
	t.Helper()
	r := &reconcile.Reconciler{Code: "SH0042", Biller: p, Ledger: b, Now: func() time.Time { return now }}
	return r.Run(t.Context(), days)
}

// findings writes what a day's report holds, in short.
func findings(list []reconcile.Difference) string {
	var all []string
	for _, d := range list {
		all = append(all, fmt.Sprintf("%s %s %s/%s %s", d.Kind, d.Number, d.There, d.Here, d.State))
	}
	return strings.Join(all, "; ")
}
