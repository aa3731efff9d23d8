package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"kioskd/books"
	"kioskd/clock"
	"kioskd/configs"
	"kioskd/control"
	"kioskd/drivers"
	"kioskd/reconcile"
	"kioskd/store"
)

// reconciling is what kioskd reconcile was asked for.
type reconciling struct {
	file, date, since string
	asJSON, last      bool
	out, errs         io.Writer
}

func reconcileCommand(out, errs io.Writer) *cobra.Command {
	r := reconciling{out: out, errs: errs}
	c := &cobra.Command{
		Use:   "reconcile",
		Short: "Compare the provider's bill with the ledger",
		Long: `Compare the provider's bill with the ledger, both ways: what was paid or refunded
there and is not known here, what is known here and is not on the bill, and
amounts. Each difference comes with what it means and who gets money. Nothing is
changed. Days are those of Beijing; a bill is ready at 10:00 of the next day and
can be had for three months. Without a date it is the newest bill.

It asks the running daemon, which does the same each day after 10:00; without one
it fetches the bills and reads the ledger itself.

Exit codes: 0 no difference, 1 differences, 2 it could not be done.`,
		Example: "  kioskd reconcile\n  kioskd reconcile --date 2026-11-27\n  kioskd reconcile --since 2026-11-20 --json\n  kioskd reconcile --last",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return r.run(cmd.Context()) },
	}
	c.Flags().StringVar(&r.file, "config", defaultConfig, "the machine's config `FILE`")
	c.Flags().StringVar(&r.date, "date", "", "this `DAY`, like 2026-11-27")
	c.Flags().StringVar(&r.since, "since", "", "this `DAY` and all after it")
	c.Flags().BoolVar(&r.last, "last", false, "show what the daemon found when it last did it by itself")
	c.Flags().BoolVar(&r.asJSON, "json", false, "print JSON")
	c.MarkFlagsMutuallyExclusive("date", "since", "last")
	return c
}

func (r reconciling) run(ctx context.Context) error {
	clock := clock.New(time.Time{})
	if err := clock.Plausible(); err != nil && !r.last {
		return couldNot(err)
	}
	days, err := r.days(clock.Now())
	if err != nil {
		return couldNot(err)
	}
	at, err := configs.Locate(r.file)
	if err != nil {
		return couldNot(err)
	}
	var report reconcile.Report
	if r.last {
		report, err = askLast(ctx, at)
	} else if report, err = askReconcile(ctx, at, days); errors.Is(err, control.ErrNoDaemon) {
		report, err = r.alone(ctx, days)
	}
	if err != nil {
		return couldNot(err)
	}
	if err := show(r.out, r.asJSON, report, func(w io.Writer) { printReport(w, report) }); err != nil {
		return couldNot(err)
	}
	if report.Differences() > 0 {
		return failure{nil, exitFailed}
	}
	return nil
}

// couldNot is a failure, which here is not 1: that says that something differs.
func couldNot(err error) error {
	var f failure
	if errors.As(err, &f) {
		err = f.err
	}
	return failure{err, exitUsage}
}

// days are the days that are meant, the oldest first.
func (r reconciling) days(now time.Time) (days []reconcile.Day, err error) {
	newest := reconcile.Newest(now)
	switch {
	case r.last:
		return nil, nil
	case r.date != "":
		d, err := reconcile.ParseDay(r.date)
		if err == nil {
			err = d.Check(now)
		}
		return []reconcile.Day{d}, err
	case r.since != "":
		d, err := reconcile.ParseDay(r.since)
		if err == nil {
			err = d.Check(now)
		}
		for ; err == nil && !newest.Before(d); d = d.Next() {
			days = append(days, d)
		}
		return days, err
	}
	return []reconcile.Day{newest}, nil
}

// reconcileWithin bounds a command: many bills over a slow line.
const reconcileWithin = time.Hour

func askReconcile(ctx context.Context, at configs.Places, days []reconcile.Day) (report reconcile.Report, err error) {
	return report, control.Dial(at.Socket).Within(reconcileWithin).Post(ctx, control.ReconcilePath, control.ReconcileRequest{Days: days}, &report)
}

func askLast(ctx context.Context, at configs.Places) (report reconcile.Report, err error) {
	err = control.Dial(at.Socket).Get(ctx, control.ReconcilePath, nil, &report)
	if errors.Is(err, control.ErrNoDaemon) {
		return books.LastReport(at.Ledger)
	}
	return report, err
}

// alone does it without a daemon.
func (r reconciling) alone(ctx context.Context, days []reconcile.Day) (reconcile.Report, error) {
	c, err := load(r.file, r.errs)
	if err != nil {
		return reconcile.Report{}, err
	}
	gateway, err := known().OpenGateway(c, clock.New(time.Time{}), drivers.InFile, slog.New(slog.DiscardHandler))
	if err != nil {
		return reconcile.Report{}, fmt.Errorf("payment %s: %w", c.Payment.Driver, err)
	}
	ledger, err := store.OpenReadOnly(c.Store.Path)
	if err != nil {
		return reconcile.Report{}, err
	}
	defer ledger.Close()
	b, err := books.New(c, gateway, ledger, clock.New(time.Time{}))
	if err != nil {
		return reconcile.Report{}, err
	}
	return b.Run(ctx, days)
}
