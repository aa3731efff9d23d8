package soak

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"kioskd/sale"
	"kioskd/sale/saletest"
)

// world is everything around one machine. Its books are those of a day, kept
// until the day's last order has been swept, because a book that only grows
// would hide what grows in the machine.
type world struct {
	seed    uint64
	begun   time.Time
	events  chan sale.BoardEvent
	machine *sale.Machine

	mu   sync.Mutex
	days map[int]*day
	now  sale.Scene
}

// day is one day's simulators.
type day struct {
	provider *saletest.Provider
	board    *saletest.Board
}

func newWorld(seed uint64) *world {
	return &world{seed: seed, begun: time.Now(), events: make(chan sale.BoardEvent, 16), days: map[int]*day{}}
}

// at is the day of a moment.
func (w *world) at(t time.Time) *day {
	n := int(t.Sub(w.begun) / (24 * time.Hour))
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.days[n]
	if d == nil {
		d = &day{saletest.NewProvider(), saletest.NewBoard()}
		d.provider.Break(w.network)
		d.board.Plan(w.vend)
		w.days[n] = d
	}
	return d
}

func (w *world) today() *day { return w.at(time.Now()) }

// forget drops the books of a day.
func (w *world) forget(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.days, n)
}

// roll draws 0 to n-1 for a thing and this moment, which is the same in each
// replay of the seed.
func (w *world) roll(n int, thing ...any) int {
	h := fnv.New64a()
	fmt.Fprint(h, w.seed, time.Since(w.begun), thing)
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return int(x % uint64(n))
}

// network loses one request or answer in four hundred.
func (w *world) network(call string, o sale.Order, after bool) error {
	if w.roll(400, call, o.Number, after) > 0 {
		return nil
	}
	return &sale.Fault{Code: sale.CodeNetDown, What: "no connection", Err: sale.ErrTemporary}
}

// vend jams one product in sixty and keeps silent about one in a hundred.
func (w *world) vend(c sale.Command) saletest.Vend {
	switch n := w.roll(300, "vend", c.Number); {
	case n < 5:
		return saletest.Vend{}
	case n < 8:
		return saletest.Vend{Silent: true, Drops: n < 7}
	}
	return saletest.Vend{Drops: true}
}

// Show implements sale.Panel.
func (w *world) Show(s sale.Scene) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = s
}

func (w *world) scene() sale.Scene {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// gateway hands each order to the provider of its day.
type gateway struct{ *world }

var _ sale.Gateway = gateway{}

func (g gateway) of(o sale.Order) *saletest.Provider { return g.at(o.CreatedAt).provider }

func (g gateway) Prepare(o sale.Order, expire time.Time) ([]byte, error) {
	return g.of(o).Prepare(o, expire)
}
func (g gateway) Create(ctx context.Context, o sale.Order) (string, error) {
	return g.of(o).Create(ctx, o)
}
func (g gateway) Query(ctx context.Context, o sale.Order) (sale.Trade, error) {
	return g.of(o).Query(ctx, o)
}
func (g gateway) Close(ctx context.Context, o sale.Order) error { return g.of(o).Close(ctx, o) }
func (g gateway) Refund(ctx context.Context, o sale.Order) (sale.RefundReport, error) {
	return g.of(o).Refund(ctx, o)
}
func (g gateway) QueryRefund(ctx context.Context, o sale.Order) (sale.RefundReport, error) {
	return g.of(o).QueryRefund(ctx, o)
}
func (g gateway) Ping(ctx context.Context) error { return g.today().provider.Ping(ctx) }

// board hands each command to the board of the day, and questions about it to
// the one that has it.
type board struct{ *world }

var _ sale.Dispenser = board{}

func (b board) Check(ctx context.Context, s sale.Slot) (sale.Evidence, error) {
	return b.today().board.Check(ctx, s)
}

func (b board) Dispense(ctx context.Context, c sale.Command) sale.Verdict {
	return b.today().board.Dispense(ctx, c)
}

func (b board) Recover(ctx context.Context, c sale.Command) (sale.Verdict, error) {
	for _, d := range []*day{b.today(), b.at(time.Now().Add(-24 * time.Hour))} {
		if d.board.Commands(c.Number) > 0 {
			return d.board.Recover(ctx, c)
		}
	}
	return sale.Verdict{}, errors.New("the board knows nothing of this command")
}

func (b board) Events() <-chan sale.BoardEvent { return b.events }
func (b board) Health() error                  { return nil }
