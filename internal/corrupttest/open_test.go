package corrupttest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kioskd/internal/need"
	"kioskd/internal/proof"
	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

// longest is how long a start may take.
const longest = 5 * time.Second

// contents is all that a ledger says.
type contents struct {
	Orders  []sale.Order
	Open    []sale.Order
	Entries []store.Entry
	Doubts  int
	Cursor  uint64
}

func read(s *store.Store) (c contents, err error) {
	var errs [5]error
	c.Orders, errs[0] = s.Orders(store.Filter{})
	c.Open, errs[1] = s.Open()
	c.Entries, errs[2] = s.Entries(0, 1_000_000)
	c.Doubts, errs[3] = s.Doubts(time.Time{})
	c.Cursor, errs[4] = s.Cursor("fleet")
	return c, errors.Join(errs[:]...)
}

// sell commits sales and other orders, so that there is something in every
// bucket.
func sell(s *store.Store, n int) error {
	seq, err := s.LastSeq()
	for i := 0; i < n && err == nil; i++ {
		seq++
		steps := ledgertest.Happy(seq)
		if w, first := ledgertest.NewWalk(seq); i%8 == 6 {
			steps = []sale.Step{first, w.To(sale.Awaiting), w.To(sale.Paid, sale.Dispensing), w.To(sale.Unknown)}
		} else if i%8 == 7 {
			steps = []sale.Step{first, w.To(sale.Awaiting), w.To(sale.Closing), w.To(sale.Closed)}
		}
		for _, step := range steps {
			err = errors.Join(err, s.Commit(step))
		}
	}
	return err
}

// snapshot is what the ledger's file holds and what it says.
func snapshot(s *store.Store, path string) ([]byte, contents, error) {
	st, err := s.Stats()
	if err != nil {
		return nil, contents{}, err
	}
	if err := s.Advance("fleet", st.Journal-5); err != nil {
		return nil, contents{}, err
	}
	if st, err = s.Stats(); err != nil {
		return nil, contents{}, err
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, contents{}, err
	}
	c, err := read(s)
	return b[:st.Used], c, err
}

// ofToday is a ledger that was sold with.
func ofToday(t *testing.T, dir string) (l ledger) {
	t.Helper()
	path := filepath.Join(dir, "kioskd.db")
	s, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err = sell(s, 60); err == nil {
		l.older, l.was, err = snapshot(s, path)
	}
	if err == nil {
		err = sell(s, 60)
	}
	if err == nil {
		l.image, l.said, err = snapshot(s, path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// ofLongAgo is a ledger of schema 1.
func ofLongAgo(t *testing.T, dir string) (l ledger) {
	t.Helper()
	f, err := os.Open("testdata/schema1.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err == nil {
		l.image, err = io.ReadAll(z)
	}
	path := filepath.Join(dir, "schema1.db")
	if err == nil {
		err = os.WriteFile(path, l.image, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if l.said, err = read(s); err != nil || len(l.said.Orders) != 138 {
		t.Fatalf("%d orders in the old ledger, %v", len(l.said.Orders), err)
	}
	l.older, l.was = l.image, l.said
	return l
}

// spoilt is a case.
type spoilt struct {
	damage
	ledger
	old bool
}

func (c spoilt) String() string {
	if c.old {
		return "schema 1, " + c.name
	}
	return c.name
}

// spoil makes the ledger at path. It returns the bytes that must be kept.
func (c spoilt) spoil(seed uint64, path string) ([]byte, error) {
	if c.put != nil {
		return nil, c.put(path)
	}
	bad := c.do(rand.New(rand.NewPCG(seed, 0)), bytes.Clone(c.image), c.older)
	return bad, os.WriteFile(path, bad, 0o600)
}

// kept looks for the bad file: where it was, or beside it. What never was a
// ledger stays where it was, unless a copy tells that there was one.
func (c spoilt) kept(path string, bad []byte) error {
	if c.put != nil {
		info, err := os.Lstat(path)
		if err == nil && info.Mode().IsRegular() {
			err = errors.New("there is a file now")
		}
		return err
	}
	files := []string{path}
	copies, err := filepath.Glob(path + ".copy-*")
	if err == nil && (!c.foreign || len(copies) > 0) {
		var aside []string
		aside, err = filepath.Glob(path + ".damaged-*")
		files = append(files, aside...)
	}
	if err != nil {
		return err
	}
	for _, name := range files {
		if b, err := os.ReadFile(name); err == nil && bytes.Equal(b, bad) {
			return nil
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return errors.New("the bad file is lost")
}

// cases are all sorts of damage, as often as they are worth.
func cases(t *testing.T, today, longAgo ledger) (all []spoilt) {
	t.Helper()
	of := damages()
	of = append(of, twice(of))
	all = append(all, spoilt{damage{name: "none", do: func(_ *rand.Rand, image, _ []byte) []byte { return image }}, longAgo, true})
	for _, d := range foreigners(t) {
		all = append(all, spoilt{d, today, false})
	}
	for i, d := range of {
		all = append(all, spoilt{d, today, false}, spoilt{d, today, false})
		if i%2 == 0 {
			all = append(all, spoilt{d, longAgo, true})
		}
	}
	return all
}

// verdict is what became of a case.
type verdict int

const (
	found    verdict = iota // and put aside, or left where it is
	harmless                // the ledger says what it said
	fromCopy                // the bad file is kept, and it was made again from a copy
)

// judge opens a spoilt ledger, and again as the next start does.
func (c spoilt) judge(ctx context.Context, seed uint64, dir string) (v verdict, slowest time.Duration, err error) {
	path := filepath.Join(dir, "kioskd.db")
	bad, err := c.spoil(seed, path)
	if err == nil && seed%3 == 0 {
		err = os.WriteFile(path+".copy-20260301T000000Z", c.older, 0o600)
	}
	if err != nil {
		return v, 0, err
	}
	for range 2 {
		begun := time.Now()
		s, err := store.Open(ctx, path, store.Options{Checker: []string{kioskd, "check-store"}})
		slowest = max(slowest, time.Since(begun))
		if err == nil {
			v, err = c.sellsOn(s, path, bad)
			return v, slowest, err
		}
		var f *sale.Fault
		if !errors.As(err, &f) || f.Code != sale.CodeStoreDamaged && f.Code != sale.CodeStoreWrite {
			return v, slowest, fmt.Errorf("it was refused for another reason: %w", err)
		}
		if err := c.kept(path, bad); err != nil {
			return v, slowest, fmt.Errorf("%w, after %w", err, f)
		}
	}
	return found, slowest, nil
}

// sellsOn judges a ledger that was opened.
func (c spoilt) sellsOn(s *store.Store, path string, bad []byte) (v verdict, err error) {
	says, err := read(s)
	if err != nil {
		return v, errors.Join(err, s.Close())
	}
	v = harmless
	if !reflect.DeepEqual(says, c.said) {
		v = fromCopy
		if err := errors.Join(c.kept(path, bad), c.isCopy(s, says)); err != nil {
			return v, errors.Join(fmt.Errorf("a changed ledger was taken for sound: %w", err), s.Close())
		}
	}
	if err := errors.Join(sell(s, 10), s.Close()); err != nil {
		return v, err
	}
	return v, store.VerifyFile(path)
}

// isCopy judges a ledger that was made again: no order is as it never was,
// unless it is marked as in doubt, none that the copy had is missing, and no
// sequence will be used twice.
func (c spoilt) isCopy(s *store.Store, says contents) error {
	var errs []error
	for _, o := range says.Orders {
		same := func(known sale.Order) bool { return reflect.DeepEqual(known, o) }
		if !o.Restored && !slices.ContainsFunc(c.was.Orders, same) && !slices.ContainsFunc(c.said.Orders, same) {
			errs = append(errs, fmt.Errorf("order %s never was %s", o.Number, o.State))
		}
	}
	for _, o := range c.was.Orders {
		if !slices.ContainsFunc(says.Orders, func(now sale.Order) bool { return now.Number == o.Number }) {
			errs = append(errs, fmt.Errorf("order %s is forgotten", o.Number))
		}
	}
	last, err := s.LastSeq()
	if used := c.said.Orders[0].Seq; last < used { // the newest is the first
		errs = append(errs, fmt.Errorf("sequence %d would be used again", used))
	}
	return errors.Join(append(errs, err)...)
}

// tally counts verdicts.
type tally struct {
	sync.Mutex
	sum     [3]int
	wrong   int
	slowest time.Duration
}

func (y *tally) add(v verdict, slowest time.Duration, wrong bool) {
	y.Lock()
	defer y.Unlock()
	y.sum[v]++
	y.slowest = max(y.slowest, slowest)
	if wrong {
		y.wrong++
	}
}

func (y *tally) String() string {
	y.Lock()
	defer y.Unlock()
	return fmt.Sprintf("%d cases, %d found and kept, %d harmless, %d made again from a copy, %d wrong; no start took longer than %.2f s",
		y.sum[found]+y.sum[harmless]+y.sum[fromCopy], y.sum[found], y.sum[harmless], y.sum[fromCopy], y.wrong, y.slowest.Seconds())
}

// TestOpen damages ledgers; case i has seed+i.
func TestOpen(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp(need.Memory(), "kioskd-corrupt-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	all := cases(t, ofToday(t, dir), ofLongAgo(t, dir))
	var y tally
	p := proof.Begin("corrupt", *seed)
	var next atomic.Uint64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < uint64(*number); i = next.Add(1) - 1 {
				play(t, all[(*seed+i)%uint64(len(all))], *seed+i, dir, &y)
				p.Say("%v", &y)
			}
		})
	}
	workers.Wait()
	p.End("%v", &y)
}

// play plays a case, and again if it was slow: what hangs hangs each time, and
// what was held up by a busy machine does not.
func play(t *testing.T, c spoilt, seed uint64, dir string, y *tally) {
	own := filepath.Join(dir, fmt.Sprint(seed))
	var v verdict
	var took time.Duration
	var err error
	for try := 0; try == 0 || err == nil && took > longest && try < 3; try++ {
		if err = os.Mkdir(own, 0o700); err == nil {
			v, took, err = c.judge(t.Context(), seed, own)
		}
		os.RemoveAll(own)
	}
	if err == nil && took > longest {
		err = fmt.Errorf("a start took %s, three times", took)
	}
	if err != nil {
		t.Errorf("%s: %v (replay: -seed %d -cases 1)", c, err, seed)
	}
	y.add(v, took, err != nil)
}
