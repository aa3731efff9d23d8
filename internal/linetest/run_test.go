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
	"kioskd/internal/proof"
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
	y.figures.Add(f)
}

// run plays cases on several machines at once. After each one the machine's
// books are compared.
func run[C fmt.Stringer](t *testing.T, title string, keys desk.Keys, cases []C, play func(context.Context, *player, C) (outcome, error), counts func(C) bool) {
	var y tally
	p := proof.Begin(title, flags.Seed)
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
			seed := flags.Seed*1000 + n
			wg.Go(func() { work(t, keys, seed, kind, q, &y, p, play) })
		}
	}
	wg.Wait()
	p.End("%v", &y)
	if len(y.missed) > 2+len(cases)/20 { // a busy machine is late for a few
		t.Errorf("%d of %d troubles did not happen, such as %s", len(y.missed), len(cases), y.missed[0])
	}
}

func work[C fmt.Stringer](t *testing.T, keys desk.Keys, seed uint64, kind bool, q <-chan C, y *tally, said *proof.Progress, play func(context.Context, *player, C) (outcome, error)) {
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
		said.Say("%v", y)
		if err != nil {
			t.Errorf("case %s: %v (replay: -case '%s')", c, err, c)
			end() // the next case deserves a machine in order
		}
	}
}
