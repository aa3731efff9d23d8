package linetest_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"kioskd/internal/audit"
	"kioskd/internal/desk"
)

// outcome is what one case showed.
type outcome struct {
	struck bool
	back   time.Duration // from the plug to a healthy driver, 0 if not measured
}

// tally collects the outcomes of all machines.
type tally struct {
	mu      sync.Mutex
	cases   int
	struck  int
	broken  int
	late    int // frames of the host out of their turn
	back    []time.Duration
	figures audit.Figures
	missed  []string
}

func (y *tally) add(name string, o outcome, broken int) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.cases++
	y.broken += broken
	if o.struck {
		y.struck++
	} else {
		y.missed = append(y.missed, name)
	}
	if o.back > 0 {
		y.back = append(y.back, o.back)
	}
}

func (y *tally) String() string {
	y.mu.Lock()
	defer y.mu.Unlock()
	slices.Sort(y.back)
	at := func(p int) time.Duration {
		if len(y.back) == 0 {
			return 0
		}
		return y.back[min(len(y.back)-1, len(y.back)*p/100)].Round(time.Millisecond)
	}
	return fmt.Sprintf("%d cases, %d struck, %d violations, %d frames out of turn, back after the plug p50 %s p99 %s max %s; %+v",
		y.cases, y.struck, y.broken, y.late, at(50), at(99), at(100), y.figures)
}

func (y *tally) sum(f audit.Figures, late int) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.late += late
	g := &y.figures
	g.Orders += f.Orders
	g.Dispensed += f.Dispensed
	g.Refunded += f.Refunded
	g.Closed += f.Closed
	g.Attention += f.Attention
	g.Open += f.Open
	g.Doubted += f.Doubted
	g.DroppedAndRefunded += f.DroppedAndRefunded
	g.PaidFen += f.PaidFen
	g.RefundedFen += f.RefundedFen
}

// run plays cases on several machines at once. After each one the machine's
// books are compared.
func run[C fmt.Stringer](t *testing.T, title string, keys desk.Keys, cases []C, play func(context.Context, *player, C) (outcome, error), counts func(C) bool) {
	var y tally
	begun := time.Now()
	queues := map[bool]chan C{}
	for _, c := range cases {
		if queues[counts(c)] == nil {
			queues[counts(c)] = make(chan C, len(cases))
		}
		queues[counts(c)] <- c
	}
	var wg sync.WaitGroup
	n := uint64(0)
	for kind, q := range queues {
		close(q)
		share := max(1, min(len(q), *desks*len(q)/max(1, len(cases))))
		for range share {
			n++
			wg.Go(func() { work(t, keys, *seed*1000+n, kind, q, &y, play) })
		}
	}
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(10 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				fmt.Printf("%s: %.0fs of %d: %s\n", title, time.Since(begun).Seconds(), len(cases), &y)
			}
		}
	}()
	wg.Wait()
	close(done)
	fmt.Printf("%s: seed %d, %.0fs: %s\n", title, *seed, time.Since(begun).Seconds(), &y)
	if len(y.missed) > len(cases)/20 {
		t.Errorf("%d of %d troubles did not happen, such as %s", len(y.missed), len(cases), y.missed[0])
	}
}

func work[C fmt.Stringer](t *testing.T, keys desk.Keys, seed uint64, kind bool, q <-chan C, y *tally, play func(context.Context, *player, C) (outcome, error)) {
	var p *player
	known := map[string]bool{}
	end := func() {
		if p == nil {
			return
		}
		if books, err := p.d.Books(); err == nil {
			f, _ := books.Check()
			y.sum(f, len(p.d.Cabinet.Counters().Breaches))
		}
		if err := p.d.Close(); err != nil {
			t.Error(err)
		}
		p = nil
	}
	defer func() { end() }()
	for c := range q {
		if p == nil {
			if p = newPlayer(t, keys, seed, kind); p == nil {
				return
			}
			known = map[string]bool{}
		}
		o, err := play(t.Context(), p, c)
		broken := p.audit(known)
		for _, b := range broken {
			t.Errorf("case %s: %s (replay: -case '%s')", c, b, c)
		}
		y.add(c.String(), o, len(broken))
		if err != nil {
			t.Errorf("case %s: %v (replay: -case '%s')", c, err, c)
			end() // the next case deserves a machine in order
		}
	}
}
