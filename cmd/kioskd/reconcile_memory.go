package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"kioskd/reconcile"
)

// memory is what the daemon keeps of its reconciliations, in a file beside the
// ledger. Without it the days are reconciled again, which harms nobody.
type memory struct {
	Done map[reconcile.Day]time.Time `json:"done"` // when
	Last *reconcile.Report           `json:"last,omitempty"`
}

func memoryFile(ledger string) string { return ledger + ".reconciled.json" }

// readMemory returns an empty memory if there is none. Beside an error it is
// usable, too.
func readMemory(ledger string) (memory, error) {
	m := memory{Done: map[reconcile.Day]time.Time{}}
	b, err := os.ReadFile(memoryFile(ledger))
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		if err = json.Unmarshal(b, &m); err != nil || m.Done == nil {
			m = memory{Done: map[reconcile.Day]time.Time{}}
		}
	}
	if err != nil {
		return m, fmt.Errorf("what was reconciled last: %s: %w", memoryFile(ledger), err)
	}
	return m, nil
}

// write makes the memory durable, in the place of the old one.
func (m memory) write(ledger string) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	path := memoryFile(ledger)
	f, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// forget drops the days before the given one.
func (m memory) forget(before reconcile.Day) {
	for day := range m.Done {
		if day.Before(before) {
			delete(m.Done, day)
		}
	}
}
