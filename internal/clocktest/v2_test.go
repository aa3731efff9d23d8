package clocktest_test

import (
	"fmt"
	"testing"
	"time"

	"kioskd/internal/desk"
	"kioskd/internal/proof"
	"kioskd/sale"
)

// API v2 signs nothing with the time, so it goes on where v3 refuses: nothing
// may come of it but refunds that v3 would have spared the customer.
func TestWrongClockV2(t *testing.T) {
	v2 := func(wrong) desk.BubbleOptions { return desk.BubbleOptions{Mode: desk.V2} }
	worlds(t, "clock steps, API v2", proof.Choose(flags, cases(), 40), v2, playWrong)
}

// edge is a customer who pays at the end of the code's time, while this
// machine's clock is wrong by off.
type edge struct {
	v2    bool
	off   time.Duration
	after time.Duration // from the code on the screen to the payment; it is up for 30 s
	late  bool          // on_late_payment: dispense
	ends  sale.State
	cause sale.Cause // for which it was paid
}

func (c edge) String() string {
	return fmt.Sprintf("v2 %v/off by %s/paid after %s/late is served %v", c.v2, c.off, c.after, c.late)
}

// In v2 a payment has an age only where the Date header and the clock agree.
// Without one nobody can say that it came in time: it is refunded.
var edges = []edge{
	{false, 0, 29900 * time.Millisecond, false, sale.Dispensed, sale.CausePaid},
	{true, 0, 29900 * time.Millisecond, false, sale.Dispensed, sale.CausePaid},
	{true, 20 * time.Second, 29900 * time.Millisecond, false, sale.Dispensed, sale.CausePaid},
	{true, -20 * time.Second, 29900 * time.Millisecond, false, sale.Dispensed, sale.CausePaid},
	{true, 2 * time.Minute, 29900 * time.Millisecond, false, sale.Refunded, sale.CauseLate},
	{true, -2 * time.Minute, 29900 * time.Millisecond, false, sale.Refunded, sale.CauseLate},
	{true, 365 * 24 * time.Hour, 29900 * time.Millisecond, true, sale.Refunded, sale.CauseLate},
	// Seen while the code is up, no age is asked for.
	{true, 2 * time.Minute, 10 * time.Second, false, sale.Dispensed, sale.CausePaid},
	{true, -2 * time.Minute, 10 * time.Second, false, sale.Dispensed, sale.CausePaid},
}

func TestPaymentAtTheEndOfTheWindow(t *testing.T) {
	options := func(c edge) desk.BubbleOptions {
		mode := desk.PublicKey
		if c.v2 {
			mode = desk.V2
		}
		return desk.BubbleOptions{Mode: mode, Sale: func(o *sale.Options) { o.Policy.LateDispense = c.late }}
	}
	worlds(t, "paid at the end", edges, options, func(w *desk.World, c edge) []string {
		if !w.Shown(time.Minute, sale.SceneIdle) {
			return []string{"the machine did not begin to sell"}
		}
		w.Clock.Step(c.off)
		w.Board.Press(11)
		if !w.Shown(10*time.Second, sale.ScenePay) {
			return []string{"no code came"}
		}
		code := w.Panel.Now()
		if _, err := w.Provider.Scan(code.CodeURL, "customer"); err != nil {
			return []string{err.Error()}
		}
		time.Sleep(c.after)
		if err := w.Provider.Pay("customer", string(code.Number)); err != nil {
			return []string{err.Error()}
		}
		var broken []string
		if err := w.Settled(20 * time.Minute); err != nil {
			broken = append(broken, err.Error())
		}
		if end := w.Newest(); end.State != c.ends || paidFor(w, end.Number) != c.cause {
			broken = append(broken, fmt.Sprintf("it ended %s, paid for %s; want %s, %s", end.State, paidFor(w, end.Number), c.ends, c.cause))
		}
		return broken
	})
}

// paidFor is the cause with which an order became paid.
func paidFor(w *desk.World, n sale.Number) sale.Cause {
	for _, c := range w.Ledger.Commits(n) {
		for _, l := range c.Trail {
			if l.State == sale.Paid {
				return l.Cause
			}
		}
	}
	return ""
}
