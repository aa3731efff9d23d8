package soak

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing/synctest"
	"time"

	"kioskd/sale"
	"kioskd/sale/saletest"
	"kioskd/store"
)

// Sample is what a machine has at the end of a day.
type Sample struct {
	Day         int
	Goroutines  int
	Descriptors int
	Heap        int64 // bytes in use after a collection
	Ledger      int64 // bytes of its file
	Used        int64 // of these, up to the last page in use
	Orders      int   // in it
}

// Summary is what the days came to.
type Summary struct {
	Samples                                         []Sample
	Orders                                          int
	Dispensed, Refunded, Closed, Attention, Doubted int
	Commits                                         int
	Written                                         int64 // bytes, by the ledger's own count
}

// Days plays that many days of sales customers each. It must run inside a
// synctest bubble; dir is where the ledger goes. say, if set, hears of every
// day. An error is a broken promise.
func Days(seed uint64, days, sales int, dir string, say func(Sample)) (Summary, error) {
	w := newWorld(seed)
	s, err := store.Open(context.Background(), filepath.Join(dir, "k.db"), store.Options{Reserve: 1})
	if err != nil {
		return Summary{}, err
	}
	defer s.Close()
	m, err := sale.New(w.options(s))
	if err != nil {
		return Summary{}, err
	}
	w.machine = m
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	sum, err := w.live(s, days, sales, say)
	end()
	if e := <-ended; err == nil {
		err = e
	}
	return sum, err
}

func (w *world) options(s *store.Store) sale.Options {
	o := sale.Options{
		Ledger: s, Gateway: gateway{w}, Dispenser: board{w}, Panel: w, Clock: &saletest.Clock{},
		Code: "SOAK", PayWithin: 90 * time.Second, DispenseWithin: 20 * time.Second,
		Policy: sale.Policy{OnUnknown: sale.UnknownRefund, LateDispense: true},
		Random: rand.NewChaCha8([32]byte{byte(w.seed), byte(w.seed >> 8)}),
	}
	for slot := range sale.Slot(20) {
		o.Products = append(o.Products, sale.Product{Slot: 11 + slot, Name: fmt.Sprint("product ", slot), Price: sale.Fen(150 + 50*slot)})
	}
	return o
}

// live plays the days, and two nights more for the last sweeps.
func (w *world) live(s *store.Store, days, sales int, say func(Sample)) (sum Summary, err error) {
	for n := range days + 2 {
		for i := 0; i < sales && n < days; i++ {
			from := w.begun.Add(time.Duration(n)*24*time.Hour + time.Duration(i)*20*time.Hour/time.Duration(sales))
			time.Sleep(time.Until(from.Add(time.Duration(w.roll(60, "begin")) * time.Second)))
			w.customer()
		}
		// The small hours: nobody buys, and what was closed a day ago is swept.
		time.Sleep(time.Until(w.begun.Add(time.Duration(n+1)*24*time.Hour - time.Minute)))
		synctest.Wait()
		if err := w.judge(s, n-2, &sum); err != nil {
			return sum, err
		}
		if err := archive(s); err != nil {
			return sum, err
		}
		if n >= days {
			continue
		}
		sample, err := measure(s, n+1)
		if err != nil {
			return sum, err
		}
		sum.Samples = append(sum.Samples, sample)
		if say != nil {
			say(sample)
		}
	}
	st, err := s.Stats()
	sum.Commits, sum.Written = st.Commits, st.Written
	return sum, err
}

// retained is how long orders stay in the ledger.
const retained = 4 * 24 * time.Hour

// archive does what the daemon does every night.
func archive(s *store.Store) error {
	for {
		pass, err := s.Archive(context.Background(), time.Now().Add(-retained), 100)
		if err != nil || pass.Done {
			return err
		}
	}
}

// customer buys, changes the mind, or walks away.
func (w *world) customer() {
	d := w.today()
	slot := sale.Slot(11 + w.roll(20, "slot"))
	_, _ = w.machine.Shelve(context.Background(), slot, sale.Shelving{Open: new(true)}) // somebody has seen to it, if it jammed
	w.events <- sale.Selected{Slot: slot}
	time.Sleep(time.Duration(800+w.roll(5000, "look")) * time.Millisecond)
	code := w.scene().CodeURL
	switch habit := w.roll(20, "habit"); {
	case code == "" || habit == 0:
	case habit == 1:
		w.events <- sale.CancelPressed{}
	case habit == 2:
		d.provider.EnterPIN(code)
		time.Sleep(95 * time.Second) // too late, perhaps
		_ = d.provider.Pay(code)     // the phone says no if the order is closed
	default:
		d.provider.EnterPIN(code)
		time.Sleep(time.Duration(w.roll(20000, "pin")) * time.Millisecond)
		_ = d.provider.Pay(code)
	}
}

// judge compares a day's books with the ledger, and drops them.
func (w *world) judge(s *store.Store, n int, sum *Summary) error {
	if n < 0 {
		return nil
	}
	from := w.begun.Add(time.Duration(n) * 24 * time.Hour)
	orders, err := s.Orders(store.Filter{Since: from, Until: from.Add(24 * time.Hour)})
	if err != nil {
		return err
	}
	d := w.at(from)
	err = saletest.Audit(orders, d.provider, d.board)
	for _, o := range orders {
		if o.Open() {
			err = errors.Join(err, fmt.Errorf("order %s is still %s after two days", o.Number, o.State))
		}
		sum.count(o)
		sum.Orders++
	}
	w.forget(n)
	if err != nil {
		return fmt.Errorf("day %d: %w", n+1, err)
	}
	return nil
}

func (sum *Summary) count(o sale.Order) {
	switch o.State {
	case sale.Dispensed:
		sum.Dispensed++
	case sale.Refunded:
		sum.Refunded++
	case sale.Closed:
		sum.Closed++
	case sale.Attention:
		sum.Attention++
	}
	if o.Doubted {
		sum.Doubted++
	}
}

func measure(s *store.Store, day int) (Sample, error) {
	st, err := s.Stats()
	if err != nil {
		return Sample{}, err
	}
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return Sample{}, err
	}
	goroutines := runtime.NumGoroutine()
	for range 5 { // a call may be under way
		time.Sleep(time.Second)
		goroutines = min(goroutines, runtime.NumGoroutine())
	}
	runtime.GC()
	runtime.GC() // what the first one found unreachable but for its finalizer
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return Sample{
		Day: day, Goroutines: goroutines, Descriptors: len(open), Heap: int64(m.HeapAlloc),
		Ledger: st.Size, Used: st.Used, Orders: int(st.Orders),
	}, nil
}
