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
	return r.view(func(tx *bbolt.Tx) error {
		return r.sinceIn(tx, since, func(h orderHead, o sale.Order) error {
			if !want(o) {
				return nil
			}
			journal, err := chain(tx, h.last)
			if err == nil {
				visit(Archived{Order: o, Journal: journal})
			}
			return err
		})
	})
}

// Since visits the orders in the ledger that were created at or after since,
// newest first.
func (r *Reader) Since(since time.Time, visit func(sale.Order)) error {
	return r.view(func(tx *bbolt.Tx) error {
		return r.sinceIn(tx, since, func(_ orderHead, o sale.Order) error {
			visit(o)
			return nil
		})
	})
}

func (r *Reader) sinceIn(tx *bbolt.Tx, since time.Time, visit func(orderHead, sale.Order) error) error {
	older := 0
	return r.newestIn(tx, func(h orderHead, payload []byte) (more bool, err error) {
		_, o, err := decodeOrder(payload)
		switch {
		case err != nil:
			return false, err
		case o.CreatedAt.Before(since):
			older++
			return older < enoughOlder, nil
		}
		older = 0
		return true, visit(h, o)
	})
}

// Page returns at most limit orders with a sequence above after, in the order
// of their sequence. Who reads page by page holds up nobody; an order that
// changes meanwhile is seen once, as it was on its page.
func (r *Reader) Page(after uint64, limit int) (orders []sale.Order, err error) {
	err = r.view(func(tx *bbolt.Tx) error {
		from, err := runsOf(tx, func(c *bbolt.Cursor) ([]byte, []byte) { return c.Seek(numberKey(after + 1)) })
		if err != nil {
			return err
		}
		for len(orders) < limit {
			if len(orders) == manyOrders-1 {
				defer r.release(tx)
			}
			f := &from[0]
			if f.k == nil || from[1].k != nil && string(from[1].k) < string(f.k) {
				f = &from[1]
			}
			if f.k == nil {
				return nil
			}
			p, err := f.unseal(f.k, f.v)
			if err != nil {
				return err
			}
			_, o, err := decodeOrder(p)
			if err != nil {
				return err
			}
			orders = append(orders, o)
			f.k, f.v = f.Next()
		}
		return nil
	})
	return orders, err
}

// run is one of two buckets that are read as one.
type run struct {
	table
	*bbolt.Cursor
	k, v []byte
}

// runsOf begins to read the open orders and the others, each where begin says.
func runsOf(tx *bbolt.Tx, begin func(*bbolt.Cursor) (k, v []byte)) (from [2]run, err error) {
	for i, name := range []string{inOpen, inOrders} {
		t, err := tableOf(tx, name)
		if err != nil {
			return from, err
		}
		from[i] = run{table: t, Cursor: t.Bucket.Cursor()}
		from[i].k, from[i].v = begin(from[i].Cursor)
	}
	return from, nil
}
