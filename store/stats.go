package store

import (
	"fmt"
	"os"

	"go.etcd.io/bbolt"
)

// Stats is the ledger's size and wear.
type Stats struct {
	Path      string `json:"path"`
	Size      int64  `json:"size"`       // bytes of the file
	Used      int64  `json:"used"`       // bytes up to the last page in use
	FreePages int    `json:"free_pages"` // within Used
	Boots     uint64 `json:"boots"`      // starts of the daemon
	Orders    uint64 `json:"orders"`
	Open      uint64 `json:"open"`
	Journal   uint64 `json:"journal"`
	Doubts    uint64 `json:"doubts"`
	Archived  uint64 `json:"archived"` // orders that have moved to the archives
	// Commits and Written, in bytes, count what this process wrote.
	Commits int   `json:"commits"`
	Written int64 `json:"written"`
}

// Stats returns the ledger's size and wear.
func (r *Reader) Stats() (Stats, error) {
	st := Stats{Path: r.path}
	err := r.view(func(tx *bbolt.Tx) error {
		t, err := readTotals(tx)
		if err != nil {
			return err
		}
		st.Boots, st.Orders, st.Open, st.Journal, st.Doubts = t.boots, t.orders, t.open, t.journal, t.doubts
		st.Archived = t.archived
		st.Used = tx.Size()
		info, err := os.Stat(r.path)
		if err != nil {
			return fmt.Errorf("%w: %w", errNotDamage, err)
		}
		st.Size = info.Size()
		return nil
	})
	db := r.db.Stats()
	st.FreePages = db.FreePageN + db.PendingPageN
	st.Written = db.TxStats.GetPageAlloc()
	return st, err
}

// Stats adds what this process has written.
func (s *Store) Stats() (Stats, error) {
	st, err := s.Reader.Stats()
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Commits = s.commits
	st.Written += int64(s.commits * os.Getpagesize()) // each commit's head
	return st, err
}
