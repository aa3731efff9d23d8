package store

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"time"

	"go.etcd.io/bbolt"
)

// Schema is the layout that this package writes. Schema 1 knew no archives and
// no tape, schema 2 no slots, schema 3 no orders that are written off and no actions.
const Schema = 4

const (
	inMeta     = "meta"
	inOpen     = "open"
	inOrders   = "orders"
	inJournal  = "journal"
	inTail     = "tail"
	inDoubts   = "doubts"
	inCursors  = "cursors"
	inArchives = "archives"
	inShelves  = "shelves"
	inActions  = "actions"
)

func bucketNames() []string {
	return []string{inMeta, inOpen, inOrders, inJournal, inTail, inDoubts, inCursors, inArchives, inShelves, inActions}
}

const (
	keySchema = "schema"
	keyTotals = "totals"
	keyEpoch  = "epoch"
	keyCopy   = "copy"  // in copies alone
	keyTries  = "tries" // optional; kioskd before it does not look at it
)

// packed fills the pages of a bucket that only grows at its end.
const packed = 0.95

// mapSize is fixed, so that bbolt need not map the file anew while readers
// hold it. It is address space, not memory.
const mapSize = 64 << 20

// boltOptions are the safe defaults of bbolt: every commit is synced, and so
// is the free list. openFile sees the file that bbolt uses.
func boltOptions(wait time.Duration, openFile func(string, int, os.FileMode) (*os.File, error)) *bbolt.Options {
	return &bbolt.Options{Timeout: wait, InitialMmapSize: mapSize, OpenFile: openFile}
}

// table is a bucket whose records are sealed.
type table struct {
	name string
	*bbolt.Bucket
}

var errNoBucket = errors.New("bucket is missing")

func tableOf(tx *bbolt.Tx, name string) (table, error) {
	b := tx.Bucket([]byte(name))
	if b == nil {
		return table{}, fmt.Errorf("%s: %w", name, errNoBucket)
	}
	b.FillPercent = packed
	return table{name, b}, nil
}

// get returns a payload, or nil if there is no such record.
func (t table) get(key []byte) ([]byte, error) {
	record := t.Get(key)
	if record == nil {
		return nil, nil
	}
	return t.unseal(key, record)
}

func (t table) unseal(key, record []byte) ([]byte, error) {
	p, err := unseal(t.name, key, record)
	if err != nil {
		return nil, fmt.Errorf("%s %x: %w", t.name, key, err)
	}
	return p, nil
}

func (t table) put(key, payload []byte) error {
	return t.Put(key, seal(t.name, key, payload))
}

// walk reads a bucket's records in the order of their keys.
func walk(tx *bbolt.Tx, name string, each func(key, payload []byte) error) error {
	t, err := tableOf(tx, name)
	if err != nil {
		return err
	}
	return t.ForEach(func(k, v []byte) error {
		p, err := t.unseal(k, v)
		if err != nil {
			return err
		}
		return each(k, p)
	})
}

func readTotals(tx *bbolt.Tx) (totals, error) {
	meta, err := tableOf(tx, inMeta)
	if err != nil {
		return totals{}, err
	}
	p, err := meta.get([]byte(keyTotals))
	if err != nil {
		return totals{}, err
	}
	return decodeTotals(p)
}

func writeTotals(tx *bbolt.Tx, t totals) error {
	meta, err := tableOf(tx, inMeta)
	if err != nil {
		return err
	}
	return meta.put([]byte(keyTotals), t.encode())
}

// readSchema is the one thing that every version of this package must be able
// to read from the file of any other.
func readSchema(tx *bbolt.Tx) (uint32, error) {
	meta, err := tableOf(tx, inMeta)
	if err != nil {
		return 0, err
	}
	p, err := meta.get([]byte(keySchema))
	if err != nil {
		return 0, err
	}
	if len(p) != 4 {
		return 0, errors.New("schema record is missing or has the wrong length")
	}
	return binary.BigEndian.Uint32(p), nil
}

func writeSchema(tx *bbolt.Tx, v uint32) error {
	meta, err := tableOf(tx, inMeta)
	if err != nil {
		return err
	}
	return meta.put([]byte(keySchema), binary.BigEndian.AppendUint32(nil, v))
}

// layOut fills an empty file. seq is what the new ledger counts on from.
func layOut(tx *bbolt.Tx, seq, generation uint64) error {
	for _, name := range bucketNames() {
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return err
		}
	}
	if err := writeSchema(tx, Schema); err != nil {
		return err
	}
	return errors.Join(writeTotals(tx, totals{seq: seq}), newEpoch(tx, generation))
}

// epochShape: eight digits of the generation, eight by chance.
var epochShape = regexp.MustCompile(`^[0-9a-f]{16}$`)

// generation says which of two ledgers of one machine was made later, whatever
// their clocks said.
func generation(epoch string) uint64 {
	n, _ := strconv.ParseUint(epoch[:min(8, len(epoch))], 16, 64)
	return n
}

// newEpoch makes a ledger another one than it was: tapes of before do not
// continue it.
func newEpoch(tx *bbolt.Tx, generation uint64) error {
	meta, err := tableOf(tx, inMeta)
	if err != nil {
		return err
	}
	var b [4]byte
	_, _ = rand.Read(b[:]) // it never fails
	return meta.put([]byte(keyEpoch), fmt.Appendf(nil, "%08x%x", generation, b))
}

func readEpoch(tx *bbolt.Tx) (string, error) {
	meta, err := tableOf(tx, inMeta)
	if err != nil {
		return "", err
	}
	p, err := meta.get([]byte(keyEpoch))
	if err == nil && !epochShape.Match(p) {
		err = errors.New("epoch record is missing or not one")
	}
	return string(p), err
}

// migration turns the layout of schema from into that of from+1. It runs in
// one transaction with the change of the schema record.
type migration struct {
	from  uint32
	apply func(*bbolt.Tx) error
}

// migrations lists the steps from every older schema, in order. There is none
// older than 1.
func migrations() []migration {
	return []migration{{1, addArchives}, {2, addShelves}, {3, addActions}}
}

func addArchives(tx *bbolt.Tx) error {
	if _, err := tx.CreateBucket([]byte(inArchives)); err != nil {
		return err
	}
	t, err := readTotals(tx)
	if err != nil {
		return err
	}
	return errors.Join(writeTotals(tx, t), newEpoch(tx, 1))
}

func addShelves(tx *bbolt.Tx) error {
	_, err := tx.CreateBucket([]byte(inShelves))
	return err
}

// addActions: schema 4 also has one more state of an order, which needs no step.
func addActions(tx *bbolt.Tx) error {
	_, err := tx.CreateBucket([]byte(inActions))
	return err
}

func migrate(db *bbolt.DB, to uint32, steps []migration) error {
	var at uint32
	if err := db.View(func(tx *bbolt.Tx) (err error) {
		at, err = readSchema(tx)
		return err
	}); err != nil {
		return err
	}
	for _, m := range steps {
		if m.from != at || at == to {
			continue
		}
		err := db.Update(func(tx *bbolt.Tx) error {
			if err := m.apply(tx); err != nil {
				return err
			}
			return writeSchema(tx, at+1)
		})
		if err != nil {
			return fmt.Errorf("migrate the ledger from schema %d: %w", at, err)
		}
		at++
	}
	if at != to {
		return fmt.Errorf("the ledger has schema %d, and nothing leads from there to %d", at, to)
	}
	return nil
}
