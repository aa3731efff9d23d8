package torture

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Options say how much is to be killed, and what with.
type Options struct {
	Kills, Machines int // the machines stand beside each other; each takes its share of the kills
	AuditEvery      int // kills of one machine, default 25
	Seed            uint64
	Daemon, Sim     string // the built kioskd, with the tag crashpoints, and kiosk-sim
	Keep            string // folder for the logs and ledgers of a run that failed; may be empty
	Progress        io.Writer
}

// Run kills, and returns the figures with every broken promise. An error says
// that the harness itself could not work.
func Run(ctx context.Context, o Options) (Figures, error) {
	if o.AuditEvery == 0 {
		o.AuditEvery = 25
	}
	o.Machines = max(1, min(o.Machines, o.Kills))
	begun := time.Now()
	var mu sync.Mutex
	var sum Figures
	done := 0
	count := func() {
		mu.Lock()
		defer mu.Unlock()
		if done++; done%o.AuditEvery == 0 {
			fmt.Fprintf(o.Progress, "torture: %d of %d kills after %.0f s\n", done, o.Kills, time.Since(begun).Seconds())
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	for n := range o.Machines {
		kills := o.Kills / o.Machines
		if n < o.Kills%o.Machines {
			kills++
		}
		g.Go(func() error {
			m, err := newMachine(ctx, o, n)
			if err != nil {
				return err
			}
			defer m.close()
			err = m.run(ctx, kills, o.AuditEvery, count)
			mu.Lock()
			defer mu.Unlock()
			sum.add(m.figures)
			if err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
			return nil
		})
	}
	err := g.Wait()
	sum.Took = time.Since(begun)
	return sum, err
}
