package store

import (
	"time"

	"go.etcd.io/bbolt"

	"kioskd/sale"
)

// enoughOlder older orders in a row end the search for newer ones: a clock that
// was wrong dates a few orders wrong, not so many.
const enoughOlder = KeepNewest

// Stories visits the orders in the ledger that were created at or after since
// and that want wants, newest first, each with its journal: what the archives
// hold of older ones, see [Archive.Orders]. It holds one order in memory. Sales
// go on meanwhile; what they change is not seen.
func (r *Reader) Stories(since time.Time, want func(sale.Order) bool, visit func(Archived)) error {
	older := 0
	return r.view(func(tx *bbolt.Tx) error {
		return newestIn(tx, func(h orderHead, payload []byte) (more bool, err error) {
			_, o, err := decodeOrder(payload)
			switch {
			case err != nil:
				return false, err
			case o.CreatedAt.Before(since):
				older++
				return older < enoughOlder, nil
			}
			if older = 0; !want(o) {
				return true, nil
			}
			journal, err := chain(tx, h.last)
			if err != nil {
				return false, err
			}
			visit(Archived{Order: o, Journal: journal})
			return true, nil
		})
	})
}
