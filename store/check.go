package store

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Finding is why a file cannot be used as a ledger.
type Finding struct {
	Kind FindingKind
	Text string
}

// FindingKind says whose business it is.
type FindingKind string

const (
	Damaged    FindingKind = "damaged"    // it was a ledger; it is put aside
	NotALedger FindingKind = "foreign"    // it never was one: left as it is
	Newer      FindingKind = "newer"      // of a later schema: left as it is
	Locked     FindingKind = "locked"     // another process has it open for writing
	Unreadable FindingKind = "unreadable" // no permission, no file, a disk error
)

func (f *Finding) Error() string { return f.Text }

func found(kind FindingKind, format string, a ...any) *Finding {
	return &Finding{kind, fmt.Sprintf(format, a...)}
}

// checkWait is how long the examination waits for a writer to let go.
const checkWait = time.Second

// VerifyFile examines a ledger that nobody writes to: the file's two heads,
// every page, every record's checksum, and that the records belong together. It
// changes nothing. The error is a *Finding.
//
// A damaged file can crash or exhaust the process that calls this: run it in
// a process of its own, by [CheckFile] and [CheckCommand].
func VerifyFile(path string) error {
	f := examine(path, func(file *os.File, h boltHead) *Finding {
		if err := verifyTree(file, h); err != nil {
			return found(Damaged, "%v", err)
		}
		return verifyContents(path)
	})
	if f != nil {
		return f
	}
	return nil
}

// examine keeps writers away, verifies the heads, and lets look see the rest.
func examine(path string, look func(*os.File, boltHead) *Finding) *Finding {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return found(Unreadable, "%v", err)
	case !info.Mode().IsRegular():
		return found(NotALedger, "%s is not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return found(Unreadable, "%v", err)
	}
	defer f.Close()
	if err := flock(context.Background(), f, syscall.LOCK_SH, checkWait); err != nil {
		return found(Locked, "another process holds %s", path)
	}
	if info, err = f.Stat(); err != nil {
		return found(Unreadable, "%v", err)
	}
	h, finding := verifyHeads(f, info.Size())
	if finding != nil {
		return finding
	}
	return look(f, h)
}

// verifyContents has bbolt read the file.
func verifyContents(path string) *Finding {
	var finding *Finding
	err := guarded(func() error {
		db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true, Timeout: checkWait})
		if err != nil {
			return err
		}
		defer db.Close()
		return db.View(func(tx *bbolt.Tx) error {
			finding = verifyTx(tx)
			return nil
		})
	})
	var access *fs.PathError
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return found(Locked, "another process holds %s", path)
	case errors.As(err, &access):
		return found(Unreadable, "%v", err)
	case err != nil:
		return found(Damaged, "%v", err)
	}
	return finding
}

// boltHead is what bbolt writes to the first two pages in turn, one a commit.
// Source: bbolt internal/common, page.go and meta.go.
type boltHead struct {
	pageID   uint64
	pageSize uint32
	root     uint64 // page of the root bucket
	freelist uint64
	pages    uint64 // high-water mark
	txid     uint64
	bolt     bool // has the magic number
	sound    bool // and the checksum is right
}

const (
	headSize = 80
	magic    = 0xED0CDAED
)

func parseHead(b []byte) boltHead {
	e := binary.NativeEndian
	sum := fnv.New64a()
	sum.Write(b[16:72])
	h := boltHead{
		pageID: e.Uint64(b), pageSize: e.Uint32(b[24:]), root: e.Uint64(b[32:]), freelist: e.Uint64(b[48:]),
		pages: e.Uint64(b[56:]), txid: e.Uint64(b[64:]),
		bolt: e.Uint32(b[16:]) == magic,
	}
	h.sound = h.bolt && e.Uint32(b[20:]) == 2 && e.Uint64(b[72:]) == sum.Sum64()
	return h
}

// verifyHeads asks more than bbolt does, which is content with one good head:
// if the newer one rots, bbolt silently goes back by one commit, and a
// dispense command would be forgotten. Both are good here, of successive
// commits, and the file is as long as they say.
func verifyHeads(f *os.File, fileSize int64) (newer boltHead, finding *Finding) {
	if fileSize == 0 {
		return newer, found(NotALedger, "%s is empty", f.Name())
	}
	first, err := headAt(f, 0)
	if err != nil {
		return newer, found(Unreadable, "%v", err)
	}
	size := int64(os.Getpagesize())
	if first.sound {
		size = int64(first.pageSize)
	}
	second, err := headAt(f, size)
	if err != nil {
		return newer, found(Unreadable, "%v", err)
	}
	newer = first
	if second.txid > first.txid {
		newer = second
	}
	return newer, judgeHeads(f.Name(), first, second, fileSize)
}

func judgeHeads(path string, first, second boltHead, size int64) *Finding {
	newer, older := first, second
	if second.txid > first.txid {
		newer, older = second, first
	}
	switch {
	case !first.bolt && !second.bolt:
		return found(NotALedger, "%s is no bbolt file", path)
	case !first.sound || !second.sound:
		return found(Damaged, "one of the file's two heads is damaged")
	case first.pageID != 0 || second.pageID != 1 || first.pageSize != second.pageSize ||
		first.txid%2 != 0 || newer.txid != older.txid+1:
		return found(Damaged, "the file's two heads are not of successive commits")
	case newer.pages > uint64(size)/uint64(newer.pageSize):
		return found(Damaged, "the file has %d bytes and should have %d pages of %d", size, newer.pages, newer.pageSize)
	}
	return nil
}

// headAt reads a head; a file that ends before it has none there.
func headAt(f *os.File, at int64) (boltHead, error) {
	var b [headSize]byte
	_, err := f.ReadAt(b[:], at)
	if errors.Is(err, io.EOF) {
		return boltHead{}, nil
	}
	return parseHead(b[:]), err
}

// verifyTx examines what one transaction sees.
func verifyTx(tx *bbolt.Tx) *Finding {
	var first error
	for err := range tx.Check() { // its goroutine ends when the channel is empty
		first = cmp.Or(first, err)
	}
	if first != nil {
		return found(Damaged, "%v", first)
	}
	if tx.Bucket([]byte(inMeta)) == nil {
		return found(NotALedger, "the file is a bbolt database, but not a ledger of kioskd")
	}
	schema, err := readSchema(tx)
	switch {
	case err != nil:
		return found(Damaged, "%v", err)
	case schema > Schema:
		return found(Newer, "the ledger has schema %d, this kioskd knows %d", schema, Schema)
	case schema == 0:
		return nil // nothing leads from there, and nobody will use it
	}
	if err := verifyRecords(tx, schema); err != nil {
		return found(Damaged, "%v", err)
	}
	return nil
}
