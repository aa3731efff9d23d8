package sale_test

import (
	"testing"
	"time"

	"kioskd/sale"
	"kioskd/sale/saletest"
)

// regulars makes a machine whose customers all pay twelve seconds after the
// code came.
func (k *kiosk) regulars(n int) {
	k.t.Helper()
	for range n {
		code := k.code(11)
		k.wait(12 * time.Second)
		k.pay(code)
		k.ends(sale.Dispensed, sale.CauseDropped, 10*time.Second)
		k.sees(sale.SceneIdle, 20*time.Second)
	}
}

// asked lists when a code that nobody pays is asked about, since it came up.
func (k *kiosk) asked() (at []time.Duration) {
	k.t.Helper()
	k.code(11)
	up := time.Now()
	k.wait(89 * time.Second)
	trade, _ := k.provider.Trade(k.order().Number)
	for _, call := range trade.Calls {
		if call.After(up) {
			at = append(at, call.Sub(up))
		}
	}
	k.board.Cancel()
	k.ends(sale.Closed, sale.CauseClosedThere, 20*time.Second)
	k.sees(sale.SceneIdle, 20*time.Second)
	return at
}

func between(at []time.Duration, from, to time.Duration) (n int) {
	for _, t := range at {
		if t >= from && t < to {
			n++
		}
	}
	return n
}

// A machine asks each second while it knows nothing of its customers. Once it
// does, it asks each second where they pay and every third where nobody ever
// did; and after a restart too.
func TestLearnsWhenCustomersPay(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		before := k.asked()
		k.regulars(35)
		learned := k.asked()
		k.off()
		k.on()
		restarted := k.asked()
		for _, c := range []struct {
			when     string
			at       []time.Duration
			from, to time.Duration
			least    int
			most     int
		}{
			{"before", before, 10 * time.Second, 15 * time.Second, 4, 5},
			{"before", before, 40 * time.Second, 58 * time.Second, 16, 18},
			{"learned", learned, 10 * time.Second, 15 * time.Second, 4, 5},
			{"learned", learned, 40 * time.Second, 58 * time.Second, 5, 6},
			{"after a restart", restarted, 10 * time.Second, 15 * time.Second, 4, 5},
			{"after a restart", restarted, 40 * time.Second, 58 * time.Second, 5, 6},
		} {
			if n := between(c.at, c.from, c.to); n < c.least || n > c.most {
				t.Errorf("%s: asks %d times between %v and %v, want %d to %d", c.when, n, c.from, c.to, c.least, c.most)
			}
		}
	})
}

// The ledger keeps how long a code was up, and tells a payment from a customer
// who went away.
func TestShownIsKept(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.regulars(1)
		// The provider's times are whole seconds.
		if got := k.order().Shown; got < 11*time.Second || got > 14*time.Second {
			t.Errorf("paid 12 s after the code came, and the ledger says %v", got)
		}
		k.code(11)
		k.wait(5 * time.Second)
		k.board.Cancel()
		k.ends(sale.Closed, sale.CauseClosedThere, 20*time.Second)
		if got := k.order().Shown; got < 4*time.Second || got > 6*time.Second {
			t.Errorf("taken down after 5 s, and the ledger says %v", got)
		}
	})
}

// However slowly a machine asks, a code that nobody can ask about is gone
// within five seconds.
func TestSilenceIsToldInASlowStretch(t *testing.T) {
	for name, broken := range map[string]func(p *saletest.Provider){
		"refused": func(p *saletest.Provider) { p.Break(saletest.Down) },
		"hanging": func(p *saletest.Provider) { p.Slow(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(k *kiosk) {
				k.regulars(35)
				for i := range 12 {
					k.code(11)
					k.wait(50*time.Second + time.Duration(i)*250*time.Millisecond)
					broken(k.provider)
					k.wait(5100 * time.Millisecond)
					if got := k.panel.Now().Kind; got != sale.SceneConfirming {
						t.Errorf("cut %d: five seconds later the screen shows %s", i, got)
					}
					k.provider.Break(nil)
					k.provider.Slow(40 * time.Millisecond)
					k.ends(sale.Closed, sale.CauseClosedThere, time.Minute)
					k.sees(sale.SceneIdle, 30*time.Second)
				}
			})
		})
	}
}

// A provider that answers after two seconds is slow and not silent.
func TestASlowAnswerKeepsTheCode(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.regulars(35)
		k.provider.Slow(time.Second)
		k.board.Press(11)
		k.wait(60 * time.Second)
		k.sees(sale.ScenePay, time.Second)
	})
}
