package reconcile

import (
	"context"
	"errors"
	"io"
	"time"

	"kioskd/sale"
)

// Biller is a payment provider that makes bills.
type Biller interface {
	// TradeBill writes the provider's bill of all payments and refunds of a day
	// of Beijing to w, without compression. If it returns nil, what was written
	// is proved to be the bill and all of it. With an error nothing of what was
	// written may be used. It makes one attempt. Errors: ErrNoBill,
	// ErrNotReady, and those of a sale.Gateway: sale.ErrTemporary is worth a
	// repeat, after an interruption too.
	TradeBill(ctx context.Context, day Day, w io.Writer) error
}

// What a Biller says of bills that it cannot give. Both come from answers that
// nothing proves.
var (
	// ErrNoBill: the provider says that nothing was paid or refunded that day.
	ErrNoBill = errors.New("there is none")
	// ErrNotReady: the bill is being made.
	ErrNotReady = errors.New("the provider is still making it: ask again in half an hour")
)

// Ledger is where the orders of the machine are, archived ones too.
type Ledger interface {
	// Records calls take for each order that was created at or after since and
	// that want wants, each once, in any order. damage says which archives, or
	// parts of them, could not be read; an error means that the rest is not
	// complete either.
	Records(ctx context.Context, since time.Time, want func(sale.Order) bool, take func(Record)) (damage []string, err error)
}

// Record is what the ledger knows of an order.
type Record struct {
	Order sale.Order
	// RefundAsked is when the machine first meant to give the money back, and
	// RefundTaken when it knew first that the provider had taken the refund, by
	// its own clock. Zero: never.
	RefundAsked, RefundTaken time.Time
}

// paid reports whether the machine knows of a payment.
func (r Record) paid() bool {
	return r.Order.Payment.TransactionID != "" || !r.Order.Payment.PaidAt.IsZero()
}

// refunded reports whether the provider has taken the order's own refund.
func (r Record) refunded() bool {
	s := r.Order.Refund.Status
	return s == sale.RefundProcessing || s == sale.RefundSuccess
}

// skew is how far the machine's clock may be from the provider's. The provider
// refuses requests from clocks that are further off.
const skew = 5 * time.Minute

// span returns the first and the last day on whose bill the refund can be.
func (r Record) span() (first, last Day) {
	asked, taken := r.RefundAsked, r.RefundTaken
	if asked.IsZero() {
		asked = r.Order.Payment.PaidAt
	}
	if taken.IsZero() {
		taken = asked
	}
	return DayOf(asked.Add(-skew)), DayOf(taken.Add(skew))
}
