package store

import (
	"encoding/binary"
	"fmt"
	"io"

	"go.etcd.io/bbolt"
)

// Backup writes a complete, consistent copy of the ledger, while it is in use
// too. An error that is no *sale.Fault is that of w.
func (r *Reader) Backup(w io.Writer) error {
	return r.view(func(tx *bbolt.Tx) error {
		out := &headFixer{w: w, page: tx.DB().Info().PageSize}
		_, err := tx.WriteTo(out)
		if out.err != nil {
			err = out.err // bbolt keeps only its text
		}
		if err != nil {
			return fmt.Errorf("%w: back up: %w", errNotDamage, err)
		}
		return nil
	})
}

// headFixer puts the two heads of a copy where a commit would have put them:
// bbolt writes the newer one first whatever its number.
type headFixer struct {
	w     io.Writer
	page  int
	heads []byte
	done  bool
	err   error // of w
}

func (h *headFixer) Write(b []byte) (n int, err error) {
	defer func() { h.err = err }()
	if h.done {
		return h.w.Write(b)
	}
	h.heads = append(h.heads, b...)
	if len(h.heads) < 2*h.page {
		return len(b), nil
	}
	first, second := h.heads[:h.page], h.heads[h.page:2*h.page]
	if parseHead(first).txid%2 != 0 {
		first, second = second, first
	}
	binary.NativeEndian.PutUint64(first, 0)
	binary.NativeEndian.PutUint64(second, 1)
	h.done = true
	for _, part := range [][]byte{first, second, h.heads[2*h.page:]} {
		if _, err := h.w.Write(part); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}
