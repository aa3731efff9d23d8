package mdb

import (
	"context"
	"fmt"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// listenBefore is how long Recover waits for the result of an approval of the
// process before.
const listenBefore = 15 * time.Second

// Recover implements [sale.Dispenser]. It says nothing to the machine, which
// cannot be asked, and listens. Of an order of an earlier process only a result
// that comes now tells anything: it is this order's, because the machine has
// one vend at a time and was not answered since.
func (d *Dev) Recover(ctx context.Context, c sale.Command) (v sale.Verdict, err error) {
	release, err := d.life.Take(ctx, d.turn)
	if err != nil {
		return v, fmt.Errorf("recover slot %v: %w", c.Slot, d.life.Busy(err))
	}
	defer release()
	d.mu.Lock()
	mine, fresh := d.served, d.vend == nil && !d.link.ready
	d.mu.Unlock()
	switch {
	case d.life.Closed():
		err = d.life.Board.Closed()
	case mine != nil && mine.number == c.Number:
		v, err = d.recoverMine(ctx, mine)
	case fresh:
		v, err = d.recoverBefore(ctx, c)
	default:
		v.Detail = "the approval may have left in an earlier process, and the vending machine cannot be asked"
		err = d.gone()
	}
	if err != nil {
		return sale.Verdict{}, fmt.Errorf("recover slot %v: %w", c.Slot, err)
	}
	d.remember(c, v)
	return v, nil
}

// gone is why the adapter cannot tell anything now.
func (d *Dev) gone() error {
	if err := d.life.Err(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.text == nil {
		return nil // it speaks only of the machine
	}
	return d.life.Silence(d.link.heard)
}

func (d *Dev) recoverMine(ctx context.Context, v *vend) (sale.Verdict, error) {
	within, cancel := context.WithTimeout(ctx, d.patience.mine)
	defer cancel()
	err := d.life.Await(within, &d.mu, func() bool { return v.final != nil || v.ended != "" })
	if err != nil {
		if gone := d.gone(); gone != nil {
			return sale.Verdict{}, gone
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if v.running() {
		v.end("no result of the vending machine in time") // the adapter may be set up again
	}
	return v.verdict(err), nil
}

// recoverBefore keeps the adapter as the earlier process left it, for setting
// it up would lose the result.
func (d *Dev) recoverBefore(ctx context.Context, c sale.Command) (sale.Verdict, error) {
	d.hold(1)
	defer d.hold(-1)
	within, cancel := context.WithTimeout(ctx, listenBefore)
	defer cancel()
	d.life.Await(within, &d.mu, func() bool { return d.orphan != nil || d.vend != nil })
	if gone := d.gone(); gone != nil {
		return sale.Verdict{}, gone
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	m := d.orphan
	note, ok := device.DecodeEvidence[evidence](c.Evidence, evidenceVersion)
	switch {
	case m == nil:
		return sale.Verdict{Detail: "the approval may have left in an earlier process, and the vending machine has told no result since"}, nil
	case !ok || m.news == succeeded && m.item != noItem && m.item != note.Item:
		return sale.Verdict{Detail: "a result came that is not this order's: " + m.text}, nil
	}
	d.orphan = nil
	v := *verdict(*m)
	v.Detail += ", told to the process after the one that approved"
	return v, nil
}

func (d *Dev) hold(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.link.listens += n
	d.doubted = true
}
