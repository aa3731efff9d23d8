package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"kioskd/sale"
)

// Actions is what persons did, the newest first, at most n of them.
func (r *Reader) Actions(n int) (list []sale.Action, err error) {
	err = r.view(func(tx *bbolt.Tx) error {
		t, err := tableOf(tx, inActions)
		if err != nil {
			return err
		}
		c := t.Cursor()
		for k, v := c.Last(); k != nil && len(list) < n; k, v = c.Prev() {
			a, err := decodeAction(t, k, v)
			if err != nil {
				return err
			}
			list = append(list, a)
		}
		return nil
	})
	return list, err
}

// SaveAction is part of sale.Ledger. It is durable when it returns nil; an error
// is that of [Store.Commit].
func (s *Store) SaveAction(a sale.Action) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.update(func(tx *bbolt.Tx) (err error) {
		a, err = s.putAction(tx, a)
		return err
	})
	if err == nil {
		s.record(Archived{Actions: []sale.Action{a}, Behind: s.tape.last}, true)
	}
	return err
}

// putAction gives an action its number and lets go of the oldest.
func (s *Store) putAction(tx *bbolt.Tx, a sale.Action) (sale.Action, error) {
	t, err := tableOf(tx, inActions)
	if err != nil {
		return a, err
	}
	a.N, a.Boot = lastAction(t)+1, s.boot
	return a, t.putAction(a)
}

func lastAction(t table) uint64 {
	k, _ := t.Cursor().Last()
	if len(k) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(k)
}

func (t table) putAction(a sale.Action) error {
	payload, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("%w: encode action %d: %w", ErrRefused, a.N, err)
	}
	if err := t.put(numberKey(a.N), payload); err != nil {
		return err
	}
	if a.N > sale.KeepActions {
		return t.Delete(numberKey(a.N - sale.KeepActions))
	}
	return nil
}

// replayActions takes from the tape what the copy does not have yet.
func replayActions(tx *bbolt.Tx, lines []Archived) error {
	t, err := tableOf(tx, inActions)
	if err != nil {
		return err
	}
	for _, line := range lines {
		for _, a := range line.Actions {
			if a.N <= lastAction(t) {
				continue
			}
			if err := t.putAction(a); err != nil {
				return err
			}
		}
	}
	return nil
}

func walkActions(tx *bbolt.Tx, each func(sale.Action)) error {
	t, err := tableOf(tx, inActions)
	if err != nil {
		return err
	}
	return t.ForEach(func(k, v []byte) error {
		a, err := decodeAction(t, k, v)
		if err == nil {
			each(a)
		}
		return err
	})
}

func decodeAction(t table, k, v []byte) (a sale.Action, err error) {
	p, err := t.unseal(k, v)
	if err != nil {
		return a, err
	}
	if err := decodeJSON(p, &a); err != nil {
		return a, fmt.Errorf("action %x: %w", k, err)
	}
	if len(k) != 8 || binary.BigEndian.Uint64(k) != a.N {
		return a, fmt.Errorf("action %x says that it is %d", k, a.N)
	}
	return a, nil
}
