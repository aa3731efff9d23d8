package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kioskd/sale"
)

// Reconciler compares bills with a ledger. Its methods may be called from any
// goroutine.
type Reconciler struct {
	// Code begins every order number of this machine. Orders of the ledger that
	// were made under another are left out, as they are on the bill.
	Code   string
	Biller Biller
	Ledger Ledger
	Now    func() time.Time
}

const (
	// tries of a call that fails for a time: a provider that works well
	// mis-signs a small share of its answers on purpose.
	tries = 5
	// firstWait is the pause behind the first failure; each one is twice as long.
	firstWait = 2 * time.Second
	// before is how long before its payment or refund an order may have been
	// created. Refunds are asked for until the provider takes them.
	before = 31 * 24 * time.Hour
	// furtherBack is how many more bills are fetched for refunds that were asked
	// for on one day and confirmed on another.
	furtherBack = 3
)

// Run reconciles days whose bills must be ready. An error means that nothing can
// be said of any of them: it is one of a Biller's, the ledger's, or a *sale.Fault
// of a bill that cannot be read.
func (r *Reconciler) Run(ctx context.Context, days []Day) (Report, error) {
	days = slices.SortedFunc(slices.Values(days), func(a, b Day) int { return a.start.Compare(b.start) })
	days = slices.Compact(days)
	c := &comparison{records: map[sale.Number]Record{}, refunds: map[string]bool{}, read: map[Day]bool{}}
	for _, day := range days {
		b, err := r.fetch(ctx, day)
		if err != nil {
			return Report{}, err
		}
		c.bills = append(c.bills, b)
		c.note(b)
	}
	report := Report{Machine: r.Code, At: r.Now()}
	if len(days) == 0 {
		return report, nil
	}
	var err error
	if report.Unread, err = r.records(ctx, c, days[0].Start(), days[len(days)-1].End()); err != nil {
		return Report{}, err
	}
	if err := r.lookBack(ctx, c, days); err != nil {
		return Report{}, err
	}
	report.Days = c.reports()
	return report, nil
}

// fetch gets the bill of a day, with patience.
func (r *Reconciler) fetch(ctx context.Context, day Day) (dayBill, error) {
	if err := day.Check(r.Now()); err != nil {
		return dayBill{}, err
	}
	wait := firstWait
	for try := 1; ; try++ {
		reader := NewReader(r.Code)
		err := r.Biller.TradeBill(ctx, day, reader)
		switch {
		case err == nil:
			return read(day, reader)
		case errors.Is(err, ErrNoBill):
			return dayBill{day: day, none: true}, nil
		case !errors.Is(err, sale.ErrTemporary) || try == tries || ctx.Err() != nil:
			return dayBill{}, fmt.Errorf("bill of %s: %w", day, err)
		}
		select {
		case <-ctx.Done():
			return dayBill{}, fmt.Errorf("bill of %s: %w", day, ctx.Err())
		case <-time.After(wait):
		}
		wait *= 2
	}
}

func read(day Day, r *Reader) (dayBill, error) {
	bill, err := r.Bill()
	if err != nil {
		return dayBill{}, &sale.Fault{
			Code: sale.CodeBillUnread, What: "the bill of " + day.String() + " cannot be read",
			Hint: "compare this day in the merchant portal; the provider may have changed the form of its bills", Err: err,
		}
	}
	return dayBill{day: day, bill: bill}, nil
}

// note remembers which refunds a bill has.
func (c *comparison) note(b dayBill) {
	c.read[b.day] = true
	for _, l := range b.bill.Lines {
		if l.State == lineRefund {
			c.refunds[l.RefundNo] = true
		}
	}
}

// records gets what the ledger has of the days: all that was paid or refunded
// in them, and what the bills name, however old it is.
func (r *Reconciler) records(ctx context.Context, c *comparison, first, end time.Time) ([]string, error) {
	named := map[sale.Number]bool{}
	for _, b := range c.bills {
		for _, l := range b.bill.Lines {
			named[l.Number] = true
		}
	}
	take := func(rec Record) {
		rec.Order.Request, rec.Order.Evidence = nil, nil // nobody asks
		c.records[rec.Order.Number] = rec
		delete(named, rec.Order.Number)
	}
	want := func(o sale.Order) bool {
		return strings.HasPrefix(string(o.Number), r.Code+"-") &&
			(named[o.Number] || o.Refund.Status != "" || !o.Payment.PaidAt.Before(first) && o.Payment.PaidAt.Before(end))
	}
	damage, err := r.Ledger.Records(ctx, first.Add(-before), want, take)
	if err != nil || len(named) == 0 {
		return damage, err
	}
	return r.Ledger.Records(ctx, time.Time{}, func(o sale.Order) bool { return named[o.Number] }, take)
}

// lookBack reads some more bills for refunds that are on none.
func (r *Reconciler) lookBack(ctx context.Context, c *comparison, days []Day) error {
	oldest := DayOf(r.Now()).Add(-Oldest)
	for _, rec := range c.records {
		first, last := rec.span()
		if !rec.refunded() || c.refunds[rec.Order.RefundNumber()] || last.Before(days[0]) || days[len(days)-1].Before(last) {
			continue
		}
		for day, n := last, 0; !day.Before(first) && !day.Before(oldest) && n < furtherBack; day = day.Add(-1) {
			if c.read[day] {
				continue
			}
			b, err := r.fetch(ctx, day)
			if err != nil {
				return err
			}
			c.note(b)
			n++
		}
	}
	return nil
}
