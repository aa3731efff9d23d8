package daemon

import (
	"context"
	"path/filepath"
	"time"

	"kioskd/clock"
	"kioskd/sale"
	"kioskd/store"
	"kioskd/watch"
)

// state is the machine as it is now.
func (w *watcher) state(ctx context.Context) watch.State {
	s := watch.State{At: time.Now().In(clock.Beijing)}
	w.mu.Lock()
	at, good := w.seen, w.boardGood
	s.Starting, s.Bills = w.starting, w.bills
	w.mu.Unlock()
	s.Waiting, s.Doubted = w.cases.Lists()
	if at == nil {
		return s
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	s.Opened = true
	s.Sale = w.ask(ctx, at.machine)
	if s.Board = at.board.Health(); s.Board == nil {
		good = s.At
		w.mu.Lock()
		w.boardGood = good
		w.mu.Unlock()
	}
	s.BoardGood, s.Cabinet = good, cabinetOf(at.board)
	s.ProviderGood, s.Provider = w.reach.Last()
	s.Clock = at.clock.Plausible()
	if at.clock.Skew != nil {
		if off, known := at.clock.Skew(); known {
			s.Skew = &off
		}
	}
	return s
}

// askAgain is the pause behind a question that the machine did not answer. One
// that hangs keeps every question, and memory is bounded.
const askAgain = 30 * time.Second

// ask is the machine's own word, nil if it does not answer.
func (w *watcher) ask(ctx context.Context, m *sale.Machine) *sale.Status {
	w.mu.Lock()
	hangs := !w.unanswered.IsZero() && time.Since(w.unanswered) < askAgain
	w.mu.Unlock()
	if hangs {
		return nil
	}
	now, err := m.Status(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.unanswered = time.Now()
		return nil
	}
	w.unanswered = time.Time{}
	return &now
}

// figures adds what only metrics want.
func (w *watcher) figures(ctx context.Context, s watch.State) watch.State {
	w.mu.Lock()
	at := w.seen
	w.mu.Unlock()
	if at == nil || s.Sale == nil {
		return s
	}
	s.Slots, _ = at.machine.Slots(ctx) // nobody can be told more than that they are not known
	stats, err := at.store.Stats()
	if err != nil {
		return s
	}
	s.Ledger = &watch.Ledger{Size: stats.Size, Used: stats.Used, Written: stats.Written, Orders: stats.Orders, Journal: stats.Journal, Starts: stats.Boots}
	if space, err := store.SpaceAt(filepath.Dir(stats.Path)); err == nil {
		s.Ledger.Free = space.Free
	}
	return s
}

// cabinetOf is what some drivers know of the machine around the board.
func cabinetOf(board sale.Dispenser) (c watch.Cabinet) {
	if b, ok := board.(interface{ DoorOpen() (open, known bool) }); ok {
		if open, known := b.DoorOpen(); known {
			c.DoorOpen = &open
		}
	}
	if b, ok := board.(interface{ Celsius() (int, bool) }); ok {
		if degrees, known := b.Celsius(); known {
			c.Celsius = &degrees
		}
	}
	return c
}
