package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"go.etcd.io/bbolt"

	"kioskd/sale"
)

// createAndOpen makes a ledger. A power cut while bbolt initialises a file
// leaves one that cannot be opened (etcd issue 16596), so the file gets its
// name only when it is complete and synced.
func createAndOpen(path string, o Options, seq uint64) (*Store, error) {
	unfinished := path + ".new"
	archived, err := highestArchived(path)
	switch {
	case err != nil:
		o.Log.Error("the archives beside a new ledger cannot be read", "error", err)
	case archived > 0:
		seq = max(seq, archived+KeepNewest+margin)
	}
	list, err := segments(path)
	if err == nil {
		err = errors.Join(removeIfThere(unfinished), build(unfinished, o, seq, latest(list)+1))
	}
	if err == nil {
		err = os.Rename(unfinished, path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		_ = removeIfThere(unfinished)
		return nil, accessFault(path, err)
	}
	o.Log.Info("new ledger", "path", path, "after", seq)
	return openFile(path, o)
}

func build(path string, o Options, seq, generation uint64) error {
	var file *os.File
	db, err := bbolt.Open(path, 0o600, boltOptions(o.Wait, func(name string, flag int, mode os.FileMode) (*os.File, error) {
		f, err := os.OpenFile(name, flag|os.O_EXCL, mode)
		file = f
		return f, err
	}))
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error { return layOut(tx, seq, generation) })
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, db.Close())
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// accessFault is for what the system does not let us do with path.
func accessFault(path string, err error) *sale.Fault {
	f := &sale.Fault{Code: sale.CodeStoreWrite, What: "the ledger " + path + " cannot be used", Err: err}
	switch {
	case noSpace(err), errors.Is(err, syscall.EROFS):
		return writeFault(err)
	case errors.Is(err, fs.ErrNotExist):
		f.Hint = "make the directory " + filepath.Dir(path) + ", or mount what belongs there"
	case errors.Is(err, fs.ErrPermission):
		f.Hint = "let kioskd's user own " + filepath.Dir(path) + " and the files in it"
	default:
		f.Hint = "check store.path in the config, and the disk"
	}
	return f
}

const keptMark = ".damaged-"

// keptFiles lists the damaged ledgers that were put aside, oldest first.
func keptFiles(path string) ([]string, error) {
	return filesNamed(filepath.Dir(path), filepath.Base(path)+keptMark)
}

// filesNamed lists the files of a directory whose names begin so, by name.
func filesNamed(dir, prefix string) (list []string, err error) {
	entries, err := os.ReadDir(dir) // sorted
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			list = append(list, filepath.Join(dir, e.Name()))
		}
	}
	return list, err
}

func keptFault(kept string, err error) *sale.Fault {
	return &sale.Fault{Code: sale.CodeStoreDamaged, What: "the ledger was damaged and is kept as " + kept,
		Hint: "kioskd restore FILE puts a backup in its place; or move the kept file to another directory to begin an empty ledger," +
			" and compare the orders of the day with the provider's bill",
		Err: err}
}

// findingFault tells what the examination found. Of these only what was once a
// ledger and is damaged may be put aside.
func findingFault(path string, f *Finding) *sale.Fault {
	switch f.Kind {
	case Locked:
		return lockedFault(path)
	case NotALedger:
		return &sale.Fault{Code: sale.CodeStoreDamaged, What: "there is something else where the ledger should be, and it was left as it is",
			Hint: "correct store.path in the config; or, if this was the ledger, kioskd restore", Err: f}
	case Newer:
		return &sale.Fault{Code: sale.CodeStoreWrite, What: "the ledger was written by a newer kioskd",
			Hint: "install that version again", Err: f}
	case Unreadable:
		return &sale.Fault{Code: sale.CodeStoreWrite, What: "the ledger " + path + " cannot be read",
			Hint: "check its owner and permissions, and the disk", Err: f}
	}
	return &sale.Fault{Code: sale.CodeStoreDamaged, What: "the ledger " + path + " is damaged",
		Hint: "kioskd restore puts a copy in its place and keeps the damaged file", Err: f}
}

// setAside renames a ledger. It is never deleted or overwritten.
func setAside(path, mark string, o Options) (string, error) {
	name := path + mark + o.Clock().UTC().Format(timeMark)
	kept := name
	for n := 2; ; n++ {
		if _, err := os.Lstat(kept); errors.Is(err, fs.ErrNotExist) {
			break
		}
		kept = fmt.Sprintf("%s.%d", name, n)
	}
	if err := os.Rename(path, kept); err != nil {
		return "", err
	}
	return kept, syncDir(filepath.Dir(path))
}

// orderPattern finds the numbers and sequences of stored orders in bytes that
// need not be a database any more.
var orderPattern = regexp.MustCompile(`"number":"([0-9A-Za-z_-]{1,32})","seq":([0-9]{1,9}),`)

// margin is what the last orders may have used beyond what can be read.
const margin = 1000

// scanOrders searches a file, damaged or not, for orders.
func scanOrders(ctx context.Context, path string, visit func(sale.Number, uint64)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	const overlap = 128
	block := make([]byte, 0, 1<<20)
	for {
		n, err := io.ReadFull(f, block[len(block):cap(block)])
		block = block[:len(block)+n]
		for _, m := range orderPattern.FindAllSubmatch(block, -1) {
			if seq, err := strconv.ParseUint(string(m[2]), 10, 64); err == nil {
				visit(sale.Number(m[1]), seq)
			}
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		}
		block = append(block[:0], block[len(block)-overlap:]...)
	}
}
