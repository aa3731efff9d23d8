package store

import (
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"
)

// Tries is how many wrong PINs were typed since the last right one.
func (r *Reader) Tries() (n int, err error) {
	err = r.view(func(tx *bbolt.Tx) error {
		n, err = readTries(tx)
		return err
	})
	return n, err
}

// SaveTries keeps that number. It is durable when it returns nil; an error is
// that of [Store.Commit].
func (s *Store) SaveTries(n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.update(func(tx *bbolt.Tx) error {
		if n < 0 {
			return fmt.Errorf("%w: %d wrong PINs", ErrRefused, n)
		}
		meta, err := tableOf(tx, inMeta)
		if err != nil {
			return err
		}
		return meta.put([]byte(keyTries), binary.AppendUvarint(nil, uint64(n)))
	})
}

// readTries: a ledger in which nobody has typed a PIN has no such record.
func readTries(tx *bbolt.Tx) (int, error) {
	meta, err := tableOf(tx, inMeta)
	if err != nil {
		return 0, err
	}
	p, err := meta.get([]byte(keyTries))
	if p == nil || err != nil {
		return 0, err
	}
	d := decoder{rest: p}
	n := d.uvarint()
	return int(n), d.end("number of wrong PINs")
}
