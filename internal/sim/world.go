package sim

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing/synctest"
	"time"

	"kioskd/sale"
	"kioskd/sale/saletest"
	"kioskd/store"
)

// Figures count what an episode saw.
type Figures struct {
	Sales, Dispensed, Refunded, Closed, Attention, Doubted, Doubled, Elsewhere, Crashes, Commits int
	Copies, Harmed, Restored                                                                     int // Restored counts orders
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
	f.Elsewhere += g.Elsewhere
	f.Crashes += g.Crashes
	f.Commits += g.Commits
	f.Copies += g.Copies
	f.Harmed += g.Harmed
	f.Restored += g.Restored
}

// world is one machine and everything around it. What happens is drawn for
// each thing by itself (the third query of this order, the first commit of
// that one), so that it does not matter which of two goroutines asks first.
type world struct {
	seed     uint64
	dir      string
	provider *saletest.Provider
	board    *saletest.Board
	panel    *saletest.Panel
	clock    *saletest.Clock
	options  sale.Options

	mu      sync.Mutex
	rolls   map[string]uint64 // how often each thing was drawn
	faults  bool
	rough   int       // how rarely things fail: a fault comes once in so many chances, more or less
	offline time.Time // until then
	tokens  map[uint32]sale.Number
	twice   []error // tokens that came with two orders

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
		seed: seed, rolls: map[string]uint64{}, faults: true, tokens: map[uint32]sale.Number{},
	}
	w.rough = []int{1, 2, 4, 8, 20}[w.pick("rough", 5)]
	w.provider.RefundTakes(time.Duration(1+w.pick("refund takes", 60)) * time.Second)
	w.board.Mute(w.pick("mute", 2) == 0)
	policies := []sale.UnknownPolicy{sale.UnknownRefund, sale.UnknownRefund, sale.UnknownCharge, sale.UnknownHold}
	w.options = sale.Options{
		Code: "SIM", Panel: w.panel, Clock: w.clock,
		PayWithin: time.Duration(20+w.pick("pay within", 70)) * time.Second, DispenseWithin: 20 * time.Second,
		Policy: sale.Policy{
			OnUnknown: policies[w.pick("unknown", len(policies))], LateDispense: w.pick("late", 2) == 0, OtherSlot: w.pick("other slot", 2) == 0,
			HoldRefunds: w.pick("hold refunds", 8) == 0,
		},
		RefundCap: []sale.Fen{0, 0, 600}[w.pick("refund cap", 3)],
		Spares:    map[sale.Slot][]sale.Slot{11: {21}, 12: {22, 23}, 13: {24, 25, 26}, 14: {27}, 15: {28}},
		Random:    rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16), byte(seed >> 24)}),
	}
	for slot := range sale.Slot(9) {
		w.options.Products = append(w.options.Products, sale.Product{Slot: 11 + slot, Name: fmt.Sprint("product ", slot%4), Price: sale.Fen(100 + 50*slot)})
	}
	w.provider.Break(w.network)
	w.board.Plan(w.vend)
	return w
}

// chance is true once in n times while faults are on.
func (w *world) chance(what string, n int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.faults && w.roll(what, n) == 0
}

// pick draws 0 to n-1 for a thing.
func (w *world) pick(what string, n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.roll(what, n)
}

// after is a time below d, to the nanosecond: nothing happens at once.
func (w *world) after(what string, d time.Duration) time.Duration {
	return time.Duration(w.pick(what, int(d)))
}

func (w *world) roll(what string, n int) int {
	nth := w.rolls[what]
	w.rolls[what]++
	h := fnv.New64a()
	fmt.Fprint(h, w.seed, what, nth)
	return int(rand.New(rand.NewPCG(w.seed, h.Sum64())).Uint64N(uint64(n)))
}

// network is every fault a call can meet: a lost request, a lost answer, an
// outage, and an unsigned error that says anything at all.
func (w *world) network(call string, o sale.Order, after bool) error {
	down := &sale.Fault{Code: sale.CodeNetDown, What: "no connection", Err: sale.ErrTemporary}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.faults {
		return nil
	}
	what := fmt.Sprint("network ", call, o.Number, after)
	switch {
	case time.Now().Before(w.offline):
		return down
	case w.roll(what, 150*w.rough) == 0:
		w.offline = time.Now().Add(time.Duration(1+w.roll("outage", 300)) * time.Second)
		return down
	case w.roll(what, 25*w.rough) == 0:
		return down
	case w.roll(what, 60*w.rough) == 0:
		said := []error{sale.ErrNotFound, sale.ErrPaid, sale.ErrPaying, sale.ErrAlreadyClosed, sale.ErrNotEnough, sale.ErrTemporary}
		return said[w.roll(what, len(said))]
	}
	return nil
}

func (w *world) vend(c sale.Command) saletest.Vend {
	w.mu.Lock()
	defer w.mu.Unlock()
	if was, used := w.tokens[c.Token]; used {
		w.twice = append(w.twice, fmt.Errorf("token %d came with order %s and with %s", c.Token, was, c.Number))
	}
	w.tokens[c.Token] = c.Number
	if !w.faults {
		return saletest.Vend{Drops: true}
	}
	what := "vend " + string(c.Number)
	switch w.roll(what, 8*w.rough) {
	case 0:
		return saletest.Vend{}
	case 1:
		return saletest.Vend{Silent: true, Drops: w.roll(what, 2) == 0}
	case 2:
		return saletest.Vend{Unsent: true}
	}
	return saletest.Vend{Drops: true}
}

// begin starts a process on the ledger as it is.
func (w *world) begin() error {
	s, err := store.Open(context.Background(), w.ledger(), store.Options{Reserve: 1})
	if err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	w.store = s
	ctx, end := context.WithCancel(context.Background())
	l := &life{end: end, ended: make(chan error, 1), ledger: s, gate: w.provider, board: w.board}
	l.crash = func(where string) bool { return w.chance("crash "+where, 60*w.rough) }
	l.lag = func(about string) time.Duration {
		h := fnv.New32a()
		io.WriteString(h, about)
		return time.Duration(h.Sum32() % uint32(time.Millisecond))
	}
	o := w.options
	o.Ledger, o.Gateway, o.Dispenser = mortalLedger{l}, mortalGateway{l}, mortalBoard{l}
	m, err := sale.New(o)
	if err != nil {
		end()
		return err
	}
	w.life, l.machine = l, m
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
		if err := w.harm(); err != nil {
			return err
		}
		time.Sleep(w.after("dark", 90*time.Second))
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
	if w.chance("clock", 10*w.rough) {
		w.clock.Step(time.Duration(w.pick("step", 2*3600*24*365)-3600*24*365) * time.Second)
	}
	if w.chance("board", 8*w.rough) {
		w.board.Break()
		time.AfterFunc(w.after("mend", 40*time.Second), w.board.Mend)
	}
	if w.pick("technician", 4) == 0 {
		w.technician()
	}
	w.board.Press(sale.Slot(11 + w.pick("slot", 9)))
	time.Sleep(500*time.Millisecond + w.after("look", 5*time.Second))
	w.copy()
	code := w.panel.Now().CodeURL
	habit := w.pick("habit", 10)
	if habit == 0 || code == "" {
		w.board.Press(sale.Slot(11 + w.pick("slot", 9))) // another product, or a new code
		time.Sleep(2 * time.Second)
	}
	if habit == 1 {
		w.board.Cancel()
	}
	if habit < 8 && code != "" {
		w.provider.EnterPIN(code)
		time.Sleep(w.after("pin", 20*time.Second))
		if habit == 2 {
			time.Sleep(w.options.PayWithin) // too late, perhaps
		}
		_ = w.provider.Pay(code) // the phone says no if the order is closed
	}
	time.Sleep(5*time.Second + w.after("gap", 40*time.Second))
	synctest.Wait()
}

// technician opens what a failed vend has closed, and counts now and then.
func (w *world) technician() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	slots, _ := w.life.machine.Slots(ctx) // nobody answers while there is no power
	for _, s := range slots {
		want := sale.Shelving{}
		if s.Shelf.Closed != "" {
			want.Open = new(true)
		}
		if w.pick("count", 3) == 0 {
			want.Stock = new(w.pick("stock", 12) - 1)
		}
		if want != (sale.Shelving{}) {
			_, _ = w.life.machine.Shelve(ctx, s.Product.Slot, want)
		}
	}
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
	if !liveness {
		return w.settle()
	}
	time.Sleep(10 * time.Minute)
	synctest.Wait()
	return nil
}

// settle waits until nothing is open any more, for two hours at most, and not
// less than it takes to look at a closed order once more.
func (w *world) settle() error {
	for end := time.Now().Add(2 * time.Hour); time.Now().Before(end); {
		time.Sleep(11 * time.Minute)
		synctest.Wait()
		orders, err := w.store.Orders(store.Filter{})
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(orders, func(o sale.Order) bool { return !o.State.Final() }) {
			return nil
		}
	}
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
	broken := errors.Join(append(w.twice, saletest.Audit(orders, w.provider, w.board))...)
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
	if len(o.Failed) > 0 {
		f.Elsewhere++
	}
	if o.Doubted {
		f.Doubted++
	}
	if o.Restored {
		f.Restored++
	}
	if t, _ := w.provider.Trade(o.Number); t.Refunds > 0 && w.board.Drops(o.Number) > 0 {
		f.Doubled++
	}
}
