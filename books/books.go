// Package books compares the provider's bills with this machine's ledger, for the
// daemon and for kioskd reconcile: it gives package reconcile the ledger with its
// archives, and remembers in a file beside the ledger what was compared and found.
//
// It moves no money and changes no order.
package books

import (
	"context"
	"fmt"
	"time"

	"kioskd/configs"
	"kioskd/reconcile"
	"kioskd/sale"
	"kioskd/store"
)

// Books reconciles one machine.
type Books struct {
	*reconcile.Reconciler
	Path string // of the ledger; the memory lies beside it
}

// New returns an error if the driver has no bills.
func New(c *configs.Config, g sale.Gateway, r *store.Reader, now sale.Clock) (*Books, error) {
	b, ok := g.(reconcile.Biller)
	if !ok {
		return nil, fmt.Errorf("kioskd cannot fetch bills with the payment driver %s: compare them in the merchant portal", c.Payment.Driver)
	}
	return &Books{
		Reconciler: &reconcile.Reconciler{Code: c.Machine.ID, Biller: b, Ledger: records{r, c.Store.Path}, Now: now.Now},
		Path:       c.Store.Path,
	}, nil
}

// LastReport is what the daemon found when it last reconciled by itself.
func (b *Books) LastReport() (reconcile.Report, error) { return LastReport(b.Path) }

// records is the ledger, with its archives, as the comparison reads it.
type records struct {
	ledger *store.Reader
	path   string
}

// Records is part of reconcile.Ledger. The ledger is read before the archives:
// what moves from one to the other meanwhile is seen twice and taken once.
func (r records) Records(ctx context.Context, since time.Time, want func(sale.Order) bool, take func(reconcile.Record)) (damage []string, err error) {
	seen := map[sale.Number]bool{}
	err = r.ledger.Stories(since, want, func(s store.Archived) {
		seen[s.Order.Number] = true
		take(recordOf(s))
	})
	if err != nil {
		return nil, err
	}
	for s, err := range store.OpenArchive(r.path).Orders(store.Filter{Since: since}) {
		switch {
		case ctx.Err() != nil:
			return damage, ctx.Err()
		case err != nil:
			damage = append(damage, err.Error())
		case !seen[s.Order.Number] && want(s.Order):
			take(recordOf(s))
		}
	}
	return damage, nil
}

// recordOf finds in the journal when the refund that counts was asked for and
// taken: after one that the provider closed, a person may ask for another.
func recordOf(s store.Archived) reconcile.Record {
	r := reconcile.Record{Order: s.Order}
	closed := false
	for _, e := range s.Journal {
		if closed && e.State == sale.Refunding {
			r.RefundAsked, r.RefundTaken = time.Time{}, time.Time{}
		}
		closed = e.State == sale.Attention && e.Detail == sale.DetailRefundClosed
		if e.State == sale.Refunding && r.RefundAsked.IsZero() {
			r.RefundAsked = e.At
		}
		if taken := e.State == sale.Refunded || e.State == sale.Refunding && e.Detail == sale.DetailRefundTaken; taken && r.RefundTaken.IsZero() {
			r.RefundTaken = e.At
		}
	}
	return r
}
