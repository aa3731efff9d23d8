package store

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"kioskd/sale"
)

// chainEnd is where an order's chain of journal entries ends.
type chainEnd struct {
	n      uint64
	number sale.Number
	state  sale.State
}

// verifyRecords reads every record and checks that they belong together: the
// totals, the count of the journal, which is unbroken but for what went to the
// archives, each order's whole chain through it, and that chain's end against
// the order. An old copy of a page has good checksums and is found by this
// alone.
func verifyRecords(tx *bbolt.Tx, schema uint32) error {
	want, err := readTotals(tx)
	if err != nil {
		return err
	}
	got := totals{boots: want.boots, seq: want.seq, cut: want.cut}
	ends := map[uint64]chainEnd{}
	if got.journal, got.gone, err = verifyJournal(tx, want.cut, ends); err != nil {
		return err
	}
	for _, name := range []string{inOpen, inOrders} {
		n, err := verifyOrders(tx, name, want.seq, ends)
		if err != nil {
			return err
		}
		if name == inOpen {
			got.open = n
		} else {
			got.orders = n
		}
	}
	if got.doubts, err = verifyDoubts(tx); err != nil {
		return err
	}
	if schema > 2 {
		if err := walkShelves(tx, func(sale.Shelf) {}); err != nil {
			return err
		}
	}
	if schema > 3 {
		if err := walkActions(tx, func(sale.Action) {}); err != nil {
			return err
		}
	}
	if schema > 1 {
		if _, err := readEpoch(tx); err != nil {
			return err
		}
		if got.archived, err = verifyArchives(tx); err != nil {
			return err
		}
	}
	if _, err := readTries(tx); err != nil {
		return err
	}
	switch {
	case got != want:
		return fmt.Errorf("the ledger should hold %+v and holds %+v", want, got)
	case uint64(len(ends)) != got.open+got.orders:
		return fmt.Errorf("the journal tells of %d orders, and there are %d", len(ends), got.open+got.orders)
	}
	return verifyCursors(tx, want.journal)
}

// verifyJournal returns the number of the last entry, and how many are missing
// at or below cut.
func verifyJournal(tx *bbolt.Tx, cut uint64, ends map[uint64]chainEnd) (last, gone uint64, err error) {
	for _, name := range []string{inJournal, inTail} {
		err := walk(tx, name, func(k, p []byte) error {
			next := last + 1
			if len(k) == 8 {
				next = max(next, min(binary.BigEndian.Uint64(k), cut+1))
			}
			gone += next - last - 1
			last = next
			return verifyEntry(k, last, p, ends)
		})
		if err != nil {
			return last, gone, err
		}
	}
	if last < cut {
		gone, last = gone+cut-last, cut
	}
	return last, gone, nil
}

func verifyEntry(key []byte, n uint64, payload []byte, ends map[uint64]chainEnd) error {
	if !bytes.Equal(key, numberKey(n)) {
		return fmt.Errorf("the journal has %x where entry %d should be", key, n)
	}
	e, err := decodeEntry(n, payload)
	if err != nil {
		return fmt.Errorf("journal %d: %w", n, err)
	}
	before := ends[e.Seq]
	if e.Prev != before.n || e.From != before.state || before.n > 0 && e.Number != before.number {
		return fmt.Errorf("journal %d does not continue entry %d of order %s", n, before.n, e.Number)
	}
	ends[e.Seq] = chainEnd{n, e.Number, e.State}
	return nil
}

func verifyOrders(tx *bbolt.Tx, name string, lastSeq uint64, ends map[uint64]chainEnd) (n uint64, err error) {
	err = walk(tx, name, func(k, p []byte) error {
		n++
		if len(k) != 8 {
			return fmt.Errorf("%s %x: the key has the wrong length", name, k)
		}
		seq := binary.BigEndian.Uint64(k)
		h, _, err := decodeHead(p)
		if err == nil && name == inOpen {
			err = verifyOpen(seq, p)
		}
		switch {
		case err != nil:
			return fmt.Errorf("order %d: %w", seq, err)
		case seq > lastSeq:
			return fmt.Errorf("order %d is above the highest sequence %d", seq, lastSeq)
		case ends[seq] != chainEnd{h.last, h.number, h.state}:
			return fmt.Errorf("order %d, %s, is %s at entry %d; its journal, of %s, ends %s at %d",
				seq, h.number, h.state, h.last, ends[seq].number, ends[seq].state, ends[seq].n)
		case name == inOrders && !h.state.Final():
			return fmt.Errorf("order %d is %s and not among the open ones", seq, h.state)
		}
		return nil
	})
	return n, err
}

// verifyOpen decodes the orders that the next start will act on.
func verifyOpen(seq uint64, payload []byte) error {
	_, o, err := decodeOrder(payload)
	switch {
	case err != nil:
		return err
	case o.Seq != seq:
		return fmt.Errorf("it says that its sequence is %d", o.Seq)
	case !o.Open():
		return fmt.Errorf("it is %s and among the open ones", o.State)
	}
	return nil
}

func verifyDoubts(tx *bbolt.Tx) (n uint64, err error) {
	err = walk(tx, inDoubts, func(k, p []byte) error {
		n++
		if len(k) != 20 || len(p) != 0 {
			return fmt.Errorf("doubt %x has the wrong length", k)
		}
		return nil
	})
	return n, err
}

func verifyArchives(tx *bbolt.Tx) (orders uint64, err error) {
	err = walk(tx, inArchives, func(k, p []byte) error {
		m, err := decodeExtent(p)
		if err == nil && !isMonth(string(k)) {
			err = fmt.Errorf("%q is no month", k)
		}
		orders += m.orders
		return err
	})
	return orders, err
}

func verifyCursors(tx *bbolt.Tx, journal uint64) error {
	return walk(tx, inCursors, func(k, p []byte) error {
		d := decoder{rest: p}
		n := d.uvarint()
		if err := d.end("cursor"); err != nil {
			return err
		}
		if n > journal {
			return fmt.Errorf("reader %s is at entry %d, the journal ends at %d", k, n, journal)
		}
		return nil
	})
}
