package store

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.etcd.io/bbolt"
)

// The tape is a second record of every step since the last copies, in plain
// files beside the ledger. It is written after the ledger's commit and read
// only when the ledger is damaged or older than it should be: a copy and the
// tape together make the ledger again. A line is that of an archive: an order
// as a step left it, with the journal entries of that step.
//
// A segment PATH.tape-EPOCH-BASE holds the entries above BASE. The epoch says
// which ledger it belongs to: a ledger that was made from copies has a new one,
// which begins with a higher number than that of any ledger before it.
//
// Only lines that begin an order are synced, so that no number that a provider
// may know is ever forgotten; the rest may lag behind by what a system keeps in
// memory. What lags is not repaired by guesses: see [sale.Order.Restored].

const tapeMark = ".tape-"

// segment is one file of a tape.
type segment struct {
	path  string
	epoch string
	base  uint64
}

func segmentName(ledger, epoch string, base uint64) string {
	return fmt.Sprintf("%s%s%s-%012d", ledger, tapeMark, epoch, base)
}

// segments lists the tape's files beside a ledger by their base.
func segments(ledger string) (list []segment, err error) {
	entries, err := os.ReadDir(filepath.Dir(ledger))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), filepath.Base(ledger)+tapeMark)
		epoch, number, ok2 := strings.Cut(rest, "-")
		base, err := strconv.ParseUint(number, 10, 64)
		if ok && ok2 && err == nil && epochShape.MatchString(epoch) {
			list = append(list, segment{filepath.Join(filepath.Dir(ledger), e.Name()), epoch, base})
		}
	}
	slices.SortFunc(list, func(a, b segment) int { return cmp.Compare(a.base, b.base) })
	return list, nil
}

// latest is the highest generation of all ledgers that have left a tape, 0 for
// none.
func latest(list []segment) (n uint64) {
	for _, g := range list {
		n = max(n, generation(g.epoch))
	}
	return n
}

// written leaves out the segments that nothing stands in.
func written(list []segment) []segment {
	return slices.DeleteFunc(slices.Clone(list), func(g segment) bool {
		info, err := os.Stat(g.path)
		return err == nil && info.Size() == 0
	})
}

// reel is what a segment holds.
type reel struct {
	lines []Archived // all sound ones
	early int        // how many of them stand before end
	end   int64      // where the first unsound line begins
	whole uint64     // no entry from the base to this one is missing before end
	last  uint64     // highest entry
}

func readSegment(g segment) (r reel, err error) {
	data, err := os.ReadFile(g.path)
	if err != nil {
		return r, err
	}
	r.whole, r.last = g.base, g.base
	seen, torn, at := map[uint64]bool{}, false, int64(0)
	for line := range bytes.Lines(data) {
		at += int64(len(line))
		text, complete := bytes.CutSuffix(line, []byte("\n"))
		a, bad := decodeLine(text)
		if bad != nil || !complete {
			torn = true
			continue
		}
		r.lines = append(r.lines, a)
		for _, e := range a.Journal {
			r.last = max(r.last, e.N)
			seen[e.N] = !torn || seen[e.N]
		}
		if !torn {
			r.end, r.early = at, len(r.lines)
		}
	}
	for seen[r.whole+1] {
		r.whole++
	}
	return r, nil
}

// tape writes the newest segment. The zero value is one that needs mending.
type tape struct {
	file *os.File
	end  int64  // where the next line begins
	last uint64 // the highest entry on it
	err  error  // why nothing is written at present
}

// write appends lines. After an error nothing more is written until the tape
// has been mended: a hole would hide what follows.
func (t *tape) write(last uint64, durable bool, lines ...Archived) {
	if t.err != nil || t.file == nil {
		return
	}
	var text []byte
	for _, a := range lines {
		line, err := encodeLine(a)
		if err != nil {
			t.err = err
			return
		}
		text = append(text, line...)
	}
	n, err := t.file.WriteAt(text, t.end)
	if err == nil && n < len(text) {
		err = io.ErrShortWrite
	}
	if err == nil && durable {
		err = t.file.Sync()
	}
	if err != nil {
		t.err = fmt.Errorf("write the tape: %w", err)
		return
	}
	t.end += int64(len(text))
	t.last = last
}

func (t *tape) close() error {
	if t.file == nil {
		return nil
	}
	err := t.file.Close()
	t.file = nil
	return err
}

// mendTape opens the newest segment and writes what it lacks. It needs s.mu,
// or a store that nobody else has yet.
func (s *Store) mendTape() error {
	_ = s.tape.close()
	s.tape = tape{err: errors.New("the tape is not open")}
	list, err := segments(s.path)
	if err != nil {
		return err
	}
	end, err := s.journalEnd()
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(g segment) bool { return g.epoch != s.epoch })
	if len(list) == 0 {
		return s.newSegmentWithShelves(end)
	}
	newest := list[len(list)-1]
	r, err := readSegment(newest)
	if err != nil {
		return err
	}
	if r.last > end {
		return errors.New("the tape knows of steps that the ledger does not have: restart kioskd")
	}
	missing, whole, err := s.stepsAfter(r.whole)
	switch {
	case err != nil:
		return err
	case !whole:
		return s.newSegmentWithShelves(end)
	}
	f, err := os.OpenFile(newest.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := f.Truncate(r.end); err != nil {
		return errors.Join(err, f.Close())
	}
	s.tape = tape{file: f, end: r.end, last: end}
	if len(missing) > 0 {
		s.tape.write(end, true, missing...)
	}
	return s.tapeShelves(r.lines[:r.early])
}

// longestSegment bounds what a start reads.
const longestSegment = 4 << 20

// record puts a step, or what a person said of a slot, on the tape. It is not the tape's trouble that stops an
// order in hand: that only keeps [Store.Health] from permitting new ones.
func (s *Store) record(line Archived, durable bool) {
	if s.tape.file == nil {
		return
	}
	was := s.tape.err
	s.tape.write(max(s.tape.last, line.last()), durable, line)
	if s.tape.err == nil && s.tape.end > longestSegment {
		s.tape.err = s.newSegment(s.tape.last)
	}
	if err := s.tape.err; err != nil && was == nil {
		s.o.Log.Error("the tape cannot be written; no new order begins", "error", err)
	}
}

// newSegment begins a file of the tape behind entry number base. What stands on
// the one before is synced: nobody looks after it any more, and a hole in it
// would hide all that follows.
func (s *Store) newSegment(base uint64) error {
	name := segmentName(s.path, s.epoch, base)
	if s.tape.file != nil {
		if err := s.tape.file.Sync(); err != nil {
			return err
		}
		if s.tape.file.Name() == name { // no step since it began, but maybe a person's word
			return nil
		}
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err == nil {
		err = syncDir(filepath.Dir(s.path))
	}
	if err != nil {
		return err
	}
	_ = s.tape.close()
	s.tape = tape{file: f, last: base}
	return nil
}

// stepsAfter returns what a tape lacks that ends at entry number after: every
// order that has newer entries, as it is now, with these. whole is false if
// some of them have gone to the archives.
func (s *Store) stepsAfter(after uint64) (missing []Archived, whole bool, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		t, err := readTotals(tx)
		if err != nil || after >= t.journal {
			whole = err == nil
			return err
		}
		entries := map[uint64][]Entry{}
		n := after
		for {
			next, err := nextEntry(tx, n)
			if err != nil {
				return err
			}
			if next == 0 {
				break
			}
			if next != n+1 {
				return nil
			}
			e, err := entryAt(tx, next)
			if err != nil {
				return err
			}
			entries[e.Seq] = append(entries[e.Seq], e)
			n = next
		}
		whole = n == t.journal
		for _, list := range entries {
			was, err := s.standing(tx, list[0].Number)
			if err != nil {
				return err
			}
			if was.order == nil {
				whole = false
				return nil
			}
			missing = append(missing, Archived{Order: *was.order, Journal: list})
		}
		return nil
	})
	return missing, whole, err
}

func (s *Store) journalEnd() (n uint64, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		t, err := readTotals(tx)
		n = t.journal
		return err
	})
	return n, err
}
