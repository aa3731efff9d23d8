package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"kioskd/sale"
)

// Reader reads a ledger. Its methods may be called from any goroutine; an
// error is a *sale.Fault unless they say otherwise.
type Reader struct {
	db    *bbolt.DB
	path  string
	boot  uint64
	fault atomic.Pointer[sale.Fault] // the first one; it is final
}

// Failed returns the fault that ended all writing, nil while there is none.
// Only opening the ledger anew mends it.
func (r *Reader) Failed() error {
	if f := r.fault.Load(); f != nil {
		return f
	}
	return nil
}

// OpenReadOnly opens a ledger that no daemon is running on, changing nothing.
// While one runs it returns CodeStoreLocked. The file is not examined as a
// whole, but what is read from it is.
func OpenReadOnly(path string) (*Reader, error) {
	path = realPath(path)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, &sale.Fault{Code: sale.CodeStoreWrite, What: "there is no ledger at " + path,
			Hint: "kioskd makes it when it first runs; if it has run, correct store.path in the config", Err: fs.ErrNotExist}
	}
	if f := examine(path, func(*os.File, boltHead) *Finding { return nil }); f != nil {
		if f.Kind == Damaged {
			return nil, damageFound(f)
		}
		return nil, findingFault(path, f)
	}
	r := &Reader{path: path}
	err := guarded(func() (err error) {
		r.db, err = bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: checkWait})
		return err
	})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, lockedFault(path)
	case err != nil:
		return nil, accessFault(path, err)
	}
	var schema uint32
	err = r.view(func(tx *bbolt.Tx) (err error) {
		schema, err = readSchema(tx)
		return err
	})
	if err == nil && schema != Schema {
		err = schemaFault(schema)
	}
	if err != nil {
		r.db.Close()
		return nil, err
	}
	return r, nil
}

// Close lets go of the file.
func (r *Reader) Close() error { return r.db.Close() }

func (r *Reader) view(read func(*bbolt.Tx) error) error {
	err := guarded(func() error { return r.db.View(read) })
	if err == nil {
		return nil
	}
	var f *sale.Fault
	if errors.As(err, &f) {
		return f
	}
	if errors.Is(err, errNotDamage) {
		return err
	}
	return r.poison(damageFound(err))
}

// errNotDamage is wrapped by errors that say nothing about the ledger.
var errNotDamage = errors.New("reading the ledger")

func (r *Reader) poison(f *sale.Fault) *sale.Fault {
	r.fault.CompareAndSwap(nil, f)
	return r.fault.Load()
}

// Open is part of sale.Ledger: every order with work to do, oldest first.
func (r *Reader) Open() (open []sale.Order, err error) {
	err = r.view(func(tx *bbolt.Tx) error {
		return walk(tx, inOpen, func(_, p []byte) error {
			_, o, err := decodeOrder(p)
			open = append(open, o)
			return err
		})
	})
	return open, err
}

// Filter selects orders. A zero field selects all.
type Filter struct {
	Since, Until time.Time // Order.CreatedAt in [Since, Until)
	States       []sale.State
	Slot         sale.Slot
	Limit        int
}

func (f Filter) takes(o sale.Order) bool {
	return (len(f.States) == 0 || slices.Contains(f.States, o.State)) &&
		(f.Since.IsZero() || !o.CreatedAt.Before(f.Since)) &&
		(f.Until.IsZero() || o.CreatedAt.Before(f.Until)) &&
		(f.Slot == 0 || o.Product.Slot == f.Slot)
}

// Orders returns the newest orders in the ledger that the filter selects,
// newest first. Older ones may be in the archives: see [Archive.Orders].
func (r *Reader) Orders(f Filter) (orders []sale.Order, err error) {
	err = r.newestFirst(func(h orderHead, payload []byte) (more bool, err error) {
		if len(f.States) > 0 && !slices.Contains(f.States, h.state) {
			return true, nil
		}
		_, o, err := decodeOrder(payload)
		if err != nil {
			return false, err
		}
		if f.takes(o) {
			orders = append(orders, o)
		}
		return f.Limit == 0 || len(orders) < f.Limit, nil
	})
	return orders, err
}

// newestFirst visits all orders, open or not, by falling sequence.
func (r *Reader) newestFirst(visit func(h orderHead, payload []byte) (more bool, err error)) error {
	return r.view(func(tx *bbolt.Tx) error { return r.newestIn(tx, visit) })
}

// manyOrders in one look take memory that is worth giving back: a machine that
// is asked how it is all day must not hold its whole past.
const manyOrders = 500

func (r *Reader) newestIn(tx *bbolt.Tx, visit func(h orderHead, payload []byte) (more bool, err error)) error {
	from, err := runsOf(tx, (*bbolt.Cursor).Last)
	if err != nil {
		return err
	}
	for visited := 0; ; visited++ {
		if visited == manyOrders {
			defer r.release(tx) // an error costs memory, and nothing else
		}
		f := &from[0]
		if string(from[1].k) > string(f.k) {
			f = &from[1]
		}
		if f.k == nil {
			return nil
		}
		p, err := f.unseal(f.k, f.v)
		if err != nil {
			return err
		}
		h, _, err := decodeHead(p)
		if err != nil {
			return err
		}
		if more, err := visit(h, p); err != nil || !more {
			return err
		}
		f.k, f.v = f.Prev()
	}
}

// ErrNoOrder: there is no order of that number where it was looked for.
var ErrNoOrder = errors.New("no such order")

// Order finds an order in the ledger by its number or by the end of it, four
// characters or more. Errors beside a *sale.Fault wrap [ErrNoOrder], or name the orders if
// several have that end.
func (r *Reader) Order(number string) (sale.Order, error) {
	o, _, err := r.find(number)
	return o, err
}

func (r *Reader) find(number string) (sale.Order, uint64, error) {
	var orders []sale.Order
	var last uint64
	err := r.newestFirst(func(h orderHead, payload []byte) (bool, error) {
		if !fits(string(h.number), number) {
			return true, nil
		}
		exact := string(h.number) == number
		if exact {
			orders = nil
		}
		_, o, err := decodeOrder(payload)
		orders, last = append(orders, o), h.last
		return !exact, err
	})
	if err == nil {
		err = onlyOne(number, orders)
	}
	if err != nil {
		return sale.Order{}, 0, err
	}
	return orders[0], last, nil
}

// Journal returns an order's entries, oldest first. It finds the order as
// [Reader.Order] does.
func (r *Reader) Journal(number string) (entries []Entry, err error) {
	_, last, err := r.find(number)
	if err != nil {
		return nil, err
	}
	err = r.view(func(tx *bbolt.Tx) (err error) {
		entries, err = chain(tx, last)
		return err
	})
	return entries, err
}

// chain returns an order's entries, oldest first, from its last one.
func chain(tx *bbolt.Tx, last uint64) (entries []Entry, err error) {
	for n := last; n > 0; {
		e, err := entryAt(tx, n)
		if err != nil {
			return nil, err
		}
		if e.Prev >= n {
			return nil, fmt.Errorf("journal entry %d points to %d", n, e.Prev)
		}
		entries = append(entries, e)
		n = e.Prev
	}
	slices.Reverse(entries)
	return entries, nil
}

func entryAt(tx *bbolt.Tx, n uint64) (Entry, error) {
	for _, name := range []string{inJournal, inTail} {
		t, err := tableOf(tx, name)
		if err != nil {
			return Entry{}, err
		}
		p, err := t.get(numberKey(n))
		if err != nil {
			return Entry{}, err
		}
		if p != nil {
			return decodeEntry(n, p)
		}
	}
	return Entry{}, fmt.Errorf("journal entry %d is missing", n)
}

// Counts returns how many orders stand in each state.
func (r *Reader) Counts() (map[sale.State]int, error) {
	counts := map[sale.State]int{}
	err := r.newestFirst(func(h orderHead, _ []byte) (bool, error) {
		counts[h.state]++
		return true, nil
	})
	return counts, err
}

// walkHeads visits the heads of a bucket of orders.
func walkHeads(tx *bbolt.Tx, name string, visit func(seq uint64, h orderHead)) error {
	return walk(tx, name, func(k, p []byte) error {
		h, _, err := decodeHead(p)
		if err == nil && len(k) != 8 {
			err = errors.New("the key has the wrong length")
		}
		if err != nil {
			return fmt.Errorf("%s %x: %w", name, k, err)
		}
		visit(binary.BigEndian.Uint64(k), h)
		return nil
	})
}
