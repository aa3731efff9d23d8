package store

import (
	"go.etcd.io/bbolt"

	"kioskd/sale"
)

// CommitAll makes many steps durable in one transaction, to build big ledgers.
func (s *Store) CommitAll(steps []sale.Step) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.update(func(tx *bbolt.Tx) error {
		for _, step := range steps {
			if err := s.apply(tx, step); err != nil {
				return err
			}
		}
		return nil
	})
}

// Edit changes a ledger behind the package's back.
func (s *Store) Edit(change func(*bbolt.Tx) error) error { return s.db.Update(change) }

// CloseFile takes bbolt's file away, so that every write fails.
func (s *Store) CloseFile() error { return s.room.file.Close() }

func SetSchema(v uint32) func(*bbolt.Tx) error {
	return func(tx *bbolt.Tx) error { return writeSchema(tx, v) }
}

// MigrateTo runs migrations that are not there yet: each one appends its
// number to a record.
func (s *Store) MigrateTo(from []uint32, to uint32) error {
	var steps []migration
	for _, f := range from {
		steps = append(steps, migration{f, func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte(inMeta))
			return b.Put([]byte("ran"), append(append([]byte(nil), b.Get([]byte("ran"))...), byte('0'+f)))
		}})
	}
	return migrate(s.db, to, steps)
}

func (s *Store) Ran() (ran string, schema uint32) {
	_ = s.db.View(func(tx *bbolt.Tx) error {
		ran = string(tx.Bucket([]byte(inMeta)).Get([]byte("ran")))
		schema, _ = readSchema(tx)
		return nil
	})
	return ran, schema
}

// The codecs.
var (
	Seal        = seal
	Unseal      = unseal
	EncodeEntry = Entry.encode
	DecodeEntry = decodeEntry
	EncodeOrder = encodeOrder
)

func DecodeOrder(p []byte) (last uint64, o sale.Order, err error) {
	h, o, err := decodeOrder(p)
	return h.last, o, err
}

func DecodeTotals(p []byte) ([]byte, error) {
	t, err := decodeTotals(p)
	return t.encode(), err
}
