package daemon

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"kioskd/clock"
	"kioskd/sale"
	"kioskd/store"
)

const (
	// upkeepAfter lets NTP set the clock of a board that has just started.
	upkeepAfter = 10 * time.Minute
	upkeepEvery = time.Hour
	copyEvery   = 24 * time.Hour
	// archiveAtOnce orders are one commit, no bigger than that of a sale.
	archiveAtOnce = 20
)

// upkeep copies the ledger every day and moves old orders to archives, until
// ctx ends. An error means that the ledger takes no step any more, and the
// process must start anew.
func (d *Daemon) upkeep(ctx context.Context, ledger *store.Store) error {
	for _, err := range ledger.CheckArchives() {
		d.Log.Error("archived orders are lost; selling goes on", "error", err)
	}
	for wait := upkeepAfter; clock.Pause(ctx, wait); wait = upkeepEvery {
		if d.clock.Plausible() != nil {
			continue
		}
		if err := d.copyLedger(ctx, ledger); err != nil {
			return err
		}
		if d.Config.Store.Keep <= 0 {
			continue
		}
		if err := d.archive(ctx, ledger); err != nil {
			return err
		}
	}
	return nil
}

// copyLedger makes the copy of the day, unless there is one. A copy from the
// future is from a clock that was wrong, and counts for none.
func (d *Daemon) copyLedger(ctx context.Context, ledger *store.Store) error {
	last, err := store.NewestCopy(d.Config.Store.Path, d.storeOptions())
	if age := time.Since(last); err == nil && age >= 0 && age < copyEvery {
		return nil
	}
	for busy(ledger) {
		if !clock.Pause(ctx, time.Second) {
			return nil
		}
	}
	path, err := ledger.Copy(ctx)
	switch {
	case ledger.Failed() != nil:
		return ledger.Failed()
	case ctx.Err() != nil:
		return nil
	case err != nil:
		d.Log.Error("no copy of the ledger was made; selling goes on", "error", err)
	default:
		d.Log.Info("ledger copied", "path", path)
	}
	return nil
}

// archive moves all that is old enough, bit by bit, while nobody buys.
func (d *Daemon) archive(ctx context.Context, ledger *store.Store) error {
	before, moved, held := time.Now().Add(-d.Config.Store.Keep.Span()), 0, ""
	for done := false; !done && clock.Pause(ctx, time.Second); {
		if busy(ledger) {
			continue
		}
		p, err := ledger.Archive(ctx, before, archiveAtOnce)
		moved += p.Orders
		held = cmp.Or(p.Held, held)
		var fault *sale.Fault
		switch {
		case ledger.Failed() != nil:
			return ledger.Failed()
		case errors.As(err, &fault), ctx.Err() != nil:
			return nil // the screen says it, or nobody wants to know
		case err != nil:
			d.Log.Error("orders cannot be archived; selling goes on", "error", err)
			return nil
		}
		done = p.Done
	}
	if moved > 0 {
		d.Log.Info("old orders archived", "orders", moved)
	}
	if held != "" {
		d.Log.Warn("a reader of the journal holds old orders in the ledger", "reader", held)
	}
	return nil
}

// busy reports whether somebody stands before the machine. Refunds and closed
// orders that are looked at again wait for nobody.
func busy(ledger *store.Store) bool {
	open, err := ledger.Open()
	return err != nil || slices.ContainsFunc(open, func(o sale.Order) bool {
		return !slices.Contains([]sale.State{sale.Closing, sale.Closed, sale.Refunding}, o.State)
	})
}
