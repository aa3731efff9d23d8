package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"kioskd/sale"
)

// KeepNewest is how many of the newest orders never leave the ledger, whatever
// their age: a clock that jumps ahead ages every order at once.
const KeepNewest = 1000

// lookAtOnce is how many orders one call of Archive reads.
const lookAtOnce = 2000

// Pass is what one call of [Store.Archive] did.
type Pass struct {
	Orders int  // moved to archives
	Done   bool // every order was looked at: enough until tomorrow
	// Held names the reader of the journal that has not taken old entries yet
	// and so holds their orders back; empty if none does.
	Held string
}

// Archive moves at most limit orders, on which nobody has anything left to do,
// from the ledger into the archives beside it, one file for each month (UTC)
// in which orders were created. Call it again until Pass.Done.
//
// An order goes when it and every line of its journal are dated before the
// given time, when KeepNewest orders are newer by sequence, and when every
// reader of the journal has taken its lines. Orders in attention stay. Nothing
// is decided by the clock alone: a clock that jumps ahead moves orders early,
// but never the newest ones, and what was moved is still found; one that jumps
// back only delays.
//
// It is safe at any crash: the archive is synced and read back before the
// ledger forgets the orders, in one transaction for each month. A repeat after
// a crash writes orders again, and readers take each of them once. Machines
// sell meanwhile: a sale waits for one commit of it at most, which is short if
// limit is. It does nothing while [Store.Health] refuses sales, because it
// needs space.
//
// An error that wraps [ErrArchive] concerns the archive alone; the orders are
// still in the ledger. Any other is a *sale.Fault, that of ctx, or wraps
// [ErrRefused]: an order changed meanwhile, and stays. After a fault ask
// [Reader.Failed] whether it is final.
func (s *Store) Archive(ctx context.Context, before time.Time, limit int) (Pass, error) {
	s.archiving.Lock()
	defer s.archiving.Unlock()
	if err := s.Health(); err != nil {
		return Pass{}, err
	}
	var p Pass
	months := map[string][]leaving{}
	err := s.view(func(tx *bbolt.Tx) (err error) {
		p, err = s.pick(tx, before, limit, func(l leaving) { months[monthOf(l.Order)] = append(months[monthOf(l.Order)], l) })
		return err
	})
	p.Orders = 0
	for _, month := range slices.Sorted(maps.Keys(months)) {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = s.move(month, months[month])
		}
		if err != nil {
			break
		}
		p.Orders += len(months[month])
	}
	if err != nil {
		s.lookFrom, p.Done = 0, false
	}
	return p, err
}

// leaving is an order that may go, and the number of its newest entry.
type leaving struct {
	Archived
	last uint64
}

// pick looks on where the call before ended.
func (s *Store) pick(tx *bbolt.Tx, before time.Time, limit int, take func(leaving)) (p Pass, err error) {
	t, err := readTotals(tx)
	if err != nil {
		return p, err
	}
	taken, reader, err := slowest(tx, t.journal)
	if err != nil {
		return p, err
	}
	orders, err := tableOf(tx, inOrders)
	if err != nil {
		return p, err
	}
	c, looked := orders.Cursor(), 0
	for k, v := c.Seek(numberKey(s.lookFrom)); k != nil; k, v = c.Next() {
		seq := binary.BigEndian.Uint64(k)
		if seq+s.o.keepNewest > t.seq {
			break
		}
		if p.Orders == limit || looked == lookAtOnce {
			s.lookFrom = seq
			return p, nil
		}
		looked++
		payload, err := orders.unseal(k, v)
		if err != nil {
			return p, err
		}
		l, ok, err := expired(tx, payload, before)
		switch {
		case err != nil:
			return p, err
		case ok && l.last > taken:
			p.Held = reader
		case ok:
			p.Orders++
			take(l)
		}
	}
	s.lookFrom, p.Done = 0, true
	return p, nil
}

// expired returns an order with its journal if it is old enough to go.
func expired(tx *bbolt.Tx, payload []byte, before time.Time) (l leaving, ok bool, err error) {
	h, o, err := decodeOrder(payload)
	if err != nil || o.Open() || o.State == sale.Attention || !o.CreatedAt.Before(before) {
		return l, false, err
	}
	l.Order, l.last = o, h.last
	l.Journal, err = chain(tx, h.last)
	return l, err == nil && l.expired(before), err
}

// slowest returns the reader of the journal that is farthest behind.
func slowest(tx *bbolt.Tx, end uint64) (taken uint64, reader string, err error) {
	taken = end
	err = walk(tx, inCursors, func(k, _ []byte) error {
		n, err := cursorAt(tx, string(k))
		if n < taken {
			taken, reader = n, string(k)
		}
		return err
	})
	return taken, reader, err
}

// move writes orders of one month to its archive and then takes them out of
// the ledger.
func (s *Store) move(month string, orders []leaving) error {
	had, err := s.extentOf(month)
	if err != nil {
		return err
	}
	records := make([]Archived, len(orders))
	for i, l := range orders {
		records[i] = l.Archived
	}
	length, err := s.appendArchive(archiveFile(s.path, month), had, records)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrArchive, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err = s.update(func(tx *bbolt.Tx) error {
		return forget(tx, month, extent{length, had.orders}, orders)
	})
	if err != nil {
		return err
	}
	for _, l := range orders {
		delete(s.known, l.Order.Number)
	}
	return nil
}

func (s *Store) extentOf(month string) (m extent, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		archives, err := tableOf(tx, inArchives)
		if err != nil {
			return err
		}
		p, err := archives.get([]byte(month))
		if p == nil || err != nil {
			return err
		}
		m, err = decodeExtent(p)
		return err
	})
	return m, err
}

// appendArchive writes one member, synced and read back, and returns the
// file's length.
func (s *Store) appendArchive(path string, had extent, orders []Archived) (length uint64, err error) {
	member, text, err := encodeMember(orders)
	if err != nil {
		return 0, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	end, err := s.archiveEnd(f, had)
	if err != nil {
		return 0, err
	}
	_, err = f.WriteAt(member, end)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = readBack(f, end, len(member), text)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return 0, errors.Join(err, f.Truncate(end)) // the next call looks at what is there anyway
	}
	return uint64(end) + uint64(len(member)), nil
}

// archiveEnd returns where the next member belongs. That is the end of the file
// as the ledger knows it; after a crash it is the end of its last whole member,
// and what follows that, which no ledger ever relied on, is cut off.
func (s *Store) archiveEnd(f *os.File, had extent) (int64, error) {
	info, err := f.Stat()
	if err != nil || info.Size() == int64(had.length) {
		return int64(had.length), err
	}
	if info.Size() < int64(had.length) {
		s.o.Log.Error("an archive is not what it was", "finding", shorter(f.Name(), info.Size(), had))
	}
	var end int64
	err = members(f, func(m foundMember) {
		if m.err == nil {
			end = m.end
		}
	})
	if err != nil || end == info.Size() {
		return end, err
	}
	s.o.Log.Warn("an unfinished end of an archive is cut off", "path", f.Name(), "bytes", info.Size()-end)
	return end, f.Truncate(end)
}

func readBack(f *os.File, at int64, length int, want []byte) error {
	b := make([]byte, length)
	if _, err := f.ReadAt(b, at); err != nil {
		return err
	}
	got, err := decodeMember(b)
	if err == nil && !bytes.Equal(got, want) {
		err = errors.New("what was read back is not what was written")
	}
	return err
}

// forget takes archived orders out of the ledger, with all that is about them.
func forget(tx *bbolt.Tx, month string, m extent, orders []leaving) error {
	t, err := readTotals(tx)
	if err != nil {
		return err
	}
	in, err := tablesOf(tx, inOrders, inJournal, inTail, inDoubts, inArchives)
	if err != nil {
		return err
	}
	for _, l := range orders {
		payload, err := in[inOrders].get(numberKey(l.Order.Seq))
		if err != nil {
			return err
		}
		if h, _, err := decodeHead(payload); err != nil || h.last != l.last {
			return fmt.Errorf("%w: order %s changed while it was archived", ErrRefused, l.Order.Number)
		}
		if err := in[inOrders].Delete(numberKey(l.Order.Seq)); err != nil {
			return err
		}
		if err := forgetJournal(in, &t, l); err != nil {
			return err
		}
		t.orders--
		t.archived++
		m.orders++
	}
	if err := in[inArchives].put([]byte(month), m.encode()); err != nil {
		return err
	}
	return writeTotals(tx, t)
}

func forgetJournal(in map[string]table, t *totals, l leaving) error {
	for _, e := range l.Journal {
		t.gone++
		t.cut = max(t.cut, e.N)
		for _, name := range []string{inJournal, inTail} {
			if err := in[name].Delete(numberKey(e.N)); err != nil {
				return err
			}
		}
		doubt := append(timeKey(e.At), numberKey(e.Seq)...)
		if in[inDoubts].Get(doubt) == nil {
			continue
		}
		t.doubts--
		if err := in[inDoubts].Delete(doubt); err != nil {
			return err
		}
	}
	return nil
}

func tablesOf(tx *bbolt.Tx, names ...string) (map[string]table, error) {
	tables := map[string]table{}
	for _, name := range names {
		t, err := tableOf(tx, name)
		if err != nil {
			return nil, err
		}
		tables[name] = t
	}
	return tables, nil
}

// CheckArchives compares the archives with what the ledger knows of them,
// without reading them: what is shorter than it was, or gone. Each error wraps
// [ErrArchive]; other archives, and selling, are not concerned. Use it at a
// start and now and then.
func (r *Reader) CheckArchives() (lost []error) {
	err := r.view(func(tx *bbolt.Tx) error {
		return walk(tx, inArchives, func(k, p []byte) error {
			had, err := decodeExtent(p)
			if err != nil {
				return err
			}
			path := archiveFile(r.path, string(k))
			info, err := os.Stat(path)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				lost = append(lost, fmt.Errorf("%w: %s is not there, with %d orders", ErrArchive, path, had.orders))
			case err != nil:
				lost = append(lost, fmt.Errorf("%w: %w", ErrArchive, err))
			case info.Size() < int64(had.length):
				lost = append(lost, fmt.Errorf("%w: %w", ErrArchive, shorter(path, info.Size(), had)))
			}
			return nil
		})
	})
	if err != nil {
		lost = append(lost, err)
	}
	return lost
}

func shorter(path string, size int64, had extent) error {
	return fmt.Errorf("%s has %d bytes and should have %d, with %d orders", path, size, had.length, had.orders)
}
