package saletest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"kioskd/sale"
)

// Panel remembers every scene that was shown.
type Panel struct {
	mu     sync.Mutex
	scenes []sale.Scene
}

var _ sale.Panel = (*Panel)(nil)

// Show implements sale.Panel.
func (p *Panel) Show(s sale.Scene) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.scenes = append(p.scenes, s)
}

// Now is the scene on the screen.
func (p *Panel) Now() sale.Scene {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.scenes) == 0 {
		return sale.Scene{}
	}
	return p.scenes[len(p.scenes)-1]
}

// Kinds is what was shown, each kind once in a row.
func (p *Panel) Kinds() (kinds []sale.SceneKind) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.scenes {
		if len(kinds) == 0 || kinds[len(kinds)-1] != s.Kind {
			kinds = append(kinds, s.Kind)
		}
	}
	return kinds
}

// Clock is the bubble's clock plus an error of its own.
type Clock struct {
	mu    sync.Mutex
	skew  time.Duration
	wrong bool
}

var _ sale.Clock = (*Clock)(nil)

// Now implements sale.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.skew).Round(0)
}

// Plausible implements sale.Clock.
func (c *Clock) Plausible() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wrong {
		return &sale.Fault{Code: sale.CodeClock, What: "the clock stands at 1970"}
	}
	return nil
}

// Doubt makes the clock implausible.
func (c *Clock) Doubt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wrong = true
}

// Step sets the clock forward or back.
func (c *Clock) Step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skew += d
}

// auditTest looks at a test vend: what the provider must not know, and that
// the ledger says what the board did.
func auditTest(o sale.Order, p *Provider, b *Board, say func(sale.Number, string, ...any)) {
	if _, there := p.Trade(o.Number); there {
		say(o.Number, "a test vend, and the provider has it")
	}
	if drops := b.Drops(o.Number); o.State == sale.Dispensed && drops == 0 || o.Cause == sale.CauseNotDropped && drops > 0 {
		say(o.Number, "a test vend called %s (%s), but %d drops", o.State, o.Cause, drops)
	}
	if o.Product.Price != 0 || o.State == sale.Attention || o.State == sale.Refunding || o.State == sale.Refunded || o.State == sale.WrittenOff {
		say(o.Number, "a test vend of %s yuan, %s", o.Product.Price, o.State)
	}
}

// Audit compares the books of everybody with the ledger's orders and returns
// each broken promise. open allows orders that are still on their way.
func Audit(orders []sale.Order, p *Provider, b *Board) error {
	var broken []error
	say := func(n sale.Number, format string, args ...any) {
		broken = append(broken, fmt.Errorf("order %s: "+format, append([]any{n}, args...)...))
	}
	known := map[sale.Number]sale.Order{}
	for _, o := range orders {
		known[o.Number] = o
		trade, _ := p.Trade(o.Number)
		paid := !trade.PaidAt.IsZero()
		drops, commands := b.Drops(o.Number), b.Commands(o.Number)
		// What a copy does not know of an order's failures the board does.
		if commands > 1+b.Proved(o.Number) || commands > 1+len(o.Failed) && !o.Restored || drops > 1 {
			say(o.Number, "%d commands, %d drops", commands, drops)
		}
		if o.Test() {
			auditTest(o, p, b, say)
			continue
		}
		if drops > 0 && !paid {
			say(o.Number, "a drop without a payment")
		}
		if trade.Refunds > 1 {
			say(o.Number, "%d refunds", trade.Refunds)
		}
		if drops > 0 && trade.Refunds > 0 && !o.Doubted && !o.Restored {
			say(o.Number, "dispensed and refunded without passing unknown")
		}
		switch {
		case o.State == sale.Closed && paid:
			say(o.Number, "closed while paid")
		case o.State == sale.Dispensed && (trade.Refunds > 0 || drops == 0 && !o.Presumed):
			say(o.Number, "dispensed, but %d drops and %d refunds", drops, trade.Refunds)
		case o.State == sale.Refunded && trade.Refund != sale.RefundSuccess:
			say(o.Number, "refunded, but the provider says %q", trade.Refund)
		case paid && o.State.Final() && o.State != sale.Dispensed && o.State != sale.Refunded && o.State != sale.Attention && o.State != sale.WrittenOff:
			say(o.Number, "paid and ended as %s", o.State)
		}
		if o.Restored && o.State == sale.Dispensed {
			say(o.Number, "from a copy, and called dispensed")
		}
		unpriced := o.Restored && o.Product.Price == 0 && !paid // only its number was found
		if trade.Total != 0 && trade.Total != o.Product.Price && !unpriced {
			say(o.Number, "%s at the provider, %s here", trade.Total, o.Product.Price)
		}
		if trade.Overlap {
			say(o.Number, "two calls at once")
		}
		for i := 1; i < len(trade.Calls); i++ {
			if gap := trade.Calls[i].Sub(trade.Calls[i-1]); gap < time.Second {
				say(o.Number, "asked again after %s", gap)
			}
		}
	}
	for _, t := range p.Trades() {
		if _, ok := known[t.Number]; !ok {
			say(t.Number, "known to the provider and not to the ledger")
		}
	}
	if b.Overlap {
		broken = append(broken, errors.New("two vends at once"))
	}
	return errors.Join(broken...)
}
