package store_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

var (
	corruptCases = flag.Int("corruptions", 150, "how many files to corrupt")
	corruptSeed  = flag.Uint64("corruption-seed", 1, "the first seed; case i uses seed+i")
)

// corruption damages an image. older is the same ledger some commits before.
type corruption struct {
	name string
	do   func(r *rand.Rand, image, older []byte) []byte
}

const page = 4096

func corruptions() []corruption {
	at := func(r *rand.Rand, b []byte) []byte {
		p := r.IntN(len(b)/page) * page
		return b[p : p+page]
	}
	return []corruption{
		{"one bit", func(r *rand.Rand, image, _ []byte) []byte {
			image[r.IntN(len(image))] ^= 1 << r.IntN(8)
			return image
		}},
		{"one bit in a page's first bytes", func(r *rand.Rand, image, _ []byte) []byte {
			at(r, image)[r.IntN(80)] ^= 1 << r.IntN(8)
			return image
		}},
		{"page zeroed", func(r *rand.Rand, image, _ []byte) []byte {
			clear(at(r, image))
			return image
		}},
		{"sector zeroed", func(r *rand.Rand, image, _ []byte) []byte {
			clear(at(r, image)[r.IntN(8)*512:][:512])
			return image
		}},
		{"page misplaced", func(r *rand.Rand, image, _ []byte) []byte {
			copy(at(r, image), at(r, bytes.Clone(image)))
			return image
		}},
		{"page of before", func(r *rand.Rand, image, older []byte) []byte {
			p := r.IntN(len(older)/page) * page
			copy(image[p:p+page], older[p:])
			return image
		}},
		{"branch astray", func(r *rand.Rand, image, _ []byte) []byte {
			for range 1000 {
				p := at(r, image)
				if n := binary.NativeEndian.Uint16(p[10:]); binary.NativeEndian.Uint16(p[8:]) == 1 && n > 0 {
					e := p[16+16*r.IntN(int(n)):]
					binary.NativeEndian.PutUint64(e[8:], r.Uint64N(uint64(len(image)/page)))
					break
				}
			}
			return image
		}},
		{"garbage", func(r *rand.Rand, image, _ []byte) []byte {
			for p, i := at(r, image), 0; i < page; i++ {
				p[i] = byte(r.Uint32())
			}
			return image
		}},
		{"cut off", func(r *rand.Rand, image, _ []byte) []byte { return image[:r.IntN(len(image))] }},
	}
}

// contents is all that a ledger says.
type contents struct {
	Orders  []sale.Order
	Open    []sale.Order
	Entries []store.Entry
	Doubts  int
	Cursor  uint64
}

type everything interface {
	Orders(store.Filter) ([]sale.Order, error)
	Open() ([]sale.Order, error)
	Entries(uint64, int) ([]store.Entry, error)
	Cursor(string) (uint64, error)
	Doubts(time.Time) (int, error)
}

func readAll(t *testing.T, s everything) (c contents) {
	t.Helper()
	var errs [5]error
	c.Orders, errs[0] = s.Orders(store.Filter{})
	c.Open, errs[1] = s.Open()
	c.Entries, errs[2] = s.Entries(0, 1_000_000)
	c.Doubts, errs[3] = s.Doubts(time.Time{})
	c.Cursor, errs[4] = s.Cursor("fleet")
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return c
}

// corruptible makes a ledger with something in every bucket, and returns its
// used bytes now and some commits before.
func corruptible(t *testing.T, path string) (image, older []byte, want contents) {
	t.Helper()
	s := open(t, path, store.Options{})
	more := func() {
		sold := sell(t, s, 60)
		w, first := newWalkAfter(sold)
		steps := []sale.Step{first, w.To(sale.Awaiting), w.To(sale.Paid, sale.Dispensing), w.To(sale.Unknown)}
		for i := range uint64(8) {
			w, first := ledgertest.NewWalk(w.Order.Seq + 1 + i)
			steps = append(steps, first, w.To(sale.Awaiting), w.To(sale.Closing), w.To(sale.Closed))
		}
		for _, step := range steps {
			if err := s.Commit(step); err != nil {
				t.Fatal(err)
			}
		}
		st, err := s.Stats()
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Advance("fleet", st.Journal-5); err != nil {
			t.Fatal(err)
		}
	}
	snapshot := func() []byte {
		st, err := s.Stats()
		b, err2 := os.ReadFile(path)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		return b[:st.Used]
	}
	more()
	older = snapshot()
	more()
	image, want = snapshot(), readAll(t, s)
	closeStore(t, s)
	return image, older, want
}

// TestCorruption: whatever happens to a file, it is found out, or it does not
// matter: the ledger says what it said before, and takes more.
func TestCorruption(t *testing.T) {
	image, older, want := corruptible(t, newPath(t))
	t.Logf("%d pages", len(image)/page)
	check := checker(t, "check")
	kinds := corruptions()
	tally := map[string][2]int{}
	for i := range *corruptCases {
		kind := kinds[i%len(kinds)]
		seed := *corruptSeed + uint64(i)
		bad := kind.do(rand.New(rand.NewPCG(seed, 0)), bytes.Clone(image), older)
		path := newPath(t)
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		err := store.CheckFile(t.Context(), check, path)
		n := tally[kind.name]
		var f *store.Finding
		switch {
		case errors.As(err, &f) && (f.Kind == store.Damaged || f.Kind == store.NotALedger && kind.name == "cut off"):
			n[0]++
		case err != nil:
			t.Errorf("seed %d, %s: %v", seed, kind.name, err)
		default:
			n[1]++
			harmless(t, fmt.Sprintf("seed %d, %s", seed, kind.name), path, want)
		}
		tally[kind.name] = n
	}
	for name, n := range tally {
		t.Logf("%-32s %4d found, %4d harmless", name, n[0], n[1])
	}
}

func harmless(t *testing.T, name, path string, want contents) {
	t.Helper()
	s := open(t, path, store.Options{})
	if d := cmp.Diff(want, readAll(t, s)); d != "" {
		t.Errorf("%s: a changed ledger was taken for sound:\n%s", name, d)
	}
	for range 5 {
		sell(t, s, 4)
	}
	closeStore(t, s)
	if err := store.VerifyFile(path); err != nil {
		t.Errorf("%s: after some sales: %v", name, err)
	}
}
