package store

import (
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"
)

// Entries returns at most limit journal entries after number after, in their
// order. The numbers are contiguous: a reader that keeps its place by
// [Store.Advance] misses none and takes none twice.
func (r *Reader) Entries(after uint64, limit int) (entries []Entry, err error) {
	err = r.view(func(tx *bbolt.Tx) error {
		t, err := readTotals(tx)
		if err != nil {
			return err
		}
		for n := after + 1; n <= t.journal && len(entries) < limit; n++ {
			e, err := entryAt(tx, n)
			if err != nil {
				return err
			}
			entries = append(entries, e)
		}
		return nil
	})
	return entries, err
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
// the journal. It is a commit of its own: call it once for many entries.
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
