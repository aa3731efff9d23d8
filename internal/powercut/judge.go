package powercut

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

// Verdict says what is wrong with an image.
type Verdict string

const (
	Unopenable Verdict = "unopenable" // the store refuses it, or puts it aside
	Lost       Verdict = "lost"       // an acknowledged step is not there, or not whole
	Stuck      Verdict = "stuck"      // the next step fails, or leaves a file that is not sound
)

// Failure is an image that breaks the promise.
type Failure struct {
	Verdict Verdict
	Image   string // scene, event, variant
	Err     error
}

func (f *Failure) Error() string { return fmt.Sprintf("%s: %s: %v", f.Image, f.Verdict, f.Err) }

// ledgerName is the ledger's file in its directory.
const ledgerName = "kioskd.db"

// state is what a ledger holds in all, the archives included.
type state struct {
	books
	archive []error
}

// judge opens the ledger in dir as the daemon does after a power cut. was are
// the books after what was acknowledged; next is what was being done. It
// reports whether next was found done.
func judge(dir string, was *books, next *Action) (done bool, v Verdict, err error) {
	path := filepath.Join(dir, ledgerName)
	s, err := store.Open(background, path, options())
	if err == nil {
		err = nothingAside(dir)
	}
	if err != nil {
		return false, Unopenable, err
	}
	defer func() {
		if s != nil {
			s.Close()
		}
	}()
	done, err = compare(s, path, was, next)
	if err != nil {
		return false, Lost, err
	}
	if done {
		was = was.after(*next)
	}
	was = was.after(Action{Do: doOpen}) // it was opened just now
	if err := goOn(s, path, was, next, done); err != nil {
		return done, Stuck, err
	}
	err = s.Close()
	s = nil
	if err == nil {
		err = store.VerifyFile(path)
	}
	if err != nil {
		return done, Stuck, err
	}
	return done, "", nil
}

// judge opens an image after an acknowledged action as the scene wants it.
func (s *Scene) judge(dir string, acked int) (Verdict, error) {
	was, next := s.standing(acked)
	if s.Again {
		return s.judgeAgain(dir, acked, was, next)
	}
	_, v, err := judge(dir, was, next)
	return v, err
}

func nothingAside(dir string) error { return aside(dir, 0) }

// aside expects so many ledgers to be put aside, and every copy to be good.
func aside(dir string, want int) error {
	damaged, err := filepath.Glob(filepath.Join(dir, "*.damaged-*"))
	replaced, err2 := filepath.Glob(filepath.Join(dir, "*.replaced-*"))
	if kept := append(damaged, replaced...); len(kept) != want {
		return fmt.Errorf("%d ledgers were put aside, not %d: %s", len(kept), want, kept)
	}
	copies, err3 := store.Copies(filepath.Join(dir, ledgerName), store.Options{})
	for _, c := range copies {
		if err := store.VerifyFile(c); err != nil {
			return fmt.Errorf("copy %s: %w", filepath.Base(c), err)
		}
	}
	return errors.Join(err, err2, err3)
}

// compare reports whether the ledger holds the books as they were, or as they
// are after next.
func compare(s *store.Store, path string, was *books, next *Action) (done bool, err error) {
	got, err := read(s, path)
	if err != nil {
		return false, err
	}
	got.boots-- // of this opening
	before := was.differs(got)
	if before == nil || next == nil {
		return false, before
	}
	if after := was.after(*next).differs(got); after != nil {
		return false, fmt.Errorf("not as before: %w; not as after %s: %w", before, next.Do, after)
	}
	return true, nil
}

// read takes all that a ledger and its archives hold.
func read(s *store.Store, path string) (*state, error) {
	st, err := s.Stats()
	if err != nil {
		return nil, err
	}
	g := &state{books: books{boots: st.Boots}}
	orders, err := s.Orders(store.Filter{})
	if err != nil {
		return nil, err
	}
	entries, err := s.Entries(0, 1<<30)
	if err != nil {
		return nil, err
	}
	if lost := s.CheckArchives(); len(lost) > 0 {
		return nil, errors.Join(lost...)
	}
	g.add(orders, entries)
	for a, err := range store.OpenArchive(path).Orders(store.Filter{}) {
		if err != nil {
			g.archive = append(g.archive, err)
			continue
		}
		g.add([]sale.Order{a.Order}, a.Journal)
	}
	if g.seq, err = s.LastSeq(); err != nil {
		return nil, err
	}
	if g.taken, err = s.Cursor(reader); err != nil {
		return nil, err
	}
	if g.doubts, err = s.Doubts(time.Time{}); err != nil {
		return nil, err
	}
	shelves, err := s.Shelves()
	if err != nil {
		return nil, err
	}
	g.shelve(shelves...)
	open, err := s.Open()
	for _, o := range open {
		g.open = append(g.open, o.Seq)
	}
	return g, err
}

// add takes orders and entries; what is in the ledger and in an archive is
// taken once, and must be the same.
func (g *state) add(orders []sale.Order, entries []store.Entry) {
	for _, o := range orders {
		put(&g.orders, o.Seq, asJSON(o), func(was, is string) string { return was + " or " + is })
	}
	for _, e := range entries {
		put(&g.journal, e.N, e, func(was, is store.Entry) store.Entry {
			was.Detail += " or " + asJSON(is)
			return was
		})
	}
}

func put[T comparable](list *[]T, n uint64, v T, both func(was, is T) T) {
	var none T
	for uint64(len(*list)) < n {
		*list = append(*list, none)
	}
	switch was := &(*list)[n-1]; *was {
	case none, v:
		*was = v
	default:
		*was = both(*was, v)
	}
}

// differs tells the first difference, nil if there is none.
func (b *books) differs(got *state) error {
	for _, n := range []struct {
		what      string
		want, got uint64
	}{
		{"starts", b.boots, got.boots}, {"the highest sequence", b.seq, got.seq},
		{"the reader's place", b.taken, got.taken}, {"doubts", uint64(b.doubts), uint64(got.doubts)},
		{"orders", uint64(len(b.orders)), uint64(len(got.orders))},
		{"journal entries", uint64(len(b.journal)), uint64(len(got.journal))},
	} {
		if n.want != n.got {
			return fmt.Errorf("%s should be %d and is %d", n.what, n.want, n.got)
		}
	}
	for i, want := range b.orders {
		if got.orders[i] != want {
			return fmt.Errorf("order %d should be %.400s and is %.400s", i+1, want, got.orders[i])
		}
	}
	for i, want := range b.journal {
		if got.journal[i] != want {
			return fmt.Errorf("journal entry %d should be %.400s and is %.400s", i+1, asJSON(want), asJSON(got.journal[i]))
		}
	}
	if !maps.Equal(b.shelves, got.shelves) {
		return fmt.Errorf("slots should be %v and are %v", b.shelves, got.shelves)
	}
	if !slices.Equal(b.open, got.open) {
		return fmt.Errorf("open orders should be %d and are %d", b.open, got.open)
	}
	return nil
}

// goOn commits one step more: that which was being done, if it is not done,
// and a new order otherwise.
func goOn(s *store.Store, path string, b *books, next *Action, done bool) error {
	_, step := ledgertest.NewWalk(b.seq + 1)
	if next != nil && !done && next.Do == doCommit {
		step = next.Step
	}
	if next != nil && next.Do == doArchive {
		// A new pass repairs what the cut one left.
		if _, err := s.Archive(background, archiveBefore, 12); err != nil {
			return err
		}
	}
	if err := s.Commit(step); err != nil {
		return err
	}
	got, err := read(s, path)
	if err != nil {
		return err
	}
	if next != nil && next.Do == doArchive && len(got.archive) > 0 {
		return fmt.Errorf("after another pass: %w", errors.Join(got.archive...))
	}
	return b.after(Action{Do: doCommit, Step: step}).differs(got)
}

// short is an error's text without the directory of the image.
func short(err error, dir string) error {
	return errors.New(strings.ReplaceAll(err.Error(), dir, "$"))
}
