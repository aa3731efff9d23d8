package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kioskd/device/devicetest"
	"kioskd/payment/paytest"
	"kioskd/sale"
)

// shop is what a customer sees of a contender.
type shop interface {
	// waitFor waits until the screen shows one of the kinds.
	waitFor(ctx context.Context, within time.Duration, kinds ...sale.SceneKind) (sight, error)
}

// sight is a scene and when it came.
type sight struct {
	kind  sale.SceneKind
	since time.Time
}

// customer buys from one shop, one product after the other.
type customer struct {
	shop     shop
	provider *paytest.Server
	cabinet  *devicetest.Cabinet
}

// purchase is one sale as the customer, the provider and the cabinet saw it.
type purchase struct {
	number  string
	pressed time.Time
	shown   time.Time // the code
	paid    time.Time // by the provider's books
	command time.Time // its first byte on the wire, by the cabinet's
	queries int
}

// takeStays is how long the scene after a sale takes no key.
const takeStays = 2100 * time.Millisecond

var errDouble = errors.New("not one command on the wire")

// buys presses a key, pays at the given time after the code came, and waits
// for the product.
func (c customer) buys(ctx context.Context, slot sale.Slot, think time.Duration) (p purchase, err error) {
	commands := len(c.cabinet.Commands())
	if p.pressed, err = c.press(ctx, slot); err != nil {
		return p, fmt.Errorf("press %s: %w", slot, err)
	}
	pay, err := c.shop.waitFor(ctx, 20*time.Second, sale.ScenePay)
	if err != nil {
		return p, err
	}
	p.shown = pay.since
	trades := c.provider.Orders()
	if len(trades) == 0 {
		return p, errors.New("a code on the screen and no order at the provider")
	}
	trade := trades[len(trades)-1]
	p.number = trade.OutTradeNo
	if err = pause(ctx, time.Until(p.shown.Add(think))); err != nil {
		return p, err
	}
	if _, err = c.provider.Scan(trade.CodeURL, paytest.DefaultUser); err == nil {
		err = c.provider.Pay(paytest.DefaultUser, p.number)
	}
	if err != nil {
		return p, fmt.Errorf("pay: %w", err)
	}
	if _, err = c.shop.waitFor(ctx, 30*time.Second, sale.SceneTake); err != nil {
		return p, err
	}
	return p, c.look(&p, commands)
}

// look reads the books.
func (c customer) look(p *purchase, commands int) error {
	trade, err := c.provider.Order(p.number)
	if err != nil {
		return err
	}
	p.paid, p.queries = trade.PaidAt, trade.Calls.Counts[paytest.CallQuery]
	sent := c.cabinet.Commands()[commands:]
	if len(sent) != 1 {
		return fmt.Errorf("%w but %d", errDouble, len(sent))
	}
	p.command = sent[0].At
	return nil
}

// press presses until the machine takes the key.
func (c customer) press(ctx context.Context, slot sale.Slot) (at time.Time, err error) {
	for range 20 {
		free, err := c.shop.waitFor(ctx, 90*time.Second, sale.SceneIdle, sale.SceneTake)
		if err != nil {
			return at, err
		}
		if free.kind == sale.SceneTake {
			if err := pause(ctx, time.Until(free.since.Add(takeStays))); err != nil {
				return at, err
			}
		}
		at = time.Now()
		if err := c.cabinet.Press(int(slot)); err != nil {
			return at, err
		}
		if _, err = c.shop.waitFor(ctx, 1500*time.Millisecond, sale.SceneCreating, sale.ScenePay); err == nil || ctx.Err() != nil {
			return at, err
		}
	}
	return at, errors.New("no key was taken")
}
