package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"
)

const (
	copyMark   = ".copy-"
	unfinished = ".new"
	timeMark   = "20060102T150405Z"
	// keepCopies is how many copies stay: one more than a restore needs,
	// because the newest one may have been damaged as well.
	keepCopies = 2
)

// Copy makes a copy of the ledger, examines it, and drops the copies and tapes
// that are not needed any more. Machines sell meanwhile. It returns the copy's
// path. Errors are that of ctx, a *sale.Fault, or concern the copy alone; the
// ledger goes on.
func (s *Store) Copy(ctx context.Context) (string, error) {
	s.copying.Lock()
	defer s.copying.Unlock()
	if err := s.Health(); err != nil {
		return "", err
	}
	if err := dropUnfinished(s.path, s.o); err != nil {
		return "", err
	}
	if err := s.roomForCopy(); err != nil {
		return "", err
	}
	// What comes now goes to a new segment, so that the old ones can be dropped
	// as a whole.
	s.mu.Lock()
	err := s.tape.err
	if err == nil {
		err = s.newSegment(s.tape.last)
		s.tape.err = err
	}
	s.mu.Unlock()
	if err != nil {
		return "", err
	}
	name := s.o.copyName(s.path, s.o.Clock())
	if err := writeVerified(ctx, name, s.o.Checker, s.Backup); err != nil {
		return "", err
	}
	return name, s.prune()
}

func (s *Store) roomForCopy() error {
	st, err := s.Stats()
	if err != nil {
		return err
	}
	dir := cmp.Or(s.o.Copies, filepath.Dir(s.path))
	space, err := s.o.Space(dir)
	if err != nil {
		return err
	}
	if want := s.o.Reserve + st.Used; space.Free < want {
		return fmt.Errorf("%s has %d MiB left, and a copy of the ledger needs %d MiB beside the reserve", dir, space.Free>>20, st.Used>>20)
	}
	return nil
}

// SaveBackup lets write, such as [Reader.Backup], make a copy of a ledger in a
// file that must not exist. It has its name only when it is complete, synced
// and examined.
func SaveBackup(ctx context.Context, file string, checker []string, write func(io.Writer) error) error {
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("%s exists: give another name", file)
	}
	return writeVerified(ctx, file, checker, write)
}

func writeVerified(ctx context.Context, name string, checker []string, write func(io.Writer) error) error {
	part := name + unfinished
	err := errors.Join(writeSynced(part, write), handOver(part))
	if err == nil {
		err = CheckFile(ctx, checker, part)
	}
	if err == nil {
		err = markCopy(part)
	}
	if err == nil {
		err = os.Rename(part, name)
	}
	if err == nil {
		err = syncDir(filepath.Dir(name))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("copy the ledger to %s: %w", name, err), removeIfThere(part))
	}
	return nil
}

// markCopy writes into a copy that it is one. Without that, a copy that
// somebody puts in the ledger's place would be the ledger, if the tape lags.
func markCopy(file string) error {
	return guarded(func() error {
		db, err := bbolt.Open(file, 0o600, boltOptions(checkWait, nil))
		if err != nil {
			return err
		}
		err = db.Update(func(tx *bbolt.Tx) error {
			if schema, err := readSchema(tx); err != nil || schema < Schema {
				return err // an older kioskd knows no marks
			}
			meta, err := tableOf(tx, inMeta)
			if err != nil {
				return err
			}
			return meta.put([]byte(keyCopy), nil)
		})
		return errors.Join(err, db.Close())
	})
}

func writeSynced(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = write(io.NewOffsetWriter(f, 0)) // no file system may share what is to be a second one
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func (o Options) copyName(ledger string, at time.Time) string {
	dir, prefix := o.copiesOf(ledger)
	return filepath.Join(dir, prefix+at.UTC().Format(timeMark))
}

// Copies lists the copies of a ledger by the time in their names, the newest
// first.
func Copies(ledger string, o Options) ([]string, error) {
	list, err := filesNamed(o.copiesOf(ledger))
	list = slices.DeleteFunc(list, isUnfinished)
	slices.Reverse(list)
	return list, err
}

func (o Options) copiesOf(ledger string) (dir, prefix string) {
	return cmp.Or(o.Copies, filepath.Dir(ledger)), filepath.Base(ledger) + copyMark
}

func isUnfinished(name string) bool { return strings.HasSuffix(name, unfinished) }

// dropUnfinished removes what a power cut left of copies.
func dropUnfinished(ledger string, o Options) error {
	list, err := filesNamed(o.copiesOf(ledger))
	errs := []error{err}
	for _, name := range slices.DeleteFunc(list, func(name string) bool { return !isUnfinished(name) }) {
		errs = append(errs, os.Remove(name))
	}
	return errors.Join(errs...)
}

// NewestCopy returns when the newest copy was made, by its name, zero for
// none.
func NewestCopy(ledger string, o Options) (time.Time, error) {
	list, err := Copies(realPath(ledger), o)
	for _, path := range list {
		_, at, _ := strings.Cut(path, copyMark)
		if t, err := time.Parse(timeMark, at); err == nil {
			return t, nil
		}
	}
	return time.Time{}, err
}

// label is how far a file that is known to be sound has come.
type label struct {
	path   string
	schema uint32
	epoch  string
	totals totals
	copied bool
}

func readLabel(path string) (l label, err error) {
	l.path = path
	err = guarded(func() error {
		db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: checkWait})
		if err != nil {
			return err
		}
		defer db.Close()
		return db.View(func(tx *bbolt.Tx) (err error) {
			if l.schema, err = readSchema(tx); err != nil {
				return err
			}
			if l.schema > 1 {
				if l.epoch, err = readEpoch(tx); err != nil {
					return err
				}
			}
			l.copied = tx.Bucket([]byte(inMeta)).Get([]byte(keyCopy)) != nil
			l.totals, err = readTotals(tx)
			return err
		})
	})
	return l, err
}

// farthest orders labels: first what has come farthest in the latest ledger.
// The time in a name does not count: a clock may have been ahead.
func farthest(a, b label) int {
	return cmp.Or(cmp.Compare(generation(b.epoch), generation(a.epoch)), cmp.Compare(b.totals.journal, a.totals.journal), cmp.Compare(b.totals.boots, a.totals.boots), cmp.Compare(b.path, a.path))
}

// prune drops all but the newest copies, and the tapes from before the oldest
// of these. Those of another ledger are dropped when there are enough copies
// of this one.
func (s *Store) prune() error {
	paths, err := Copies(s.path, s.o)
	if err != nil {
		return err
	}
	var ours []label
	var others []string
	for _, path := range paths {
		if l, err := readLabel(path); err == nil && l.epoch == s.epoch {
			ours = append(ours, l)
		} else {
			others = append(others, path)
		}
	}
	slices.SortFunc(ours, farthest)
	var errs []error
	for len(ours) > keepCopies {
		errs = append(errs, os.Remove(ours[len(ours)-1].path))
		ours = ours[:len(ours)-1]
	}
	if len(ours) == 0 {
		return nil
	}
	for _, path := range others[min(len(others), keepCopies-len(ours)):] {
		errs = append(errs, os.Remove(path))
	}
	return errors.Join(append(errs, s.pruneTape(ours[len(ours)-1].totals.journal))...)
}

// pruneTape drops the segments that end before entry number from.
func (s *Store) pruneTape(from uint64) error {
	list, err := segments(s.path)
	if err != nil {
		return err
	}
	var errs []error
	ours := slices.DeleteFunc(slices.Clone(list), func(g segment) bool { return g.epoch != s.epoch })
	for i, g := range ours[:max(0, len(ours)-1)] {
		if ours[i+1].base <= from {
			errs = append(errs, os.Remove(g.path))
		}
	}
	for _, g := range list {
		if g.epoch != s.epoch {
			errs = append(errs, os.Remove(g.path))
		}
	}
	return errors.Join(errs...)
}
