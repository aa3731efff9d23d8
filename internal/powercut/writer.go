package powercut

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

// Action is one thing that the process does with its ledger.
type Action struct {
	Do    Doing
	Step  sale.Step  // of commit
	Shelf sale.Shelf // of shelve
	N     uint64     // of advance
}

// Doing names an action.
type Doing string

const (
	doOpen    Doing = "open" // after a power cut, or the first time
	doRestart Doing = "restart"
	doCommit  Doing = "commit"
	doAdvance Doing = "advance"
	doHealth  Doing = "health"
	doShelve  Doing = "shelve" // a person's change of a slot
	doArchive Doing = "archive"
	doBackup  Doing = "backup" // and put it in the ledger's place
	doCopy    Doing = "copy"
	doSpoil   Doing = "spoil" // the ledger's first page, as a dying disk does
)

// reader is whose place in the journal an advance moves.
const reader = "fleet"

// archiveBefore is later than every sale of a script.
var archiveBefore = ledgertest.Day.Add(10 * 365 * 24 * time.Hour)

// player does actions with a ledger.
type player struct {
	path  string
	store *store.Store
}

func (p *player) do(a Action) error {
	switch a.Do {
	case doOpen, doRestart:
		if err := p.close(); err != nil {
			return err
		}
		s, err := store.Open(background, p.path, options())
		p.store = s
		return err
	case doCommit:
		return p.store.Commit(a.Step)
	case doAdvance:
		return p.store.Advance(reader, a.N)
	case doHealth:
		return p.store.Health()
	case doShelve:
		return p.store.SaveShelf(a.Shelf, sale.Action{What: sale.DeedStock, Slot: a.Shelf.Slot})
	case doArchive:
		_, err := p.store.Archive(background, archiveBefore, 12)
		return err
	case doBackup:
		return p.backup()
	case doCopy:
		_, err := p.store.Copy(background)
		return err
	case doSpoil:
		if err := p.close(); err != nil {
			return err
		}
		return spoil(p.path)
	}
	return fmt.Errorf("nobody knows how to %s", a.Do)
}

func (p *player) backup() error {
	var copied bytes.Buffer
	if err := errors.Join(p.store.Backup(&copied), p.close()); err != nil {
		return err
	}
	return os.WriteFile(p.path, copied.Bytes(), 0o600)
}

func spoil(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, 4096))
	return errors.Join(err, f.Close())
}

func (p *player) close() error {
	if p.store == nil {
		return nil
	}
	s := p.store
	p.store = nil
	return s.Close()
}

var background = context.Background()

// options are those of a machine, but for the reserve: the disk of a test
// may be nearly full. The clock that names copies hurries, so that no two have
// one name.
func options() store.Options {
	return store.Options{Reserve: 1, Clock: func() time.Time { return time.Unix(time.Now().UnixMilli()%1e9, 0) }}
}

// Write plays a script on the ledger at path and says "ACK n" to out when
// action n is done. It is what the traced process does.
func Write(path, script string, out io.Writer) error {
	raw, err := os.ReadFile(script)
	if err != nil {
		return err
	}
	var actions []Action
	if err := json.Unmarshal(raw, &actions); err != nil {
		return fmt.Errorf("read the script: %w", err)
	}
	p := player{path: path}
	for n, a := range actions {
		if err := p.do(a); err != nil {
			return fmt.Errorf("action %d, %s: %w", n, a.Do, err)
		}
		if _, err := fmt.Fprintf(out, "ACK %d\n", n); err != nil {
			return err
		}
	}
	return nil // without closing: the power fails here too
}
