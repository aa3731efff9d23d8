package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"kioskd/sale"
	"kioskd/store"
)

const (
	// retainAfter lets NTP set the clock of a board that has just started.
	retainAfter = 10 * time.Minute
	retainEvery = time.Hour
	// retainAtOnce orders are one commit, no bigger than that of a sale.
	retainAtOnce = 20
)

// retain moves old orders to archives until ctx ends. An error means that the
// ledger takes no step any more, and the process must start anew.
func (d *daemon) retain(ctx context.Context, ledger *store.Store) error {
	if d.config.Store.Keep <= 0 {
		return nil
	}
	for _, err := range ledger.CheckArchives() {
		d.log.Error("archived orders are lost; selling goes on", "error", err)
	}
	for wait := retainAfter; pause(ctx, wait); wait = retainEvery {
		if (systemClock{}).Plausible() != nil {
			continue
		}
		if err := d.archive(ctx, ledger); err != nil {
			return err
		}
	}
	return nil
}

// archive moves all that is old enough, bit by bit, while nobody buys.
func (d *daemon) archive(ctx context.Context, ledger *store.Store) error {
	before, moved, held := time.Now().Add(-d.config.Store.Keep.Span()), 0, ""
	for done := false; !done && pause(ctx, time.Second); {
		if busy(ledger) {
			continue
		}
		p, err := ledger.Archive(ctx, before, retainAtOnce)
		moved += p.Orders
		held = cmp.Or(p.Held, held)
		var fault *sale.Fault
		switch {
		case ledger.Failed() != nil:
			return ledger.Failed()
		case errors.As(err, &fault), ctx.Err() != nil:
			return nil // the screen says it, or nobody wants to know
		case err != nil:
			d.log.Error("orders cannot be archived; selling goes on", "error", err)
			return nil
		}
		done = p.Done
	}
	if moved > 0 {
		d.log.Info("old orders archived", "orders", moved)
	}
	if held != "" {
		d.log.Warn("a reader of the journal holds old orders in the ledger", "reader", held)
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

// pause waits, and reports whether ctx still lives.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
