//go:build !commands

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"kioskd/face"
	"kioskd/internal/audit"
	"kioskd/payment/paytest"
	"kioskd/sale"
	"kioskd/store"
)

// habit is what one scripted customer does, and how the order must end.
type habit struct {
	name string
	ends sale.State
}

var (
	buys      = habit{"buys", sale.Dispensed}
	slowly    = habit{"buys, slow with the PIN", sale.Dispensed}
	cancels   = habit{"presses cancel", sale.Closed}
	leaves    = habit{"walks away", sale.Closed}
	paysLate  = habit{"cancels, then pays", sale.Refunded}
	meetsJam  = habit{"meets a jam", sale.Refunded}
	losesMail = habit{"buys while the provider's first answer is lost", sale.Dispensed}
)

// crowd plays scripted customers and keeps the time.
type crowd struct {
	d      *demo
	face   *face.Face
	habits []habit
	rng    *rand.Rand

	mu      sync.Mutex
	scene   sale.Scene
	changed chan struct{}
	shown   map[sale.Number]time.Time     // when its code was handed to the screen
	took    map[sale.Number]time.Duration // from the key to that
	own     map[sale.Number]time.Duration // ... without the board's and the provider's time
	outside map[sale.Slot]time.Duration
	closed  map[sale.Slot]bool // after a jam

	problems []string
	result   figures
}

// figures is the last line of a scripted demo.
type figures struct {
	Customers      int         `json:"customers"`
	Dispensed      int         `json:"dispensed"`
	Refunded       int         `json:"refunded"`
	Closed         int         `json:"closed"`
	Attention      int         `json:"attention"`
	Violations     int         `json:"violations"`
	PayToCommand   percentiles `json:"pay_to_command_ms"`
	SelectToQR     percentiles `json:"select_to_qr_ms"`
	SelectToQROwn  percentiles `json:"select_to_qr_own_ms"` // without the board's and the provider's time
	QueriesPerSale float64     `json:"queries_per_sale"`
	CommitsPerSale float64     `json:"commits_per_sale"`
	BytesPerSale   int64       `json:"bytes_written_per_sale"`
	Seconds        float64     `json:"seconds"`
}

type percentiles struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

func newCrowd(d *demo, f *face.Face) *crowd {
	c := &crowd{
		d: d, face: f, rng: rand.New(rand.NewPCG(d.flags.seed, 20)), changed: make(chan struct{}),
		shown: map[sale.Number]time.Time{}, took: map[sale.Number]time.Duration{}, own: map[sale.Number]time.Duration{}, outside: map[sale.Slot]time.Duration{}, closed: map[sale.Slot]bool{},
	}
	c.habits = script(d.flags.customers, c.rng)
	f.OnShow(c.see)
	return c
}

// script gives every ten customers one of each trouble, in a shuffled order.
func script(n int, rng *rand.Rand) []habit {
	troubles := []habit{meetsJam, losesMail, cancels, paysLate, leaves, slowly}
	var all []habit
	for i := range n {
		h := buys
		if k := i % 20; k < len(troubles) {
			h = troubles[k]
		} else if k == len(troubles) {
			h = cancels
		}
		all = append(all, h)
	}
	rng.Shuffle(n, func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func (c *crowd) see(s sale.Scene) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.Kind == sale.ScenePay && c.shown[s.Number].IsZero() {
		c.shown[s.Number] = time.Now()
	}
	c.scene = s
	close(c.changed)
	c.changed = make(chan struct{})
}

// waitFor returns the scene once it is of a kind.
func (c *crowd) waitFor(ctx context.Context, within time.Duration, kinds ...sale.SceneKind) (sale.Scene, error) {
	limit := time.After(within)
	for {
		c.mu.Lock()
		s, changed := c.scene, c.changed
		c.mu.Unlock()
		if slices.Contains(kinds, s.Kind) {
			return s, nil
		}
		select {
		case <-changed:
		case <-limit:
			return s, fmt.Errorf("the screen shows %s and not %s after %s", s.Kind, kinds, within)
		case <-ctx.Done():
			return s, ctx.Err()
		}
	}
}

// play lets the customers come one after the other, then settles the books.
func (c *crowd) play(ctx context.Context, s *store.Store, out io.Writer) {
	begun := time.Now()
	for i, h := range c.habits {
		number, err := c.customer(ctx, h)
		if err == nil {
			err = c.settled(ctx, s, number, h)
		}
		if err != nil {
			c.problems = append(c.problems, fmt.Sprintf("customer %d (%s): %v", i+1, h.name, err))
			fmt.Fprintf(out, "%3d  %-48s %v\n", i+1, h.name, err)
		} else {
			fmt.Fprintf(out, "%3d  %-48s %s, as it must be\n", i+1, h.name, h.ends)
		}
		if ctx.Err() != nil {
			return
		}
	}
	c.judge(s, time.Since(begun))
}

// customer presses a key and does what the habit says.
func (c *crowd) customer(ctx context.Context, h habit) (sale.Number, error) {
	slot := c.choose()
	var err error
	switch h {
	case meetsJam:
		err = c.d.cabinet.JamNext(int(slot))
	case losesMail:
		err = c.d.provider.Queue(paytest.CallCreate, paytest.Fault{Name: paytest.FaultResetAfter})
	}
	if err != nil {
		return "", err
	}
	pressed, err := c.press(ctx, slot)
	if err != nil {
		return "", err
	}
	pay, err := c.waitFor(ctx, 20*time.Second, sale.ScenePay)
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	took := c.shown[pay.Number].Sub(pressed)
	c.took[pay.Number], c.own[pay.Number] = took, took-c.outside[slot]
	c.mu.Unlock()
	return pay.Number, c.atThePhone(ctx, h, pay)
}

// press presses the key until the machine takes it: the customer before may
// still be reading the screen.
func (c *crowd) press(ctx context.Context, slot sale.Slot) (at time.Time, err error) {
	free := []sale.SceneKind{sale.SceneIdle, sale.SceneTake, sale.SceneNotPaid, sale.SceneRefunded,
		sale.SceneRefunding, sale.SceneRefundLate, sale.SceneRefundUnproved}
	for range 60 {
		if _, err := c.waitFor(ctx, 60*time.Second, free...); err != nil {
			return at, err
		}
		c.mu.Lock()
		c.outside[slot] = 0
		c.mu.Unlock()
		at = time.Now()
		if err := c.d.cabinet.Press(int(slot)); err != nil {
			return at, err
		}
		if _, err = c.waitFor(ctx, 1500*time.Millisecond, sale.SceneCreating, sale.ScenePay); err == nil {
			return at, nil
		}
	}
	return at, err
}

// choose takes any product that has not been refused to an earlier customer.
func (c *crowd) choose() sale.Slot {
	c.mu.Lock()
	defer c.mu.Unlock()
	var can []sale.Slot
	for _, p := range c.d.config.Catalogue() {
		if p.Slot != emptySlot && !c.closed[p.Slot] {
			can = append(can, p.Slot)
		}
	}
	return can[c.rng.IntN(len(can))]
}

func (c *crowd) atThePhone(ctx context.Context, h habit, pay sale.Scene) error {
	think := time.Duration(400+c.rng.IntN(2600)) * time.Millisecond
	select {
	case <-time.After(think):
	case <-ctx.Done():
		return ctx.Err()
	}
	user, number := fmt.Sprintf("customer-%s", pay.Number.Tail()), string(pay.Number)
	if h != cancels && h != leaves {
		if _, err := c.d.provider.Scan(pay.CodeURL, user); err != nil {
			return fmt.Errorf("scan: %w", err)
		}
	}
	switch h {
	case cancels, leaves:
		if h == cancels {
			c.d.cabinet.Cancel()
		}
		_, err := c.waitFor(ctx, 60*time.Second, sale.SceneNotPaid)
		return err
	case slowly:
		return c.d.provider.EnterPIN(user, number, 4*time.Second)
	case paysLate:
		if err := c.d.provider.EnterPIN(user, number, 5*time.Second); err != nil {
			return err
		}
		c.d.cabinet.Cancel()
		return nil
	}
	return c.d.provider.Pay(user, number)
}

// settled waits until the ledger has the order where it must end.
func (c *crowd) settled(ctx context.Context, s *store.Store, n sale.Number, h habit) error {
	want := h.ends
	for range 600 {
		o, err := s.Order(string(n))
		if err != nil {
			return err
		}
		if o.State == want {
			if h == meetsJam { // the machine stops selling from that slot
				c.mu.Lock()
				c.closed[o.Product.Slot] = true
				c.mu.Unlock()
			}
			return nil
		}
		if o.State.Final() {
			return fmt.Errorf("order %s ended as %s (%s: %s), not %s", n, o.State, o.Cause, o.Detail, want)
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return fmt.Errorf("order %s is not settled after a minute", n)
}

// judge compares all books and fills in the figures.
func (c *crowd) judge(s *store.Store, took time.Duration) {
	orders, err := s.Orders(store.Filter{})
	if err != nil {
		c.problems = append(c.problems, err.Error())
		return
	}
	books := audit.Books{
		Orders: orders, Trades: c.d.provider.Orders(), Refunds: c.d.provider.Refunds(),
		Commands: c.d.cabinet.Commands(), Drops: c.d.cabinet.Drops(),
	}
	f, broken := books.Check()
	c.problems = append(c.problems, broken...)
	if f.Open > 0 {
		c.problems = append(c.problems, fmt.Sprintf("%d orders are still open", f.Open))
	}
	c.result = figures{
		Customers: len(c.habits), Dispensed: f.Dispensed, Refunded: f.Refunded, Closed: f.Closed, Attention: f.Attention,
		Violations: len(broken), Seconds: took.Seconds(),
	}
	deals, _ := books.Deals()
	c.time(deals)
	if stats, err := s.Stats(); err == nil && f.Dispensed > 0 {
		c.result.CommitsPerSale = float64(stats.Commits) / float64(len(c.habits))
		c.result.BytesPerSale = stats.Written / int64(len(c.habits))
	}
}

func (c *crowd) time(deals []audit.Deal) {
	var command, qr, own []time.Duration
	queries := 0
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range deals {
		queries += d.Trade.Calls.Counts[paytest.CallQuery]
		if len(d.Commands) == 1 && !d.Trade.PaidAt.IsZero() {
			command = append(command, d.Commands[0].At.Sub(d.Trade.PaidAt))
		}
		if took, ok := c.took[d.Order.Number]; ok && d.Trade.Calls.Counts[paytest.CallCreate] == 1 {
			qr = append(qr, took)
			own = append(own, c.own[d.Order.Number])
		}
	}
	c.result.PayToCommand, c.result.SelectToQR, c.result.SelectToQROwn = rank(command), rank(qr), rank(own)
	if len(deals) > 0 {
		c.result.QueriesPerSale = float64(queries) / float64(len(deals))
	}
}

func rank(d []time.Duration) percentiles {
	if len(d) == 0 {
		return percentiles{}
	}
	slices.Sort(d)
	at := func(p int) float64 {
		return float64(d[min(len(d)-1, len(d)*p/100)].Microseconds()) / 1000
	}
	return percentiles{at(50), at(99)}
}

// report prints the verdict. Its error says that an order did not end right.
func (c *crowd) report(out io.Writer, asJSON bool) error {
	for _, p := range c.problems {
		fmt.Fprintln(out, "wrong:", p)
	}
	if asJSON {
		if err := json.NewEncoder(out).Encode(c.result); err != nil {
			return err
		}
	} else {
		r := c.result
		fmt.Fprintf(out, "%d customers: %d dispensed, %d refunded, %d closed, %d in attention, %d violations; payment to command %.0f ms (p50), %.0f ms (p99)\n",
			r.Customers, r.Dispensed, r.Refunded, r.Closed, r.Attention, r.Violations, r.PayToCommand.P50, r.PayToCommand.P99)
	}
	switch {
	case c.result.Customers < len(c.habits):
		return errors.New("the customers did not all come")
	case len(c.problems) > 0:
		return fmt.Errorf("%d orders or customers ended wrong", len(c.problems))
	}
	return nil
}

// watch puts a stopwatch between the machine and what it waits for.
func (c *crowd) watch(o *sale.Options) {
	o.Gateway = timedGateway{o.Gateway, c}
	o.Dispenser = timedDispenser{o.Dispenser, c}
}

func (c *crowd) waited(slot sale.Slot, since time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outside[slot] += time.Since(since)
}

type timedGateway struct {
	sale.Gateway
	c *crowd
}

func (g timedGateway) Create(ctx context.Context, o sale.Order) (string, error) {
	defer g.c.waited(o.Product.Slot, time.Now())
	return g.Gateway.Create(ctx, o)
}

type timedDispenser struct {
	sale.Dispenser
	c *crowd
}

func (d timedDispenser) Check(ctx context.Context, s sale.Slot) (sale.Evidence, error) {
	defer d.c.waited(s, time.Now())
	return d.Dispenser.Check(ctx, s)
}
