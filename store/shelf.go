package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"kioskd/sale"
)

// Shelves is part of sale.Ledger: what was last kept of each slot, by number.
func (r *Reader) Shelves() (list []sale.Shelf, err error) {
	err = r.view(func(tx *bbolt.Tx) error {
		return walkShelves(tx, func(s sale.Shelf) { list = append(list, s) })
	})
	return list, err
}

// SaveShelf is part of sale.Ledger. It is durable when it returns nil; an error
// is that of [Store.Commit].
func (s *Store) SaveShelf(shelf sale.Shelf, a sale.Action) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.update(func(tx *bbolt.Tx) (err error) {
		a, err = s.putAction(tx, a)
		return errors.Join(err, putShelves(tx, shelf))
	})
	if err == nil {
		s.record(Archived{Shelves: []sale.Shelf{shelf}, Actions: []sale.Action{a}, Behind: s.tape.last}, true)
	}
	return err
}

func putShelves(tx *bbolt.Tx, list ...sale.Shelf) error {
	if len(list) == 0 {
		return nil
	}
	t, err := tableOf(tx, inShelves)
	if err != nil {
		return err
	}
	for _, s := range list {
		if s.Slot < 1 {
			return fmt.Errorf("%w: there is no slot %d", ErrRefused, s.Slot)
		}
		payload, err := json.Marshal(s)
		if err != nil {
			return fmt.Errorf("%w: encode slot %s: %w", ErrRefused, s.Slot, err)
		}
		if err := t.put(numberKey(uint64(s.Slot)), payload); err != nil {
			return err
		}
	}
	return nil
}

func walkShelves(tx *bbolt.Tx, each func(sale.Shelf)) error {
	return walk(tx, inShelves, func(k, p []byte) error {
		var s sale.Shelf
		if err := decodeJSON(p, &s); err != nil {
			return fmt.Errorf("slot %x: %w", k, err)
		}
		if len(k) != 8 || binary.BigEndian.Uint64(k) != uint64(s.Slot) {
			return fmt.Errorf("slot %x says that it is %d", k, s.Slot)
		}
		each(s)
		return nil
	})
}

func (s *Store) newSegmentWithShelves(base uint64) error {
	if err := s.newSegment(base); err != nil {
		return err
	}
	return s.tapeShelves(nil)
}

// tapeShelves writes the slots that are not as the lines of the newest segment
// have them: which step or person changed them is not known any more.
func (s *Store) tapeShelves(lines []Archived) error {
	known, err := s.Shelves()
	if err != nil {
		return err
	}
	said := map[sale.Slot]sale.Shelf{}
	for _, a := range lines {
		for _, shelf := range a.Shelves {
			said[shelf.Slot] = shelf
		}
	}
	known = slices.DeleteFunc(known, func(now sale.Shelf) bool { return sameShelf(now, said[now.Slot]) })
	if len(known) > 0 {
		s.tape.write(s.tape.last, true, Archived{Shelves: known, Behind: s.tape.last})
	}
	return s.tape.err
}

func sameShelf(a, b sale.Shelf) bool {
	same := a.Since.Equal(b.Since)
	b.Since = a.Since
	return same && a == b
}
