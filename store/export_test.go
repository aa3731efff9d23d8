package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"kioskd/sale"
)

// DecodeJSON reads the JSON of a record.
func DecodeJSON(data []byte, into any) error { return decodeJSON(data, into) }

// CommitAll makes many steps durable in one transaction, to build big ledgers.
func (s *Store) CommitAll(steps []sale.Step) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []Archived
	err := s.update(func(tx *bbolt.Tx) error {
		for _, step := range steps {
			line, err := s.apply(tx, step)
			if err != nil {
				return err
			}
			lines = append(lines, line)
		}
		return nil
	})
	for _, line := range lines {
		s.record(line, false)
	}
	return err
}

// Edit changes a ledger behind the package's back.
func (s *Store) Edit(change func(*bbolt.Tx) error) error { return s.db.Update(change) }

// CloseFile takes bbolt's file away, so that every write fails.
func (s *Store) CloseFile() error { return s.room.file.Close() }

func SetSchema(v uint32) func(*bbolt.Tx) error {
	return func(tx *bbolt.Tx) error { return writeSchema(tx, v) }
}

// ToSchema1 makes of a ledger what it was before there were archives.
func ToSchema1(tx *bbolt.Tx) error {
	t, err := readTotals(tx)
	if err != nil {
		return err
	}
	meta, err := tableOf(tx, inMeta)
	if err != nil {
		return err
	}
	var old []byte
	for _, v := range []uint64{t.boots, t.seq, t.journal, t.orders, t.open, t.doubts} {
		old = binary.AppendUvarint(old, v)
	}
	return errors.Join(tx.DeleteBucket([]byte(inArchives)), tx.DeleteBucket([]byte(inShelves)), tx.DeleteBucket([]byte(inActions)), meta.put([]byte(keyTotals), old), writeSchema(tx, 1))
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

// KeepingNewest lets a ledger archive all but n orders.
func (o Options) KeepingNewest(n uint64) Options {
	o.keepNewest = n
	return o
}

// AppendOnly writes to an archive and goes no further, as a crash does then.
func (s *Store) AppendOnly(before time.Time, limit int) error {
	months := map[string][]Archived{}
	err := s.view(func(tx *bbolt.Tx) error {
		_, err := s.pick(tx, before, limit, func(l leaving) {
			months[monthOf(l.Order)] = append(months[monthOf(l.Order)], l.Archived)
		})
		return err
	})
	s.lookFrom = 0
	for month, orders := range months {
		had, err2 := s.extentOf(month)
		_, err3 := s.appendArchive(archiveFile(s.path, month), had, orders)
		err = errors.Join(err, err2, err3)
	}
	return err
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

// CloseTape takes the tape's file away, so that every write fails.
func (s *Store) CloseTape() { _ = s.tape.file.Close() }

// NextTape is the name of a segment that begins now.
func (s *Store) NextTape() string {
	n, _ := s.journalEnd()
	return segmentName(s.path, s.epoch, n)
}

// DecodeExtent decodes what the ledger knows of an archive, and encodes it
// again.
func DecodeExtent(p []byte) ([]byte, error) {
	m, err := decodeExtent(p)
	return m.encode(), err
}

// EncodeMember and Members are the format of archives. Members also returns
// how many pieces could not be read.
func EncodeMember(orders []Archived) ([]byte, error) {
	b, _, err := encodeMember(orders)
	return b, err
}

func Members(file []byte) (orders [][]Archived, lost int, err error) {
	err = members(bytes.NewReader(file), func(m foundMember) {
		if m.err != nil {
			lost++
			return
		}
		orders = append(orders, m.orders)
	})
	return orders, lost, err
}

var (
	EncodeLine = encodeLine
	DecodeText = decodeText
)

// FillActions writes n empty actions at once.
func (s *Store) FillActions(n int) error {
	return s.update(func(tx *bbolt.Tx) error {
		for range n {
			if _, err := s.putAction(tx, sale.Action{}); err != nil {
				return err
			}
		}
		return nil
	})
}
