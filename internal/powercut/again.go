package powercut

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

// judgeAgain is judge for a ledger that is made again from a copy and the tape.
// It must be so once, forget no order, mark what may have gone on, and carry
// the next order through the next damage.
func (s *Scene) judgeAgain(dir string, acked int, was *books, next *Action) (Verdict, error) {
	path := filepath.Join(dir, ledgerName)
	if s.Emptied {
		if err := os.Truncate(path, 0); err != nil {
			return Unopenable, err
		}
	}
	l, err := store.Open(background, path, options())
	if err == nil {
		err = aside(dir, 1)
	}
	if err != nil {
		return Unopenable, err
	}
	seq, err := s.holds(l, acked, was, next)
	if err != nil {
		l.Close()
		return Lost, err
	}
	_, step := ledgertest.NewWalk(seq + 1)
	if err := l.Commit(step); err != nil {
		l.Close()
		return Stuck, err
	}
	if err := l.Close(); err != nil {
		return Stuck, err
	}
	if err := store.VerifyFile(path); err != nil {
		return Stuck, err
	}
	return damagedAgain(path, step.Order.Number)
}

// damagedAgain takes all but the tape from an order that was acknowledged.
func damagedAgain(path string, number sale.Number) (Verdict, error) {
	if err := os.Truncate(path, 0); err != nil {
		return Stuck, err
	}
	l, err := store.Open(background, path, options())
	if err != nil {
		return Unopenable, err
	}
	defer l.Close()
	if o, err := l.Order(string(number)); err != nil || !o.Restored {
		return Lost, fmt.Errorf("damaged once more: order %s is %q, marked %v: %w", number, o.State, o.Restored, err)
	}
	return "", nil
}

// holds compares a ledger that was made again with what was acknowledged, and
// returns its highest sequence.
func (s *Scene) holds(l *store.Store, acked int, was *books, next *Action) (seq uint64, err error) {
	if next != nil {
		was = was.after(*next)
	}
	if err := follows(l, was.journal); err != nil {
		return 0, err
	}
	orders, err := l.Orders(store.Filter{})
	if err != nil {
		return 0, err
	}
	trails := s.trails(acked, next)
	for _, o := range orders {
		if t := trails[o.Number]; t == nil || !t.leadsTo(o) {
			return 0, fmt.Errorf("order %s should not be %.400s", o.Number, asJSON(o))
		}
		delete(trails, o.Number)
	}
	for number, t := range trails {
		if t.acked > 0 {
			return 0, fmt.Errorf("order %s is forgotten", number)
		}
	}
	seq, err = l.LastSeq()
	if err == nil && (seq < was.seq || seq > was.seq+5000) {
		err = fmt.Errorf("it counts on from %d, and %d was used", seq, was.seq)
	}
	return seq, err
}

// trail is all that an order has been, of which so much was acknowledged.
type trail struct {
	been  []sale.Order
	acked int
}

func (s *Scene) trails(acked int, next *Action) map[sale.Number]*trail {
	trails := map[sale.Number]*trail{}
	take := func(a Action, acked int) {
		if a.Do != doCommit {
			return
		}
		number := a.Step.Order.Number
		if trails[number] == nil {
			trails[number] = &trail{}
		}
		trails[number].been = append(trails[number].been, a.Step.Order)
		trails[number].acked += acked
	}
	for _, a := range append(slices.Clone(s.Done), s.Actions[:acked+1]...) {
		take(a, 1)
	}
	if next != nil {
		take(*next, 0)
	}
	return trails
}

// leadsTo reports whether an order may be found so. Without a mark it must be
// what was acknowledged last, or stand where nothing is ever served.
func (t *trail) leadsTo(found sale.Order) bool {
	if found.Restored && found.Product == (sale.Product{}) {
		return found.State == sale.Closing && found.Commands == 0
	}
	marked := found.Restored || slices.Contains([]sale.State{sale.Closed, sale.Refunding, sale.Attention}, found.State)
	found.Restored = false
	for i, o := range t.been {
		if asJSON(o) == asJSON(found) && (marked || i >= t.acked-1) {
			return true
		}
	}
	return false
}

// follows expects the lines of the journal that was, up to some point, and
// behind them nothing but what the restore itself has noted.
func follows(l *store.Store, was []store.Entry) error {
	entries, err := l.Entries(0, 1<<30)
	if err != nil {
		return err
	}
	noted := false
	for i, e := range entries {
		noted = noted || e.Cause == sale.CauseRestored
		if noted && e.Cause != sale.CauseRestored || !noted && (i >= len(was) || e != was[i]) {
			return fmt.Errorf("journal entry %d should not be %.400s", e.N, asJSON(e))
		}
	}
	return nil
}
