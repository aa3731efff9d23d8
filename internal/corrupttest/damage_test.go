package corrupttest_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"

	"kioskd/store"
)

const page = 4096

// ledger is what is damaged.
type ledger struct {
	image []byte   // the bytes in use
	older []byte   // the same some commits before
	said  contents // by image
	was   contents // by older
}

// damage is a way to spoil a file.
type damage struct {
	name string
	// do returns what the file holds afterwards; it may change image.
	do func(r *rand.Rand, image, older []byte) []byte
	// foreign: it is not damaged but not this kioskd's, and stays where it is.
	foreign bool
	// put makes something that is no file, instead.
	put func(path string) error
}

func anyPage(r *rand.Rand, b []byte) []byte {
	p := r.IntN(len(b)/page) * page
	return b[p : p+page]
}

func noise(r *rand.Rand, b []byte) []byte {
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// damages strike any ledger.
func damages() []damage {
	return []damage{
		{name: "one bit", do: func(r *rand.Rand, image, _ []byte) []byte {
			image[r.IntN(len(image))] ^= 1 << r.IntN(8)
			return image
		}},
		{name: "one bit in a page's first bytes", do: func(r *rand.Rand, image, _ []byte) []byte {
			anyPage(r, image)[r.IntN(80)] ^= 1 << r.IntN(8)
			return image
		}},
		{name: "page zeroed", do: func(r *rand.Rand, image, _ []byte) []byte {
			clear(anyPage(r, image))
			return image
		}},
		{name: "sector zeroed", do: func(r *rand.Rand, image, _ []byte) []byte {
			clear(anyPage(r, image)[r.IntN(8)*512:][:512])
			return image
		}},
		{name: "page misplaced", do: func(r *rand.Rand, image, _ []byte) []byte {
			copy(anyPage(r, image), anyPage(r, bytes.Clone(image)))
			return image
		}},
		{name: "page of before", do: func(r *rand.Rand, image, older []byte) []byte {
			p := r.IntN(min(len(older), len(image))/page) * page
			copy(image[p:p+page], older[p:])
			return image
		}},
		{name: "both heads of before", do: func(_ *rand.Rand, image, older []byte) []byte {
			copy(image, older[:2*page])
			return image
		}},
		{name: "branch astray", do: astray},
		{name: "page of noise", do: func(r *rand.Rand, image, _ []byte) []byte {
			noise(r, anyPage(r, image))
			return image
		}},
		{name: "cut off", do: func(r *rand.Rand, image, _ []byte) []byte { return image[:r.IntN(len(image))] }},
		{name: "lengthened", do: func(r *rand.Rand, image, _ []byte) []byte {
			return append(image, noise(r, make([]byte, r.IntN(8*page)))...)
		}},
	}
}

// astray lets an element of a branch point elsewhere. Format: bbolt
// internal/common, page.go.
func astray(r *rand.Rand, image, _ []byte) []byte {
	e := binary.NativeEndian
	for range 1000 {
		p := anyPage(r, image)
		if n := e.Uint16(p[10:]); e.Uint16(p[8:]) == 1 && n > 0 {
			element := p[16+16*r.IntN(int(n)):]
			e.PutUint64(element[8:], r.Uint64N(uint64(len(image)/page)))
			break
		}
	}
	return image
}

func twice(of []damage) damage {
	return damage{name: "two at once", do: func(r *rand.Rand, image, older []byte) []byte {
		image = of[r.IntN(len(of))].do(r, image, older)
		if len(image) < 4*page { // nothing is left for a second one
			return image
		}
		return of[r.IntN(len(of))].do(r, image, older)
	}}
}

// foreigners never were this kioskd's ledger.
func foreigners(t *testing.T) []damage {
	t.Helper()
	files := [][]byte{
		{}, make([]byte, 3*page), []byte("store:\n  path: kioskd.db\n"), []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
		slices.Concat([]byte("SQLite format 3\x00"), make([]byte, 2*page)), otherDatabase(t),
	}
	return []damage{
		{name: "another file", foreign: true, do: func(r *rand.Rand, _, _ []byte) []byte {
			if i := r.IntN(len(files) + 1); i < len(files) {
				return files[i]
			}
			return noise(r, make([]byte, 1+r.IntN(10*page)))
		}},
		{name: "newer schema", foreign: true, do: func(r *rand.Rand, image, _ []byte) []byte {
			return withSchema(t, image, store.Schema+1+uint32(r.IntN(9)))
		}},
		{name: "a folder", foreign: true, put: func(path string) error { return os.Mkdir(path, 0o700) }},
		{name: "a pipe", foreign: true, put: func(path string) error { return syscall.Mkfifo(path, 0o600) }},
		{name: "a link to nowhere", foreign: true, put: func(path string) error { return os.Symlink("nowhere", path) }},
		{name: "a link to itself", foreign: true, put: func(path string) error { return os.Symlink(filepath.Base(path), path) }},
	}
}

// edited changes a bbolt file and returns its bytes.
func edited(t *testing.T, image []byte, change func(*bbolt.Tx) error) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "edited.db")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, nil)
	if err == nil {
		err = db.Update(change)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func otherDatabase(t *testing.T) []byte {
	return edited(t, nil, func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("somebody else's"))
		return err
	})
}

// withSchema writes the schema record as every kioskd will read it: a version,
// the CRC-32C of bucket, key and number, and the number.
func withSchema(t *testing.T, image []byte, schema uint32) []byte {
	number := binary.BigEndian.AppendUint32(nil, schema)
	sum := crc32.Checksum(slices.Concat([]byte("\x01\x04meta\x06schema"), number), crc32.MakeTable(crc32.Castagnoli))
	record := append(binary.BigEndian.AppendUint32([]byte{1}, sum), number...)
	return edited(t, image, func(tx *bbolt.Tx) error {
		meta := tx.Bucket([]byte("meta"))
		if len(meta.Get([]byte("schema"))) != len(record) {
			return fmt.Errorf("the schema record is %x", meta.Get([]byte("schema")))
		}
		return meta.Put([]byte("schema"), record)
	})
}
