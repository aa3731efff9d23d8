package store

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"kioskd/sale"
)

// Commit makes a step durable: one transaction, synced before it returns. An
// error that wraps [ErrRefused] had no effect and the store goes on. Any other
// is a *sale.Fault after which the step may or may not be durable; every later
// Commit fails with the same one.
func (s *Store) Commit(step sale.Step) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var line Archived
	err := s.update(func(tx *bbolt.Tx) (err error) {
		line, err = s.apply(tx, step)
		return err
	})
	if err == nil {
		s.record(line, step.From == "")
	}
	return err
}

// update runs one writing transaction. After an error other than a refusal
// the file and what memory holds of it may differ, so nothing is written any
// more: a failed sync drops pages that the next one would report as written.
func (s *Store) update(change func(*bbolt.Tx) error) error {
	if f := s.fault.Load(); f != nil {
		return f
	}
	var inside error
	err := guarded(func() error {
		return s.db.Update(func(tx *bbolt.Tx) error {
			inside = change(tx)
			return inside
		})
	})
	var c *crash
	switch {
	case err == nil:
		s.commits++
		return nil
	case errors.As(err, &c):
		s.crashed = true
		return s.poison(damageFound(err))
	case inside == nil:
		return s.poison(writeFault(err))
	case errors.Is(err, ErrRefused):
		return err
	}
	return s.poison(damageFound(err))
}

// apply writes a step into the transaction. It returns the order as the step
// leaves it, with the step's journal entries.
func (s *Store) apply(tx *bbolt.Tx, step sale.Step) (done Archived, err error) {
	t, err := readTotals(tx)
	if err != nil {
		return done, err
	}
	was, err := s.standing(tx, step.Order.Number)
	if err != nil {
		return done, err
	}
	if err := Admit(was.order, t.seq, step); err != nil {
		return done, err
	}
	done = Archived{Order: step.Order, Journal: s.entries(t.journal, was.last, step), Shelves: step.Shelves}
	for _, e := range done.Journal {
		if err := journalEntry(tx, &t, e); err != nil {
			return done, err
		}
	}
	if err := putOrder(tx, &t, was.in, t.journal, step.Order); err != nil {
		return done, err
	}
	if err := putShelves(tx, step.Shelves...); err != nil {
		return done, err
	}
	s.known[step.Order.Number] = step.Order.Seq
	return done, writeTotals(tx, t)
}

// putOrder stores an order whose newest entry is last. in is the bucket where
// it is now, empty for a new one.
func putOrder(tx *bbolt.Tx, t *totals, in string, last uint64, o sale.Order) error {
	payload, err := encodeOrder(last, o)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	t.seq = max(t.seq, o.Seq)
	return place(tx, t, in, o, payload)
}

// standing is an order as it is stored.
type standing struct {
	order *sale.Order // nil: not stored
	in    string      // bucket
	last  uint64      // journal entry
}

func (s *Store) standing(tx *bbolt.Tx, number sale.Number) (standing, error) {
	seq, ok := s.known[number]
	if !ok {
		return standing{}, nil
	}
	for _, name := range []string{inOpen, inOrders} {
		t, err := tableOf(tx, name)
		if err != nil {
			return standing{}, err
		}
		p, err := t.get(numberKey(seq))
		if err != nil {
			return standing{}, err
		}
		if p == nil {
			continue
		}
		h, o, err := decodeOrder(p)
		return standing{&o, name, h.last}, err
	}
	return standing{}, fmt.Errorf("order %s is not where it was", number)
}

// entries are a step's journal lines behind entry number last of the journal
// and prev of its order.
func (s *Store) entries(last, prev uint64, step sale.Step) (list []Entry) {
	from := step.From
	for _, l := range step.Trail {
		last++
		list = append(list, Entry{
			N: last, Prev: prev, Number: step.Order.Number, Seq: step.Order.Seq,
			From: from, State: l.State, Cause: l.Cause, Detail: l.Detail,
			Boot: s.boot, At: step.At, Since: step.Since,
		})
		prev, from = last, l.State
	}
	return list
}

// journalEntry writes the next entry.
func journalEntry(tx *bbolt.Tx, t *totals, e Entry) error {
	tail, err := tableOf(tx, inTail)
	if err != nil {
		return err
	}
	if err := tail.put(numberKey(e.N), e.encode()); err != nil {
		return err
	}
	t.journal = e.N
	if e.State == sale.Unknown {
		if err := addDoubt(tx, t, e.At, e.Seq); err != nil {
			return err
		}
	}
	return moveTail(tx, tail)
}

// tailLength is how many entries fit a page.
const tailLength = 30

// moveTail moves the tail into the journal when it is long enough.
func moveTail(tx *bbolt.Tx, tail table) error {
	keys := make([][]byte, 0, tailLength)
	c := tail.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		keys = append(keys, bytes.Clone(k))
	}
	if len(keys) < tailLength {
		return nil
	}
	journal, err := tableOf(tx, inJournal)
	if err != nil {
		return err
	}
	for _, k := range keys {
		payload, err := tail.get(k)
		if err != nil {
			return err
		}
		if err := errors.Join(journal.put(k, payload), tail.Delete(k)); err != nil {
			return err
		}
	}
	return nil
}

func addDoubt(tx *bbolt.Tx, t *totals, at time.Time, seq uint64) error {
	doubts, err := tableOf(tx, inDoubts)
	if err != nil {
		return err
	}
	key := append(timeKey(at), numberKey(seq)...)
	if doubts.Get(key) == nil {
		t.doubts++
	}
	return doubts.put(key, nil)
}

// place puts an order into the bucket where it belongs now.
func place(tx *bbolt.Tx, t *totals, was string, o sale.Order, payload []byte) error {
	belongs := inOrders
	if o.Open() {
		belongs = inOpen
	}
	to, err := tableOf(tx, belongs)
	if err != nil {
		return err
	}
	key := numberKey(o.Seq)
	if err := to.put(key, payload); err != nil {
		return err
	}
	if was == belongs {
		return nil
	}
	count := map[string]*uint64{inOpen: &t.open, inOrders: &t.orders}
	*count[belongs]++
	if was == "" {
		return nil
	}
	*count[was]--
	from, err := tableOf(tx, was)
	if err != nil {
		return err
	}
	return from.Delete(key)
}
