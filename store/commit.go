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
	return s.update(func(tx *bbolt.Tx) error { return s.apply(tx, step) })
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

// apply writes a step into the transaction.
func (s *Store) apply(tx *bbolt.Tx, step sale.Step) error {
	t, err := readTotals(tx)
	if err != nil {
		return err
	}
	was, err := s.standing(tx, step.Order.Number)
	if err != nil {
		return err
	}
	if err := Admit(was.order, t.seq, step); err != nil {
		return err
	}
	o := step.Order
	last, err := s.journal(tx, &t, was.last, step)
	if err != nil {
		return err
	}
	payload, err := encodeOrder(last, o)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if err := place(tx, &t, was.in, o, payload); err != nil {
		return err
	}
	t.seq = max(t.seq, o.Seq)
	s.known[o.Number] = o.Seq
	return writeTotals(tx, t)
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

// journal writes a step's lines and returns the number of the last one.
func (s *Store) journal(tx *bbolt.Tx, t *totals, prev uint64, step sale.Step) (uint64, error) {
	tail, err := tableOf(tx, inTail)
	if err != nil {
		return 0, err
	}
	from := step.From
	for _, l := range step.Trail {
		t.journal++
		e := Entry{
			N: t.journal, Prev: prev, Number: step.Order.Number, Seq: step.Order.Seq,
			From: from, State: l.State, Cause: l.Cause, Detail: l.Detail,
			Boot: s.boot, At: step.At, Since: step.Since,
		}
		if err := tail.put(numberKey(e.N), e.encode()); err != nil {
			return 0, err
		}
		if l.State == sale.Unknown {
			if err := addDoubt(tx, t, step.At, e.Seq); err != nil {
				return 0, err
			}
		}
		prev, from = e.N, l.State
	}
	return prev, moveTail(tx, tail)
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
