package store

import (
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"
)

// Entries returns at most limit journal entries after number after, in their
// order. The numbers are contiguous but for the entries of orders that were
// archived: a reader that keeps its place by [Store.Advance] misses none and
// takes none twice, because [Store.Archive] waits for it. A new reader begins
// with what the ledger still has.
func (r *Reader) Entries(after uint64, limit int) (entries []Entry, err error) {
	err = r.view(func(tx *bbolt.Tx) error {
		t, err := readTotals(tx)
		if err != nil {
			return err
		}
		for n := after; len(entries) < limit; {
			next, err := nextEntry(tx, n)
			switch {
			case err != nil:
				return err
			case next == 0 && max(n, t.cut) < t.journal, next > max(n, t.cut)+1:
				return fmt.Errorf("journal entry %d is missing", max(n, t.cut)+1)
			case next == 0:
				return nil
			}
			e, err := entryAt(tx, next)
			if err != nil {
				return err
			}
			entries, n = append(entries, e), next
		}
		return nil
	})
	return entries, err
}

// nextEntry returns the lowest number above n that the journal has, 0 for none.
func nextEntry(tx *bbolt.Tx, n uint64) (uint64, error) {
	for _, name := range []string{inJournal, inTail} {
		t, err := tableOf(tx, name)
		if err != nil {
			return 0, err
		}
		if k, _ := t.Bucket.Cursor().Seek(numberKey(n + 1)); len(k) == 8 {
			return binary.BigEndian.Uint64(k), nil
		}
	}
	return 0, nil
}

// Cursor returns the number of the last entry that the named reader has taken,
// 0 for none.
func (r *Reader) Cursor(name string) (n uint64, err error) {
	err = r.view(func(tx *bbolt.Tx) error {
		n, err = cursorAt(tx, name)
		return err
	})
	return n, err
}

func cursorAt(tx *bbolt.Tx, name string) (uint64, error) {
	cursors, err := tableOf(tx, inCursors)
	if err != nil {
		return 0, err
	}
	p, err := cursors.get([]byte(name))
	if p == nil || err != nil {
		return 0, err
	}
	d := decoder{rest: p}
	n := d.uvarint()
	return n, d.end("cursor")
}

// Advance records, durably, that the named reader has taken all entries up to
// n. It refuses, with an error that wraps [ErrRefused], to go back or beyond
// the journal. It is a commit of its own: call it once for many entries. A name
// once used holds old orders in the ledger until it goes on.
func (s *Store) Advance(name string, n uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.update(func(tx *bbolt.Tx) error {
		t, err := readTotals(tx)
		if err != nil {
			return err
		}
		at, err := cursorAt(tx, name)
		if err != nil {
			return err
		}
		if name == "" || len(name) > 64 || n < at || n > t.journal {
			return fmt.Errorf("%w: reader %q cannot go from entry %d to %d, the journal ends at %d",
				ErrRefused, name, at, n, t.journal)
		}
		cursors, err := tableOf(tx, inCursors)
		if err != nil {
			return err
		}
		return cursors.put([]byte(name), binary.AppendUvarint(nil, n))
	})
}
