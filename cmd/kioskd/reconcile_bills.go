package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"kioskd/configs"
	"kioskd/reconcile"
	"kioskd/sale"
	"kioskd/store"
)

// bills reconciles for the daemon and for the commands.
type bills struct {
	*reconcile.Reconciler
	ledger string // path; the memory lies beside it
}

// newBills returns an error if the driver has no bills.
func newBills(c *configs.Config, g sale.Gateway, r *store.Reader, now sale.Clock) (*bills, error) {
	b, ok := g.(reconcile.Biller)
	if !ok {
		return nil, fmt.Errorf("kioskd cannot fetch bills with the payment driver %s: compare them in the merchant portal", c.Payment.Driver)
	}
	return &bills{
		Reconciler: &reconcile.Reconciler{Code: c.Machine.ID, Biller: b, Ledger: records{r, c.Store.Path}, Now: now.Now},
		ledger:     c.Store.Path,
	}, nil
}

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

var errNoBills = errors.New("this daemon's payment driver gives no bills that kioskd can fetch: compare them in the merchant portal")

// reconcile answers kioskd reconcile. Who goes away meanwhile stops it.
func (c control) reconcile(w http.ResponseWriter, r *http.Request) {
	if c.bills == nil {
		refuse(w, http.StatusServiceUnavailable, errNoBills)
		return
	}
	var q reconcileRequest
	if !readBody(w, r, &q, "the body is not days to reconcile") {
		return
	}
	report, err := c.bills.Run(r.Context(), q.Days)
	if err != nil {
		refuse(w, http.StatusBadGateway, err)
		return
	}
	reply(w, report)
}

// reconciled answers kioskd reconcile --last.
func (c control) reconciled(w http.ResponseWriter, _ *http.Request) {
	if c.bills == nil {
		refuse(w, http.StatusServiceUnavailable, errNoBills)
		return
	}
	report, err := lastReport(c.bills.ledger)
	switch {
	case errors.Is(err, errNoneYet):
		refuse(w, http.StatusNotFound, err)
	case err != nil:
		refuse(w, http.StatusInternalServerError, err)
	default:
		reply(w, report)
	}
}
