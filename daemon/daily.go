package daemon

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"slices"
	"strings"
	"time"

	"kioskd/books"
	"kioskd/clock"
	"kioskd/reconcile"
	"kioskd/sale"
	"kioskd/store"
	"kioskd/watch"
)

const (
	// reconcileDays is how far back days that were missed are made up for.
	reconcileDays = 7
	// reconcileSpread parts the machines of a fleet, which would all ask at 10:00.
	reconcileSpread = 40 * time.Minute
	reconcileEvery  = 10 * time.Minute
	// reconcileAgain is the pause behind a failure.
	reconcileAgain = 30 * time.Minute
)

// daily reconciles each day once.
type daily struct {
	*books.Books
	clock sale.Clock
	log   *slog.Logger
	busy  func() bool // somebody stands before the machine
	found func(watch.Bills)
	said  string // the failure that was logged last
}

func (d *Daemon) daily(b *books.Books, ledger *store.Store) *daily {
	return &daily{Books: b, clock: d.clock, log: d.Log, busy: func() bool { return busy(ledger) }, found: d.watch.billed}
}

// run works until ctx ends.
func (d *daily) run(ctx context.Context) {
	if m, _ := books.ReadMemory(d.Path); m.Last != nil { // round tells what is wrong with it
		d.found(differing(*m.Last))
	}
	for wait := upkeepAfter; clock.Pause(ctx, wait); {
		wait = reconcileEvery
		if d.clock.Plausible() != nil || d.busy() {
			continue
		}
		if !d.round(ctx) {
			wait = reconcileAgain
		}
	}
}

// spread is this machine's own delay.
func (d *daily) spread() time.Duration {
	h := fnv.New32a()
	h.Write([]byte(d.Code))
	return time.Duration(h.Sum32()) % (reconcileSpread / time.Second) * time.Second
}

// round reconciles the days that are due, and reports whether that worked.
func (d *daily) round(ctx context.Context) bool {
	now := d.clock.Now()
	m, err := books.ReadMemory(d.Path)
	if err != nil {
		d.log.Warn("it is not known which days are reconciled; they are done again", "error", err)
	}
	days := reconcile.Due(now.Add(-d.spread()), reconcileDays, func(day reconcile.Day) bool {
		_, done := m.Done[day]
		return done
	})
	if len(days) == 0 {
		return true
	}
	var found reconcile.Report
	var failed []error
	for _, day := range days {
		report, err := d.Run(ctx, []reconcile.Day{day})
		if ctx.Err() != nil {
			return false
		}
		if err != nil {
			failed = append(failed, err)
			if errors.Is(err, sale.ErrTemporary) || errors.Is(err, sale.ErrMerchant) {
				break // so it will be with the others
			}
			continue
		}
		d.tell(report)
		m.Done[day] = now
		found = reconcile.Report{
			Machine: report.Machine, At: report.At,
			Days: append(found.Days, report.Days...), Unread: report.Unread,
		}
	}
	if len(found.Days) > 0 {
		m.Last = &found
		d.found(differing(found))
		m.Forget(days[0].Add(-2 * reconcileDays))
		if err := m.Write(d.Path); err != nil {
			failed = append(failed, fmt.Errorf("keep what is reconciled: %w", err))
		}
	}
	return d.failed(failed)
}

// failed logs what is new, and reports whether there was nothing.
func (d *daily) failed(errs []error) bool {
	err := errors.Join(errs...)
	said := fmt.Sprint(err)
	if err != nil && said != d.said {
		d.log.Warn("the provider's bill could not be compared with the ledger; selling goes on, and it is tried again", "error", err)
	}
	d.said = said
	return err == nil
}

// tell raises the alarm if something differs.
func (d *daily) tell(r reconcile.Report) {
	for _, damage := range r.Unread {
		d.log.Warn("archived orders cannot be read; on a bill they look unknown", "error", damage)
	}
	day := r.Days[0]
	if len(day.Differences) == 0 {
		d.log.Info("the provider's bill and the ledger agree", "date", day.Day.String(),
			"payments", day.There.Payments, "refunds", day.There.Refunds, "open", len(day.Open))
		return
	}
	d.log.Error("the provider's bill and the ledger differ", "code", sale.CodeBillDiffers, "date", day.Day.String(),
		"differences", len(day.Differences), "kinds", kinds(day.Differences), "hint", "kioskd reconcile --date "+day.Day.String())
}

// differing are the days of a report that need a person.
func differing(r reconcile.Report) (b watch.Bills) {
	for _, day := range r.Days {
		if len(day.Differences) > 0 {
			b.Differ = append(b.Differ, day.Day.String())
		}
	}
	return b
}

// kinds counts what there is of each kind.
func kinds(list []reconcile.Difference) string {
	n := map[reconcile.Kind]int{}
	var order []reconcile.Kind
	for _, x := range list {
		if n[x.Kind]++; !slices.Contains(order, x.Kind) {
			order = append(order, x.Kind)
		}
	}
	texts := make([]string, len(order))
	for i, k := range order {
		texts[i] = fmt.Sprintf("%d %s", n[k], k)
	}
	return strings.Join(texts, ", ")
}
