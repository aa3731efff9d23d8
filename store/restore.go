package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"go.etcd.io/bbolt"

	"kioskd/sale"
)

// Restored tells what a ledger was made from.
type Restored struct {
	// From is the copy, empty if the tape alone had everything.
	From string `json:"from,omitempty"`
	// Kept is where the ledger is that was replaced, empty if there was none.
	Kept string `json:"kept,omitempty"`
	// Entries counts the journal entries that came from the tape.
	Entries int `json:"entries"`
	// Doubtful are the orders whose later steps may be lost. The machine asks
	// the provider about each before it sells.
	Doubtful []sale.Number `json:"doubtful,omitempty"`
	// Lost are those of them of which only the number was found.
	Lost []sale.Number `json:"lost,omitempty"`
}

// errNoBase: there is nothing to restore from.
var errNoBase = errors.New("there is no copy of the ledger and no whole tape")

// Restore puts a ledger in place that is made from a copy and from the tape:
// from the copy named, or from the newest sound one if from is empty. A ledger
// that is there is put aside, never deleted. Orders that may have gone on since
// are marked (see [sale.Order.Restored]); order numbers found in the replaced
// ledger and on the tape alone are taken up by number. No number and no
// sequence is used again.
//
// Errors are a *sale.Fault or that of ctx.
func Restore(ctx context.Context, path, from string, o Options) (r Restored, err error) {
	_, err = locked(ctx, path, o, func(path string, o Options) (*Store, error) {
		if from != "" {
			if err := CheckFile(ctx, o.Checker, from); err != nil {
				return nil, &sale.Fault{Code: sale.CodeStoreDamaged, What: from + " cannot be used as a copy of the ledger",
					Hint: "give another copy", Err: err}
			}
		}
		if r, err = restore(ctx, path, from, o); err != nil {
			return nil, restoreFault(path, err)
		}
		return nil, nil
	})
	return r, err
}

func restoreFault(path string, err error) error {
	var f *sale.Fault
	var finding *Finding
	switch {
	case errors.As(err, &f), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, errNoBase), errors.As(err, &finding):
		return &sale.Fault{Code: sale.CodeStoreDamaged, What: "the ledger " + path + " cannot be restored",
			Hint: "give the file of a backup: kioskd restore FILE", Err: err}
	}
	return accessFault(path, err)
}

// restore needs the ledger's lock.
func restore(ctx context.Context, path, from string, o Options) (r Restored, err error) {
	base, err := pickBase(ctx, path, from, o)
	if err != nil {
		return r, err
	}
	if base.path != path {
		r.From = base.path
	}
	traces, err := findTraces(ctx, path, o)
	if err != nil {
		return r, err
	}
	part := path + unfinished
	if err := errors.Join(removeIfThere(part), layBase(part, base, o)); err != nil {
		return r, err
	}
	if err := rebuild(part, base, traces, o, &r); err != nil {
		return r, errors.Join(fmt.Errorf("restore the ledger: %w", err), removeIfThere(part))
	}
	if err := CheckFile(ctx, o.Checker, part); err != nil {
		return r, errors.Join(fmt.Errorf("examine what was restored: %w", err), removeIfThere(part))
	}
	// It is of an epoch of its own: the copies of before and a new tape do not
	// meet, so it needs a copy of its own before it is used.
	if err := copyFile(ctx, part, o.copyName(path, o.Clock()), o.Checker); err != nil {
		o.Log.Warn("no copy of the restored ledger", "error", err)
	}
	if _, err := os.Lstat(path); err == nil {
		if r.Kept, err = setAside(path, replacedMark, o); err != nil {
			return r, err
		}
	}
	if err := errors.Join(handOver(part), os.Rename(part, path)); err != nil {
		return r, err
	}
	return r, syncDir(filepath.Dir(path))
}

// handOver gives a file that root made to whom its directory belongs.
func handOver(path string) error {
	dir, err := os.Stat(filepath.Dir(path))
	if err != nil || os.Geteuid() != 0 {
		return err
	}
	owner, ok := dir.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	return os.Chown(path, int(owner.Uid), int(owner.Gid))
}

const replacedMark = ".replaced-"

// replacedFiles lists the ledgers that were sound and replaced, oldest first.
func replacedFiles(path string) ([]string, error) {
	return filesNamed(filepath.Dir(path), filepath.Base(path)+replacedMark)
}

// base is what a ledger is made from. Without a path it is an empty ledger of
// an epoch whose tape has everything.
type base struct {
	label
	tape     []segment
	archived uint64 // highest sequence in the archives
	latest   uint64 // highest generation of all that were found
}

// pickBase finds what has come farthest and is sound.
func pickBase(ctx context.Context, path, from string, o Options) (b base, err error) {
	all, err := segments(path)
	if err != nil {
		return b, err
	}
	labels, err := soundCopies(ctx, path, from, o)
	if err != nil {
		return b, err
	}
	b.latest = latest(all)
	for _, l := range labels {
		b.latest = max(b.latest, generation(l.epoch))
	}
	if from != "" {
		labels = slices.DeleteFunc(labels, func(l label) bool { return l.path != from })
	}
	if len(labels) > 0 {
		b.label = labels[0]
	} else if b.epoch, err = wholeTape(all); err != nil {
		return b, err
	}
	if b.archived, err = highestArchived(path); err != nil {
		o.Log.Error("the archives beside a damaged ledger cannot be read", "error", err)
	}
	b.tape = slices.DeleteFunc(all, func(g segment) bool { return b.epoch == "" || g.epoch != b.epoch })
	return b, nil
}

// wholeTape returns the latest ledger whose tape has its beginning.
func wholeTape(all []segment) (epoch string, err error) {
	for _, g := range written(all) {
		if g.base == 0 {
			epoch = max(epoch, g.epoch)
		}
	}
	if epoch == "" {
		err = errNoBase
	}
	return epoch, err
}

// soundCopies lists all from which a ledger can be made: what was asked for,
// the copies, and what was replaced, for a restore may have been cut short.
func soundCopies(ctx context.Context, path, from string, o Options) (labels []label, err error) {
	copies, err := Copies(path, o)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	replaced, err := replacedFiles(path)
	if err != nil {
		return nil, err
	}
	paths := append(copies, replaced...)
	if from != "" && !slices.Contains(paths, from) {
		paths = append(paths, from)
	}
	for _, p := range paths {
		var f *Finding
		err := CheckFile(ctx, o.Checker, p)
		if errors.As(err, &f) {
			o.Log.Error("what could be a copy of the ledger is damaged as well", "path", p, "finding", f.Text)
			continue
		}
		if err != nil {
			return nil, err
		}
		l, err := readLabel(p)
		if err != nil {
			return nil, err
		}
		labels = append(labels, l)
	}
	slices.SortFunc(labels, farthest)
	return labels, nil
}

// findTraces searches what is damaged or replaced, and the tapes, for orders
// and their sequences. What cannot be read does not keep the rest from being
// found.
func findTraces(ctx context.Context, path string, o Options) (map[sale.Number]uint64, error) {
	files, err := filesNamed(filepath.Dir(path), filepath.Base(path))
	if err != nil {
		return nil, err
	}
	traces := map[sale.Number]uint64{}
	for _, f := range files {
		if f != path && !strings.HasPrefix(f, path+keptMark) && !strings.HasPrefix(f, path+replacedMark) && !strings.HasPrefix(f, path+tapeMark) {
			continue
		}
		err := scanOrders(ctx, f, func(n sale.Number, seq uint64) { traces[n] = max(traces[n], seq) })
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			o.Log.Error("orders in it may be missed", "error", err)
		}
	}
	return traces, nil
}

// layBase puts a copy of the base where the new ledger is made.
func layBase(part string, b base, o Options) error {
	if b.path == "" {
		return build(part, o, 0, b.latest+1)
	}
	return writeSynced(part, readFrom(b.path))
}

// readFrom reads a ledger without the room that was allocated behind it.
func readFrom(path string) func(io.Writer) error {
	return func(w io.Writer) error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		used := info.Size()
		if head, finding := verifyHeads(f, used); finding == nil {
			used = int64(head.pages) * int64(head.pageSize)
		}
		_, err = io.Copy(w, io.NewSectionReader(f, 0, used))
		return err
	}
}

func copyFile(ctx context.Context, from, to string, checker []string) error {
	return writeVerified(ctx, to, checker, readFrom(from))
}

// rebuild replays the tape onto the base and marks what is in doubt.
func rebuild(part string, b base, traces map[sale.Number]uint64, o Options, r *Restored) error {
	return guarded(func() error {
		db, err := bbolt.Open(part, 0o600, boltOptions(o.Wait, nil))
		if err != nil {
			return err
		}
		err = migrate(db, Schema, migrations())
		if err == nil {
			err = db.Update(func(tx *bbolt.Tx) error {
				p := replay{tx: tx, log: o.Log, at: o.Clock().UTC(), known: map[sale.Number]uint64{}}
				return p.run(b, traces, r)
			})
		}
		return errors.Join(err, db.Close())
	})
}

// isOld reports whether a ledger is a copy, or the tape knows of steps that it
// does not have, or is that of a later ledger: somebody put an old file in its place, or a disk
// has lost what it had promised to keep. The tapes of ledgers before this one
// say nothing about it.
func (l label) isOld() (bool, error) {
	list, err := segments(l.path)
	if err != nil || l.copied {
		return l.copied, err
	}
	ours := slices.DeleteFunc(slices.Clone(list), func(g segment) bool { return g.epoch != l.epoch })
	others := slices.DeleteFunc(list, func(g segment) bool { return g.epoch == l.epoch })
	if len(others) > 0 && latest(others) >= generation(l.epoch) {
		return true, nil
	}
	if len(ours) == 0 {
		return false, nil
	}
	r, err := readSegment(ours[len(ours)-1])
	return r.last > l.totals.journal, err
}
