package main

import (
	"context"
	"fmt"
	"time"

	"kioskd/sale"
)

// poller is a peer: the same client and driver, and around them the plain loop
// that most programs for the job have. It keeps no ledger and asks the board
// nothing before a sale.
type poller struct {
	*screen
	w     *world
	every time.Duration
	seq   uint64
}

func newPoller(w *world, every time.Duration) *poller {
	return &poller{screen: newScreen(), w: w, every: every}
}

// run sells until ctx ends.
func (p *poller) run(ctx context.Context) error {
	for p.w.board.Health() != nil {
		if pause(ctx, 10*time.Millisecond) != nil {
			return nil
		}
	}
	for {
		p.Show(sale.Scene{Kind: sale.SceneIdle})
		select {
		case e := <-p.w.board.Events():
			if s, ok := e.(sale.Selected); ok {
				if err := p.sell(ctx, s.Slot); err != nil && ctx.Err() == nil {
					return fmt.Errorf("poller, %s: %w", p.every, err)
				}
			}
		case <-ctx.Done():
			return nil
		}
	}
}

func (p *poller) sell(ctx context.Context, slot sale.Slot) error {
	o, err := p.order(ctx, slot)
	if err != nil {
		return err
	}
	p.Show(sale.Scene{Kind: sale.ScenePay, Number: o.Number, CodeURL: o.CodeURL})
	tick := time.NewTicker(p.every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		t, err := p.w.gateway.Query(ctx, o)
		if err != nil || t.State != sale.TradePaid {
			continue
		}
		v := p.w.board.Dispense(ctx, sale.Command{Number: o.Number, Token: uint32(o.Seq), Slot: slot})
		if v.Outcome != sale.OutcomeDispensed {
			return fmt.Errorf("dispense: %s, %s", v.Outcome, v.Detail)
		}
		p.Show(sale.Scene{Kind: sale.SceneTake})
		return pause(ctx, takeStays-100*time.Millisecond) // as long as kioskd does
	}
}

func (p *poller) order(ctx context.Context, slot sale.Slot) (sale.Order, error) {
	p.seq++
	o := sale.Order{Number: sale.Number(fmt.Sprintf("PEER-%06d", p.seq)), Seq: p.seq, CreatedAt: clock{}.Now()}
	for _, product := range products {
		if product.Slot == slot {
			o.Product = product
		}
	}
	var err error
	if o.Request, err = p.w.gateway.Prepare(o, o.CreatedAt.Add(2*time.Minute)); err != nil {
		return o, err
	}
	o.CodeURL, err = p.w.gateway.Create(ctx, o)
	return o, err
}
