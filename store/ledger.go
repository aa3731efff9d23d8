package store

import (
	"encoding/binary"
	"errors"
	"path/filepath"
	"syscall"
	"time"

	"go.etcd.io/bbolt"

	"kioskd/sale"
)

// LastSeq is part of sale.Ledger.
func (s *Store) LastSeq() (seq uint64, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		t, err := readTotals(tx)
		seq = t.seq
		return err
	})
	return seq, err
}

// Find is part of sale.Ledger.
func (s *Store) Find(number string) (sale.Order, error) { return s.Order(number) }

// Recent is part of sale.Ledger.
func (s *Store) Recent(n int) ([]sale.Order, error) { return s.Orders(Filter{Limit: n}) }

// Doubts is part of sale.Ledger.
func (s *Store) Doubts(since time.Time) (int, error) {
	orders := map[uint64]bool{}
	err := s.view(func(tx *bbolt.Tx) error {
		doubts, err := tableOf(tx, inDoubts)
		if err != nil {
			return err
		}
		c := doubts.Cursor()
		for k, v := c.Seek(timeKey(since)); k != nil; k, v = c.Next() {
			if _, err := doubts.unseal(k, v); err != nil {
				return err
			}
			orders[binary.BigEndian.Uint64(k[len(k)-8:])] = true
		}
		return nil
	})
	return len(orders), err
}

// Health is part of sale.Ledger. It asks the file system each time, so that
// sales go on by themselves when there is space again, and now and then
// allocates the room for later sales.
func (s *Store) Health() error {
	if f := s.fault.Load(); f != nil {
		return f
	}
	space, err := s.o.Space(filepath.Dir(s.path))
	switch {
	case err != nil:
		return writeFault(err)
	case space.ReadOnly || s.refusesWriters():
		return readOnlyFault(nil)
	case space.Free < s.o.Reserve:
		return spaceFault(space, s.o.Reserve, nil)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var f *sale.Fault
	switch err := s.extendRoom(); {
	case errors.As(err, &f):
		return f
	case noSpace(err):
		return spaceFault(space, s.o.Reserve, err)
	case err != nil:
		return writeFault(err)
	}
	if s.tape.err != nil {
		if err := s.mendTape(); err != nil {
			return writeFault(err)
		}
		s.o.Log.Info("the tape goes on")
	}
	return nil
}

// refusesWriters: after an error ext4 may call itself writable to statfs(2)
// and refuse every writer all the same (emergency_ro).
func (s *Store) refusesWriters() bool {
	// Asked once a second: package os would also register the file for polling.
	fd, err := syscall.Open(s.path+".lock", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err == nil {
		_ = syscall.Close(fd) // an flock belongs to the descriptor that took it
	}
	return errors.Is(err, syscall.EROFS)
}

// extendRoom needs s.mu, or a store that nobody else has yet.
func (s *Store) extendRoom() error {
	var used int64
	err := s.view(func(tx *bbolt.Tx) error {
		used = tx.Size()
		return nil
	})
	if err != nil {
		return err
	}
	return s.room.extend(used, roomLow)
}
