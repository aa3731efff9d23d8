package books

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"kioskd/kept"
	"kioskd/reconcile"
)

// LastReport is what the daemon of a ledger found when it last reconciled by
// itself; reconcile.ErrNoneYet if it never did.
func LastReport(ledger string) (reconcile.Report, error) {
	m, err := ReadMemory(ledger)
	if err == nil && m.Last == nil {
		err = reconcile.ErrNoneYet
	}
	if err != nil {
		return reconcile.Report{}, err
	}
	return *m.Last, nil
}

// Memory is what the daemon keeps of its reconciliations, in a file beside the
// ledger. Without it the days are reconciled again, which harms nobody.
type Memory struct {
	Done map[reconcile.Day]time.Time `json:"done"` // when
	Last *reconcile.Report           `json:"last,omitempty"`
}

// MemoryFile is where the memory of a ledger is.
func MemoryFile(ledger string) string { return ledger + ".reconciled.json" }

// ReadMemory returns an empty memory if there is none. Beside an error it is
// usable, too.
func ReadMemory(ledger string) (Memory, error) {
	m := Memory{Done: map[reconcile.Day]time.Time{}}
	b, err := os.ReadFile(MemoryFile(ledger))
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		if err = json.Unmarshal(b, &m); err != nil || m.Done == nil {
			m = Memory{Done: map[reconcile.Day]time.Time{}}
		}
	}
	if err != nil {
		return m, fmt.Errorf("what was reconciled last: %s: %w", MemoryFile(ledger), err)
	}
	return m, nil
}

// Write makes the memory durable, in the place of the old one.
func (m Memory) Write(ledger string) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return kept.File(MemoryFile(ledger)).Save(append(b, '\n'))
}

// Forget drops the days before the given one.
func (m Memory) Forget(before reconcile.Day) {
	for day := range m.Done {
		if day.Before(before) {
			delete(m.Done, day)
		}
	}
}
