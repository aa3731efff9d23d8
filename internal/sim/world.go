package sim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing/synctest"
	"time"

	"kioskd/sale"
	"kioskd/sale/saletest"
	"kioskd/store"
)

// Figures count what an episode saw.
type Figures struct {
	Sales, Dispensed, Refunded, Closed, Attention, Doubted, Doubled, Crashes, Commits int
}

// Add sums figures.
func (f *Figures) Add(g Figures) {
	f.Sales += g.Sales
	f.Dispensed += g.Dispensed
	f.Refunded += g.Refunded
	f.Closed += g.Closed
	f.Attention += g.Attention
	f.Doubted += g.Doubted
	f.Doubled += g.Doubled
	f.Crashes += g.Crashes
	f.Commits += g.Commits
}

// world is one machine and everything around it. The random numbers of the
// world are drawn under one lock; inside a bubble the order of the draws is
// decided by simulated time.
type world struct {
	dir      string
	provider *saletest.Provider
	board    *saletest.Board
	panel    *saletest.Panel
	clock    *saletest.Clock
	options  sale.Options

	mu      sync.Mutex
	rng     *rand.Rand
	faults  bool
	rough   int       // how rarely things fail: a fault comes once in so many chances, more or less
	offline time.Time // until then

	life    *life
	store   *store.Store
	figures Figures
}

// Episode plays sales customers with the seed and returns the figures. It must
// run inside a synctest bubble. An error is a broken promise.
func Episode(seed uint64, sales int, liveness bool) (Figures, error) {
	dir, err := os.MkdirTemp(memory(), "kioskd-sim-")
	if err != nil {
		return Figures{}, err
	}
	defer os.RemoveAll(dir)
	w := newWorld(dir, seed)
	if err := w.begin(); err != nil {
		return w.figures, err
	}
	for range sales {
		w.customer()
		if err := w.revive(); err != nil {
			return w.figures, err
		}
	}
	if err := w.heal(liveness); err != nil {
		return w.figures, err
	}
	return w.figures, w.judge(liveness)
}

// memory is a file system that needs no disk, where there is one.
func memory() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return ""
}

func newWorld(dir string, seed uint64) *world {
	w := &world{
		dir: dir, provider: saletest.NewProvider(), board: saletest.NewBoard(), panel: &saletest.Panel{}, clock: &saletest.Clock{},
		rng: rand.New(rand.NewPCG(seed, 0x51)), faults: true,
	}
	w.rough = []int{1, 2, 4, 8, 20}[w.rng.IntN(5)]
	w.provider.RefundTakes = time.Duration(1+w.rng.IntN(60)) * time.Second
	w.board.Mute(w.rng.IntN(2) == 0)
	policies := []sale.UnknownPolicy{sale.UnknownRefund, sale.UnknownRefund, sale.UnknownCharge, sale.UnknownHold}
	w.options = sale.Options{
		Code: "SIM", Panel: w.panel, Clock: w.clock,
		PayWithin: time.Duration(20+w.rng.IntN(70)) * time.Second, DispenseWithin: 20 * time.Second,
		Policy: sale.Policy{OnUnknown: policies[w.rng.IntN(len(policies))], LateDispense: w.rng.IntN(2) == 0},
	}
	for slot := range sale.Slot(9) {
		w.options.Products = append(w.options.Products, sale.Product{Slot: 11 + slot, Name: fmt.Sprint("product ", slot%4), Price: sale.Fen(100 + 50*slot)})
	}
	w.provider.Break(w.network)
	w.board.Plan(w.vend)
	return w
}

// chance is true once in n times while faults are on.
func (w *world) chance(n int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.faults && w.rng.IntN(n) == 0
}

func (w *world) pick(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rng.IntN(n)
}

// network is every fault a call can meet: a lost request, a lost answer, an
// outage, and an unsigned error that says anything at all.
func (w *world) network(string, sale.Order, bool) error {
	down := &sale.Fault{Code: sale.CodeNetDown, What: "no connection", Err: sale.ErrTemporary}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.faults {
		return nil
	}
	switch {
	case time.Now().Before(w.offline):
		return down
	case w.rng.IntN(150*w.rough) == 0:
		w.offline = time.Now().Add(time.Duration(1+w.rng.IntN(300)) * time.Second)
		return down
	case w.rng.IntN(25*w.rough) == 0:
		return down
	case w.rng.IntN(60*w.rough) == 0:
		said := []error{sale.ErrNotFound, sale.ErrPaid, sale.ErrPaying, sale.ErrAlreadyClosed, sale.ErrNotEnough, sale.ErrTemporary}
		return said[w.rng.IntN(len(said))]
	}
	return nil
}

func (w *world) vend(sale.Command) saletest.Vend {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.faults {
		return saletest.Vend{Drops: true}
	}
	switch w.rng.IntN(8 * w.rough) {
	case 0:
		return saletest.Vend{}
	case 1:
		return saletest.Vend{Silent: true, Drops: w.rng.IntN(2) == 0}
	case 2:
		return saletest.Vend{Unsent: true}
	}
	return saletest.Vend{Drops: true}
}

// begin starts a process on the ledger as it is.
func (w *world) begin() error {
	s, err := store.Open(context.Background(), filepath.Join(w.dir, "k.db"), store.Options{Reserve: 1})
	if err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	w.store = s
	ctx, end := context.WithCancel(context.Background())
	l := &life{end: end, ended: make(chan error, 1), crash: func(string) bool { return w.chance(60 * w.rough) }, ledger: s, gate: w.provider, board: w.board}
	o := w.options
	o.Ledger, o.Gateway, o.Dispenser = mortalLedger{l}, mortalGateway{l}, mortalBoard{l}
	m, err := sale.New(o)
	if err != nil {
		end()
		return err
	}
	w.life = l
	go func() { l.ended <- m.Run(ctx) }()
	return nil
}

// revive begins anew if the process has died, after a while without power.
func (w *world) revive() error {
	for w.life.dead.Load() {
		w.figures.Crashes++
		err := <-w.life.ended
		if err != nil && !errors.Is(err, errDead) {
			return fmt.Errorf("the machine ended with: %w", err)
		}
		if err := w.close(); err != nil {
			return err
		}
		time.Sleep(time.Duration(w.pick(90)) * time.Second)
		if err := w.begin(); err != nil {
			return err
		}
		time.Sleep(time.Second)
	}
	return nil
}

func (w *world) close() error {
	stats, err := w.store.Stats()
	if err == nil {
		w.figures.Commits += stats.Commits
	}
	return w.store.Close()
}

// customer presses a key and does something with the code, or does not.
func (w *world) customer() {
	w.figures.Sales++
	if w.chance(10 * w.rough) {
		w.clock.Step(time.Duration(w.pick(2*3600*24*365)-3600*24*365) * time.Second)
	}
	if w.chance(8 * w.rough) {
		w.board.Break()
		time.AfterFunc(time.Duration(w.pick(40))*time.Second, w.board.Mend)
	}
	w.board.Press(sale.Slot(11 + w.pick(9)))
	time.Sleep(time.Duration(500+w.pick(5000)) * time.Millisecond)
	code := w.panel.Now().CodeURL
	habit := w.pick(10)
	if habit == 0 || code == "" {
		w.board.Press(sale.Slot(11 + w.pick(9))) // another product, or a new code
		time.Sleep(2 * time.Second)
	}
	if habit == 1 {
		w.board.Cancel()
	}
	if habit < 8 && code != "" {
		w.provider.EnterPIN(code)
		time.Sleep(time.Duration(w.pick(20)) * time.Second)
		if habit == 2 {
			time.Sleep(w.options.PayWithin) // too late, perhaps
		}
		_ = w.provider.Pay(code) // the phone says no if the order is closed
	}
	time.Sleep(time.Duration(5+w.pick(40)) * time.Second)
	synctest.Wait()
}

// heal ends all faults; in the liveness mode ten minutes must then be enough.
func (w *world) heal(liveness bool) error {
	w.mu.Lock()
	w.faults = false
	w.mu.Unlock()
	w.board.Mend()
	if err := w.revive(); err != nil {
		return err
	}
	wait := 10 * time.Minute
	if !liveness {
		wait = 2 * time.Hour
	}
	time.Sleep(wait)
	synctest.Wait()
	return nil
}

// judge stops the machine and compares the books.
func (w *world) judge(liveness bool) error {
	w.life.end()
	if err := <-w.life.ended; err != nil {
		return fmt.Errorf("the machine ended with: %w", err)
	}
	orders, err := w.store.Orders(store.Filter{})
	if err != nil {
		return err
	}
	if err := w.close(); err != nil {
		return err
	}
	broken := saletest.Audit(orders, w.provider, w.board)
	for _, o := range orders {
		if !o.State.Final() {
			broken = errors.Join(broken, fmt.Errorf("order %s is still %s (%s) after the faults healed; liveness %v", o.Number, o.State, o.Cause, liveness))
		}
		w.count(o)
	}
	return broken
}

func (w *world) count(o sale.Order) {
	f := &w.figures
	switch o.State {
	case sale.Dispensed:
		f.Dispensed++
	case sale.Refunded:
		f.Refunded++
	case sale.Closed:
		f.Closed++
	case sale.Attention:
		f.Attention++
	}
	if o.Doubted {
		f.Doubted++
	}
	if t, _ := w.provider.Trade(o.Number); t.Refunds > 0 && w.board.Drops(o.Number) > 0 {
		f.Doubled++
	}
}
