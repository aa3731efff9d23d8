package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"kioskd/sale"
)

// lanes is how many worlds each contender has at once, to be done sooner.
const lanes = 8

// Customers pay this long after the code came: at least one second, and then
// anywhere in a stretch that holds whole cycles of both pollers.
const (
	thinkLeast = time.Second
	thinkRange = 10 * time.Second
)

// race is kioskd and its peers, selling at the same time.
type race struct {
	sales     int
	thinks    []time.Duration // the same for every contender
	entrants  []*entrant
	say       func(string, ...any)
	mu        sync.Mutex
	done      int
	lastSaid  time.Time
	seed      uint64
	interlude []time.Duration // lets the lanes begin out of step
}

// entrant is one contender.
type entrant struct {
	name  string
	lanes []lane
	deals []deal
	lost  []error
}

// lane is one of its worlds.
type lane struct {
	shop
	w     *world
	kiosk *kiosk // nil for a peer
	run   func(context.Context) error
}

// deal is a purchase with what only kioskd's stopwatches know.
type deal struct {
	purchase
	lap
}

// took is the time from the payment to the command.
func (d deal) took() time.Duration { return d.command.Sub(d.paid) }

func meanPath(deals []deal) path {
	var next, answer, decide, turn []time.Duration
	for _, d := range deals {
		next, answer = append(next, d.asked.Sub(d.paid)), append(answer, d.known.Sub(d.asked))
		decide, turn = append(decide, d.ordered.Sub(d.known)), append(turn, d.command.Sub(d.ordered))
	}
	return path{mean(next), mean(answer), mean(decide), mean(turn)}
}

func newRace(ctx context.Context, dir string, o options, say func(string, ...any)) (r *race, err error) {
	rng := rand.New(rand.NewPCG(o.seed, 80))
	r = &race{sales: o.sales, say: say, seed: o.seed, thinks: thinks(o.sales, rng)}
	for range lanes {
		r.interlude = append(r.interlude, time.Duration(rng.Float64()*float64(time.Second)))
	}
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	k, err := newKeys()
	if err != nil {
		return nil, err
	}
	r.entrants = []*entrant{{name: "kioskd"}, {name: "2 s poller"}, {name: "5 s poller"}}
	for i, every := range []time.Duration{0, 2 * time.Second, 5 * time.Second} {
		for n := range min(lanes, o.sales) {
			if err = r.enter(ctx, r.entrants[i], filepath.Join(dir, fmt.Sprintf("world-%d-%d", i, n)), k, every, o.daemon); err != nil {
				return r, fmt.Errorf("world of the %s: %w", r.entrants[i].name, err)
			}
		}
	}
	return r, nil
}

// thinks spreads the payments evenly over the range, from a random beginning
// and in a random order: every phase of a contender's cycle is met alike. Drawn
// one by one, sixty of them would leave the median uncertain by twice as much.
func thinks(n int, rng *rand.Rand) []time.Duration {
	all := make([]time.Duration, n)
	first := rng.Float64()
	for i := range all {
		all[i] = thinkLeast + time.Duration((float64(i)+first)/float64(n)*float64(thinkRange))
	}
	rng.Shuffle(n, func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func (r *race) enter(ctx context.Context, e *entrant, dir string, k keys, every time.Duration, daemon string) error {
	w, err := newWorld(ctx, dir, k, r.seed+uint64(len(e.lanes)))
	if err != nil {
		return err
	}
	l := lane{w: w}
	if every > 0 {
		p := newPoller(w, every)
		l.shop, l.run = p, p.run
	} else {
		kiosk, err := newKiosk(ctx, w, daemon)
		if err != nil {
			w.close()
			return err
		}
		l.shop, l.run, l.kiosk = kiosk, kiosk.run, kiosk
	}
	e.lanes = append(e.lanes, l)
	return nil
}

func (r *race) close() {
	for _, e := range r.entrants {
		for _, l := range e.lanes {
			l.w.close()
			if l.kiosk != nil {
				l.kiosk.close()
			}
		}
	}
}

// run lets all customers come, of all contenders at once.
func (r *race) run(ctx context.Context) error {
	r.say("selling: %d sales each by %s, %s and %s", r.sales, r.entrants[0].name, r.entrants[1].name, r.entrants[2].name)
	g, ctx := errgroup.WithContext(ctx)
	for _, e := range r.entrants {
		for n, l := range e.lanes {
			open, shut := context.WithCancel(ctx)
			g.Go(func() error {
				defer shut()
				return l.run(open)
			})
			g.Go(func() error {
				defer shut()
				return r.queue(ctx, e, n, l)
			})
		}
	}
	return g.Wait()
}

// queue is the customers of one lane.
func (r *race) queue(ctx context.Context, e *entrant, n int, l lane) error {
	if err := pause(ctx, r.interlude[n]); err != nil {
		return err
	}
	c := customer{l.shop, l.w.provider, l.w.cabinet}
	for i := n; i < r.sales; i += len(e.lanes) {
		slot := products[i/len(e.lanes)%len(products)].Slot
		p, err := c.buys(ctx, slot, r.thinks[i])
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.enterDeal(e, l, slot, p, err)
	}
	return nil
}

func (r *race) enterDeal(e *entrant, l lane, slot sale.Slot, p purchase, err error) {
	d := deal{purchase: p}
	if l.kiosk != nil {
		d.lap = l.kiosk.take(slot)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
	if err != nil {
		e.lost = append(e.lost, err)
		r.say("%s: a sale that cannot be measured: %v", e.name, err)
		return
	}
	e.deals = append(e.deals, d)
	if all := r.sales * len(r.entrants); time.Since(r.lastSaid) > 10*time.Second || r.done == all {
		r.lastSaid = time.Now()
		r.say("%d of %d sales", r.done, all)
	}
}

// report fills in what the race has shown.
func (r *race) report(into *results) error {
	for _, e := range r.entrants {
		if len(e.deals) <= len(e.lost) {
			return fmt.Errorf("%s: %d of %d sales failed, the last one: %w", e.name, len(e.lost), r.sales, e.lost[len(e.lost)-1])
		}
		c := contender{Name: e.name, Sales: len(e.deals), Lost: len(e.lost)}
		var command []time.Duration
		for _, d := range e.deals {
			command = append(command, d.took())
			c.Queries += float64(d.queries) / float64(len(e.deals))
		}
		c.PayToCommand = rank(command)
		into.Contenders = append(into.Contenders, c)
	}
	first := into.Contenders[0]
	for i := range into.Contenders {
		c := &into.Contenders[i]
		c.RatioP50, c.RatioP99 = round(c.PayToCommand.P50/first.PayToCommand.P50), round(c.PayToCommand.P99/first.PayToCommand.P99)
		c.Queries = round(c.Queries)
	}
	return r.entrants[0].report(into)
}

// report fills in what only kioskd has.
func (e *entrant) report(into *results) error {
	var qr, own, saving, rest []time.Duration
	for _, d := range e.deals {
		took := d.shown.Sub(d.pressed)
		qr, own = append(qr, took), append(own, took-d.outside)
		saving, rest = append(saving, d.saving), append(rest, took-d.outside-d.saving)
	}
	into.SelectToQR, into.SelectToQROwn = rank(qr), rank(own)
	into.SelectToQRSync, into.SelectToQRRest = rank(saving), rank(rest)
	into.Path = meanPath(e.deals)
	slowest := slices.MaxFunc(e.deals, func(a, b deal) int { return cmp.Compare(a.took(), b.took()) })
	into.Slowest = meanPath([]deal{slowest})
	for _, l := range e.lanes {
		commits, bytes, err := l.kiosk.wear()
		if err != nil {
			return err
		}
		into.Commits += float64(commits)
		into.Bytes += bytes
	}
	sales := len(e.deals) + len(e.lost)
	into.Commits = round(into.Commits / float64(sales))
	into.Bytes /= int64(sales)
	return nil
}
