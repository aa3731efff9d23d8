package sim

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing/synctest"

	"kioskd/store"
)

func (w *world) ledger() string { return filepath.Join(w.dir, "k.db") }

// copy makes a copy of the ledger now and then, whatever the machine is at, but
// while nothing moves: what is in the copy must not depend on the scheduler.
func (w *world) copy() {
	if !w.chance("copy", 8) || w.life.dead.Load() {
		return
	}
	synctest.Wait()
	if _, err := w.store.Copy(context.Background()); err == nil {
		w.figures.Copies++
	}
}

// harm is what a power cut, a dying disk and people do to a ledger that nobody
// has open.
func (w *world) harm() error {
	if w.chance("lag", 3) {
		if err := w.lag(); err != nil {
			return err
		}
	}
	if !w.chance("harm", 3) || !w.restorable() {
		return nil
	}
	w.figures.Harmed++
	switch w.pick("harm", 4) {
	case 0:
		return zeroHead(w.ledger())
	case 1:
		return os.Truncate(w.ledger(), 0)
	case 2:
		return os.Remove(w.ledger())
	}
	return w.putBack()
}

// restorable reports whether there is a copy or a line on the tape. Without
// either a person is asked, rightly.
func (w *world) restorable() bool {
	copies, err := store.Copies(w.ledger(), store.Options{})
	if err != nil || len(copies) > 0 {
		return err == nil
	}
	tape, _ := filepath.Glob(w.ledger() + ".tape-*")
	return slices.ContainsFunc(tape, func(name string) bool {
		info, err := os.Stat(name)
		return err == nil && info.Size() > 0
	})
}

func zeroHead(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, 4096))
	return errors.Join(err, f.Close())
}

// putBack is somebody who takes the ledger for broken and finds a copy.
func (w *world) putBack() error {
	copies, err := store.Copies(w.ledger(), store.Options{})
	if err != nil || len(copies) == 0 {
		return err
	}
	old, err := os.ReadFile(copies[w.pick("which copy", len(copies))])
	if err != nil {
		return err
	}
	return os.WriteFile(w.ledger(), old, 0o600)
}

// lag takes what was not synced off the tape's newest segment, or a part of it.
func (w *world) lag() error {
	tape, err := filepath.Glob(w.ledger() + ".tape-*")
	if err != nil || len(tape) == 0 {
		return err
	}
	newest := tape[len(tape)-1] // names begin with the generation, then comes chance
	text, err := os.ReadFile(newest)
	if err != nil {
		return err
	}
	synced, at := 0, 0
	for line := range bytes.Lines(text) {
		at += len(line)
		if bytes.Contains(line, []byte(`"state":"created","cause":"selected","boot"`)) {
			synced = at
		}
	}
	return os.Truncate(newest, int64(synced+w.pick("lag", len(text)-synced+1)))
}
