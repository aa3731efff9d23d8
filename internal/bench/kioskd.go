package main

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"kioskd/sale"
	"kioskd/store"
)

// kiosk is kioskd, wired as the daemon wires it, with stopwatches between the
// machine and its ports.
type kiosk struct {
	*screen
	w      *world
	ledger *store.Store
	before store.Stats

	mu   sync.Mutex
	laps map[sale.Slot]lap // of the newest sale of a slot
}

// lap is when a sale passed which port.
type lap struct {
	outside time.Duration // waiting for the board's and the provider's answer, before the code
	saving  time.Duration // in commits of the ledger, before the code
	asked   time.Time     // begin of the query that saw the payment
	known   time.Time     // its end
	ordered time.Time     // the dispense call
}

func newKiosk(ctx context.Context, w *world, daemon string) (*kiosk, error) {
	k := &kiosk{screen: newScreen(), w: w, laps: map[sale.Slot]lap{}}
	var err error
	o := store.Options{Reserve: 1 << 20, Checker: checker(daemon)}
	if k.ledger, err = store.Open(ctx, filepath.Join(w.dir, "kioskd.db"), o); err != nil {
		return nil, err
	}
	if k.before, err = k.ledger.Stats(); err != nil {
		k.close()
	}
	return k, err
}

// run sells until ctx ends.
func (k *kiosk) run(ctx context.Context) error {
	m, err := sale.New(sale.Options{
		Ledger: timedLedger{k.ledger, k}, Gateway: timedGateway{k.w.gateway, k}, Dispenser: timedDispenser{k.w.board, k}, Panel: k.screen, Clock: clock{},
		Code: "BENCH1", Products: products, PayWithin: 90 * time.Second, DispenseWithin: 20 * time.Second,
		Policy: sale.Policy{OnUnknown: sale.UnknownRefund},
	})
	if err != nil {
		return err
	}
	return m.Run(ctx)
}

func (k *kiosk) close() { _ = k.ledger.Close() }

// wear is what the sales have written.
func (k *kiosk) wear() (commits int, bytes int64, err error) {
	s, err := k.ledger.Stats()
	if err != nil {
		return 0, 0, fmt.Errorf("statistics of the ledger: %w", err)
	}
	return s.Commits - k.before.Commits, s.Written - k.before.Written, nil
}

// take returns the lap of the newest sale of a slot and forgets it.
func (k *kiosk) take(slot sale.Slot) lap {
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.laps[slot]
	delete(k.laps, slot)
	return l
}

func (k *kiosk) note(slot sale.Slot, change func(*lap)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.laps[slot]
	change(&l)
	k.laps[slot] = l
}

func (k *kiosk) waited(slot sale.Slot, since time.Time) {
	took := time.Since(since)
	k.note(slot, func(l *lap) { l.outside += took })
}

type timedLedger struct {
	sale.Ledger
	k *kiosk
}

func (l timedLedger) Commit(s sale.Step) error {
	begun := time.Now()
	err := l.Ledger.Commit(s)
	if s.Order.State == sale.Created || s.Order.State == sale.Awaiting {
		took := time.Since(begun)
		l.k.note(s.Order.Product.Slot, func(l *lap) { l.saving += took })
	}
	return err
}

type timedGateway struct {
	sale.Gateway
	k *kiosk
}

func (g timedGateway) Create(ctx context.Context, o sale.Order) (string, error) {
	defer g.k.waited(o.Product.Slot, time.Now())
	return g.Gateway.Create(ctx, o)
}

func (g timedGateway) Query(ctx context.Context, o sale.Order) (sale.Trade, error) {
	begun := time.Now()
	t, err := g.Gateway.Query(ctx, o)
	if err == nil && t.State == sale.TradePaid {
		g.k.note(o.Product.Slot, func(l *lap) { l.asked, l.known = begun, time.Now() })
	}
	return t, err
}

type timedDispenser struct {
	sale.Dispenser
	k *kiosk
}

func (d timedDispenser) Check(ctx context.Context, s sale.Slot) (sale.Evidence, error) {
	defer d.k.waited(s, time.Now())
	return d.Dispenser.Check(ctx, s)
}

func (d timedDispenser) Dispense(ctx context.Context, c sale.Command) sale.Verdict {
	d.k.note(c.Slot, func(l *lap) { l.ordered = time.Now() })
	return d.Dispenser.Dispense(ctx, c)
}

// clock is the system's, in the provider's zone, and trusted.
type clock struct{}

var beijing = time.FixedZone("Asia/Shanghai", 8*60*60)

func (clock) Now() time.Time   { return time.Now().In(beijing) }
func (clock) Plausible() error { return nil }
