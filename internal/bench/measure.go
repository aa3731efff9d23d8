package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
)

// measure does everything, the quiet things first.
func measure(ctx context.Context, o options, dir string, say func(string, ...any)) (*results, error) {
	r := &results{Processors: runtime.NumCPU(), Latency: ms(latency), Poll: ms(pollEvery)}
	full, err := fill(ctx, dir, o.orders, say)
	if err != nil {
		return nil, fmt.Errorf("fill a ledger: %w", err)
	}
	say("opening the ledger of %d orders", o.orders)
	if r.Ledger, err = openings(ctx, o, full); err != nil {
		return nil, fmt.Errorf("open the ledger: %w", err)
	}

	empty, err := newChild(ctx, dir, "empty", o, "")
	if err != nil {
		return nil, err
	}
	defer empty.rig.Close()
	loaded, err := newChild(ctx, dir, "loaded", o, full)
	if err != nil {
		return nil, err
	}
	defer loaded.rig.Close()
	for _, c := range []*child{empty, loaded} {
		say("starting the daemon, %s ledger", c.name)
		if err := c.starts(ctx); err != nil {
			return nil, fmt.Errorf("start the daemon, %s ledger: %w", c.name, err)
		}
	}
	if err := pause(ctx, 3*time.Second); err != nil {
		return nil, err
	}

	if r.Commands, err = commands(ctx, dir, o, loaded, say); err != nil {
		return nil, fmt.Errorf("run commands: %w", err)
	}
	if r.Panel, err = panels(ctx, o, say); err != nil {
		return nil, fmt.Errorf("open the panel: %w", err)
	}
	if r.Answers, err = answering(ctx, dir, o, say); err != nil {
		return nil, fmt.Errorf("answer POLLs: %w", err)
	}
	r.Pacing = []pacing{paceOf(0, o.seed), paceOf(0.2, o.seed)}
	if r.Keys, err = pressing(ctx, dir, o, say); err != nil {
		return nil, fmt.Errorf("press keys: %w", err)
	}
	race, err := newRace(ctx, dir, o, say)
	if err != nil {
		return nil, err
	}
	defer race.close()
	noise, err := listen(ctx, dir)
	if err != nil {
		return nil, err
	}
	g, inner := errgroup.WithContext(ctx)
	g.Go(func() error { return race.run(inner) })
	g.Go(func() error { return empty.sells(inner, min(o.sales, memorySales), say) })
	g.Go(func() error { return loaded.sells(inner, min(o.sales, memorySales), say) })
	if err := g.Wait(); err != nil {
		return nil, err
	}
	r.TimerLate, r.DiskSync = noise()
	r.Empty, r.Loaded = empty.figures, loaded.figures
	if err := race.report(r); err != nil {
		return nil, err
	}
	r.judge()
	return r, nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
