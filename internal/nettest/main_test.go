package nettest_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/internal/audit"
	"kioskd/internal/desk"
	"kioskd/sale"
)

var (
	full = flag.Bool("full", false, "everything instead of a sample")
	seed = flag.Uint64("seed", 1, "of the sample and of everything drawn in it")
	only = flag.String("case", "", "play only this case, as a failure names it")
)

func TestMain(m *testing.M) {
	flag.Parse()
	// The tests of real time wait much more than they work.
	if err := flag.Set("test.parallel", "12"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// tellWithin is how soon a customer must learn that something is wrong, by
// the clock of a bubble. The core looks four times a second.
const tellWithin = 5*time.Second + 250*time.Millisecond

// telling are the scenes that say so.
func telling(s sale.Scene) bool {
	switch s.Kind {
	case sale.SceneNoCode, sale.SceneConfirming, sale.SceneOffline, sale.SceneProviderDown, sale.SceneStillOpen:
		return true
	}
	return false
}

// tally collects what all cases showed.
type tally struct {
	mu       sync.Mutex
	cases    int
	broken   int
	told     []time.Duration
	leastGap time.Duration
	sum      audit.Figures
}

func (y *tally) add(f audit.Figures, broken int, gap time.Duration, told ...time.Duration) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.cases++
	y.broken += broken
	y.told = append(y.told, told...)
	if gap > 0 && (y.leastGap == 0 || gap < y.leastGap) {
		y.leastGap = gap
	}
	y.sum.Orders += f.Orders
	y.sum.Dispensed += f.Dispensed
	y.sum.Refunded += f.Refunded
	y.sum.Closed += f.Closed
	y.sum.Attention += f.Attention
	y.sum.Open += f.Open
	y.sum.PaidFen += f.PaidFen
	y.sum.RefundedFen += f.RefundedFen
}

func (y *tally) String() string {
	y.mu.Lock()
	defer y.mu.Unlock()
	told := "nobody had to be told"
	if n := len(y.told); n > 0 {
		slices.Sort(y.told)
		told = fmt.Sprintf("%d customers told after p50 %s max %s", n, y.told[n/2].Round(10*time.Millisecond), y.told[n-1].Round(10*time.Millisecond))
	}
	return fmt.Sprintf("%d cases, %d violations, least gap between two calls for an order %s, %s; %+v", y.cases, y.broken, y.leastGap.Round(time.Millisecond), told, y.sum)
}

// choose draws a sample of at most n cases, or takes all of them.
func choose[C fmt.Stringer](cases []C, n int) []C {
	rng := rand.New(rand.NewPCG(*seed, 0x21))
	rng.Shuffle(len(cases), func(i, j int) { cases[i], cases[j] = cases[j], cases[i] })
	switch {
	case *only != "":
		return slices.DeleteFunc(cases, func(c C) bool { return c.String() != *only })
	case !*full:
		return cases[:min(n, len(cases))]
	}
	return cases
}

// bubbles plays cases, each in a bubble of its own.
func bubbles[C fmt.Stringer](t *testing.T, title string, cases []C, o desk.BubbleOptions, play func(*desk.World, C, *tally) []string) {
	keys, err := desk.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	o.Keys = keys
	var y tally
	begun, said := time.Now(), time.Now()
	for i, c := range cases {
		t.Run(c.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o.Seed = *seed
				w, err := desk.Bubble(o)
				if err != nil {
					t.Fatal(err)
				}
				for _, b := range play(w, c, &y) {
					t.Errorf("%s (replay: -case '%s')", b, c)
				}
				if err := w.Close(); err != nil {
					t.Error(err)
				}
			})
		})
		if time.Since(said) > 10*time.Second {
			said = time.Now()
			fmt.Printf("%s: %d of %d: %s\n", title, i+1, len(cases), &y)
		}
	}
	fmt.Printf("%s: seed %d, %.0fs: %s\n", title, *seed, time.Since(begun).Seconds(), &y)
}

// judge ends a case: the faults are over, every order must reach its end, the
// machine must sell again, and the books must agree.
func judge(w *desk.World, y *tally, within time.Duration, told ...time.Duration) (broken []string) {
	if err := w.Settled(within); err != nil {
		broken = append(broken, err.Error())
	}
	if !sells(w) {
		broken = append(broken, "the machine does not sell again: "+string(w.Panel.Now().Kind))
	}
	if err := w.Settled(5 * time.Minute); err != nil {
		broken = append(broken, err.Error())
	}
	f, more := w.Check()
	broken = append(broken, more...)
	gap, _ := w.LeastGap()
	y.add(f, len(broken), gap, told...)
	return broken
}

// sells lets the next customer buy, who has some patience.
func sells(w *desk.World) bool {
	for range 10 {
		if code, ok := order(w, 14); ok && w.Pay(code) == nil {
			return w.Until(time.Minute, func() bool { return w.Newest().State == sale.Dispensed })
		}
		time.Sleep(30 * time.Second)
	}
	return false
}

// order presses a key and waits for the code of a new order.
func order(w *desk.World, slot sale.Slot) (sale.Scene, bool) {
	before := w.Newest().Number
	w.Board.Press(slot)
	var s sale.Scene
	ok := w.Until(12*time.Second, func() bool {
		s = w.Panel.Now()
		return s.Kind == sale.ScenePay && s.Number != before && s.Product.Slot == slot
	})
	return s, ok
}
