package nettest_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"kioskd/internal/audit"
	"kioskd/internal/desk"
	"kioskd/internal/proof"
	"kioskd/sale"
)

var flags = proof.NewFlags()

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
	y.sum.Add(f)
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

// column is a mode of payment with the size of its samples.
type column struct {
	desk.Mode
	faults, partitions int
}

var columns = []column{{desk.PublicKey, 60, 27}, {desk.Certificates, 20, 3}, {desk.V2, 14, 3}}

// modal is a case that is played in one mode of payment.
type modal interface {
	fmt.Stringer
	in() desk.Mode
}

// bubbles plays cases, each on a machine of its own.
func bubbles[C modal](t *testing.T, title string, cases []C, play func(*desk.World, C, *tally) []string) {
	keys, err := desk.NewKeys()
	if err == nil {
		keys, err = keys.WithCertificates(2)
	}
	if err != nil {
		t.Fatal(err)
	}
	var y tally
	proof.Bubbles(t, proof.Begin(title, flags.Seed), cases, &y, func(t *testing.T, c C) {
		w, err := desk.Bubble(desk.BubbleOptions{Keys: keys, Mode: c.in(), Seed: flags.Seed})
		if err != nil {
			t.Fatal(err)
		}
		proof.Wrong(t, c, play(w, c, &y))
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
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
