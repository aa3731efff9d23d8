package desk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"kioskd/device/devicetest"
	"kioskd/internal/audit"
	"kioskd/payment/paytest"
	"kioskd/sale"
	"kioskd/sale/saletest"
	"kioskd/store"
)

// birth is the true time when a bubble begins: bubbles begin in 2000, when
// no kioskd was built yet.
var birth = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// BubbleOptions describe a world in simulated time. Keys must be set.
type BubbleOptions struct {
	Keys      Keys
	Seed      uint64
	Domains   int                                       // base URLs of the client, default 1
	Mode      Mode                                      // of payment
	Sale      func(*sale.Options)                       // changes the machine
	Provider  func(*paytest.Behaviour)                  // ... the provider
	Transport func(http.RoundTripper) http.RoundTripper // something between client and courier
}

// World is one machine in a synctest bubble.
type World struct {
	Provider *paytest.Server
	Courier  *Courier
	Board    *Board
	Panel    *Panel
	Clock    *Clock // the machine's
	Client   *Gateway
	Kept     *Keeper // what the client keeps over a restart
	Ledger   *Ledger
	Machine  *sale.Machine

	o         BubbleOptions
	transport http.RoundTripper
	dir       string
	remove    func()
	offset    time.Duration
	store     *store.Store
	begun     []time.Time // machines
	end       context.CancelFunc
	ended     chan error
}

// Bubble builds a world and lets its machine run. Call it in a bubble, and
// Close there too.
func Bubble(o BubbleOptions) (*World, error) {
	w := &World{o: o, Panel: &Panel{}, Clock: &Clock{}, Kept: &Keeper{}, Board: newBoard(), ended: make(chan error, 1)}
	w.offset = time.Until(birth)
	w.Clock.Step(w.offset)
	w.Board.now = w.Now
	if err := w.build(); err != nil {
		_ = w.Close()
		return nil, err
	}
	return w, nil
}

func (w *World) build() (err error) {
	if w.dir, w.remove, err = Memory(); err != nil {
		return err
	}
	w.Provider, err = paytest.New(paytest.Options{
		Seed: w.o.Seed, Clock: w.Now, Latency: 40 * time.Millisecond, MerchantKey: w.o.Keys.Merchant, PublicKey: w.o.Keys.Provider,
		CertificateKeys: w.o.Keys.Certificates, KeyMode: w.o.Mode.keys(), Partner: w.o.Mode == Partner,
	})
	if err != nil {
		return err
	}
	if w.o.Provider != nil {
		w.Provider.Behave(w.o.Provider)
	}
	w.Courier = NewCourier(w.Provider.Handler())
	var transport http.RoundTripper = w.Courier
	if w.o.Transport != nil {
		transport = w.o.Transport(w.Courier)
	}
	w.transport = transport
	if err := w.Speak(w.o.Mode); err != nil {
		return err
	}
	w.Ledger = &Ledger{world: w, begun: map[sale.Number]time.Time{}}
	return w.Begin()
}

// Speak makes the client of the next machine. The provider's keys stay as the
// options' mode wants them.
func (w *World) Speak(m Mode) error {
	urls := []string{"https://api.example.com"}
	for i := range w.o.Domains - 1 {
		urls = append(urls, fmt.Sprintf("https://api%d.example.net", i+2))
	}
	inner, err := m.client(w.Provider, w.dir, linked{urls: urls, clock: w.Clock, transport: w.transport, keeper: w.Kept})
	w.Client = &Gateway{inner: inner}
	return err
}

// Now is the true time, which the provider has.
func (w *World) Now() time.Time { return time.Now().Add(w.offset) }

// Begin starts a machine on the ledger as it is.
func (w *World) Begin() (err error) {
	if w.store, err = store.Open(context.Background(), filepath.Join(w.dir, "kioskd.db"), store.Options{Reserve: 1}); err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	w.Ledger.Store = w.store
	o := sale.Options{
		Ledger: w.Ledger, Gateway: w.Client, Dispenser: w.Board, Panel: w.Panel, Clock: w.Clock,
		Code: "DESK", Products: products(), PayWithin: 30 * time.Second, DispenseWithin: 20 * time.Second,
		Policy: sale.Policy{OnUnknown: sale.UnknownRefund},
	}
	if w.o.Sale != nil {
		w.o.Sale(&o)
	}
	if w.Machine, err = sale.New(o); err != nil {
		return err
	}
	ctx, end := context.WithCancel(context.Background())
	w.end, w.begun = end, append(w.begun, time.Now())
	m := w.Machine
	go func() { w.ended <- m.Run(ctx) }()
	return nil
}

// End stops the machine; Begin starts another.
func (w *World) End() (err error) {
	if w.end != nil {
		w.end()
		err = <-w.ended
		w.end = nil
	}
	if w.store != nil {
		err = errors.Join(err, w.store.Close())
		w.store = nil
	}
	return err
}

// Close ends everything.
func (w *World) Close() error {
	err := w.End()
	if w.Courier != nil {
		w.Courier.SetRule(nil)
		w.Courier.Wait()
	}
	if w.Provider != nil {
		_ = w.Provider.Close()
	}
	if w.remove != nil {
		w.remove()
	}
	return err
}

// Orders is what the ledger holds.
func (w *World) Orders() ([]sale.Order, error) { return w.store.Orders(store.Filter{}) }

// Newest is the newest order, zero if there is none.
func (w *World) Newest() (newest sale.Order) {
	orders, _ := w.Orders()
	for _, o := range orders {
		if o.Seq > newest.Seq {
			newest = o
		}
	}
	return newest
}

// Until sleeps until ok, at most for within.
func (w *World) Until(within time.Duration, ok func() bool) bool {
	for end := time.Now().Add(within); !ok(); time.Sleep(20 * time.Millisecond) {
		if !time.Now().Before(end) {
			return false
		}
	}
	return true
}

// Settled sleeps until every order is final, and says which are not.
func (w *World) Settled(within time.Duration) error {
	var left []error
	for end := time.Now().Add(within); ; time.Sleep(time.Second) {
		orders, err := w.Orders()
		if err != nil {
			return err
		}
		left = nil
		for _, o := range orders {
			if !o.State.Final() {
				left = append(left, fmt.Errorf("order %s is still %s (%s: %s) after %s", o.Number, o.State, o.Cause, o.Detail, within))
			}
		}
		if len(left) == 0 || !time.Now().Before(end) {
			return errors.Join(left...)
		}
	}
}

// Shown waits for a scene.
func (w *World) Shown(within time.Duration, kinds ...sale.SceneKind) bool {
	return w.Until(within, func() bool { return slices.Contains(kinds, w.Panel.Now().Kind) })
}

// Pay is a customer who scans the code that is shown and pays.
func (w *World) Pay(s sale.Scene) error {
	if _, err := w.Provider.Scan(s.CodeURL, "customer"); err != nil {
		return err
	}
	return w.Provider.Pay("customer", string(s.Number))
}

// Check compares the books, and the client's manners with what it owes: one
// request at a time for an order, and one a second.
func (w *World) Check() (audit.Figures, []string) {
	orders, err := w.Orders()
	if err != nil {
		return audit.Figures{}, []string{err.Error()}
	}
	for i, o := range orders { // the audit wants times of one clock
		orders[i].CreatedAt = w.Ledger.Begun(o.Number)
	}
	trades := w.Provider.Orders()
	for i := range trades {
		trades[i].Calls.MaxConcurrent = 0 // the network may double them; the courier knows
	}
	f, broken := audit.Books{
		Orders: orders, Trades: trades, Refunds: w.Provider.Refunds(), Commands: w.Board.Wire(), Drops: w.Board.Fell(),
	}.Check()
	for _, n := range w.Courier.Overlaps() {
		broken = append(broken, "order "+n+": two requests at once")
	}
	if gap, n := w.LeastGap(); n != "" && gap < time.Second {
		broken = append(broken, fmt.Sprintf("order %s: asked again after %s", n, gap))
	}
	return f, append(broken, w.Ledger.Broken()...)
}

// LeastGap is the least time between two calls of one process for one order.
// The attempts of one call, over two domains, count once.
func (w *World) LeastGap() (least time.Duration, number string) {
	last := map[string]Parcel{}
	for _, p := range w.Courier.Sent() {
		if p.Number == "" {
			continue
		}
		was, ok := last[p.Number]
		if ok && was.Try == p.Try {
			continue
		}
		ok = ok && !slices.ContainsFunc(w.begun, func(t time.Time) bool { return t.After(was.At) && !t.After(p.At) })
		if gap := p.At.Sub(was.At); ok && (number == "" || gap < least) {
			least, number = gap, p.Number
		}
		last[p.Number] = p
	}
	return least, number
}

// Board is a controller in memory with the books of a cabinet.
type Board struct {
	*saletest.Board
	now func() time.Time

	mu    lock
	plan  func(sale.Command) saletest.Vend
	wire  []devicetest.Command
	drops []devicetest.Drop
}

func newBoard() *Board {
	b := &Board{Board: saletest.NewBoard()}
	b.VendTakes = time.Second
	b.Board.Plan(b.next)
	return b
}

// Plan says what the next vends do; nil means clean drops.
func (b *Board) Plan(plan func(sale.Command) saletest.Vend) {
	defer b.mu.hold()()
	b.plan = plan
}

// next decides about a vend and enters it.
func (b *Board) next(c sale.Command) saletest.Vend {
	defer b.mu.hold()()
	v := saletest.Vend{Drops: true}
	if b.plan != nil {
		v = b.plan(c)
	}
	if v.Unsent {
		return v
	}
	b.wire = append(b.wire, devicetest.Command{At: b.now(), Slot: int(c.Slot), Drop: true, Heard: true, Turned: true})
	n := len(b.wire) - 1
	if v.Drops {
		time.AfterFunc(b.VendTakes-1, func() {
			defer b.mu.hold()()
			b.drops = append(b.drops, devicetest.Drop{At: b.now(), Slot: int(c.Slot), Command: n})
		})
	}
	return v
}

// Wire is every command that left.
func (b *Board) Wire() []devicetest.Command {
	defer b.mu.hold()()
	return slices.Clone(b.wire)
}

// Fell is every product that fell.
func (b *Board) Fell() []devicetest.Drop {
	defer b.mu.hold()()
	return slices.Clone(b.drops)
}

// Ledger is the production ledger with a witness of every commit.
type Ledger struct {
	*store.Store
	world *World

	mu      lock
	begun   map[sale.Number]time.Time
	commits []Commit
	broken  []string
}

// Commit is a step and the true time of it.
type Commit struct {
	sale.Step
	True time.Time
}

// Commit implements sale.Ledger.
func (l *Ledger) Commit(s sale.Step) error {
	now := l.world.Now()
	if err := l.Store.Commit(s); err != nil {
		return err
	}
	defer l.mu.hold()()
	l.commits = append(l.commits, Commit{s, now})
	if s.From != "" {
		return nil
	}
	l.begun[s.Order.Number] = now
	if err := l.world.Clock.Plausible(); err != nil {
		l.broken = append(l.broken, fmt.Sprintf("order %s was begun although %v", s.Order.Number, err))
	}
	return nil
}

// Begun is the true time when an order began.
func (l *Ledger) Begun(n sale.Number) time.Time {
	defer l.mu.hold()()
	return l.begun[n]
}

// Commits are all steps of an order so far.
func (l *Ledger) Commits(n sale.Number) (all []Commit) {
	defer l.mu.hold()()
	for _, c := range l.commits {
		if c.Order.Number == n {
			all = append(all, c)
		}
	}
	return all
}

// Broken are promises about single commits that were broken.
func (l *Ledger) Broken() []string {
	defer l.mu.hold()()
	return slices.Clone(l.broken)
}
