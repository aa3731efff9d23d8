package vmc

import (
	"context"
	"fmt"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

const (
	// hearingFirst bounds the wait for a VMC that does not speak yet.
	hearingFirst = 5 * time.Second
	// quietIdle is how long the VMC must say nothing about a slot before its
	// silence means that no vend is under way; quietBusy after it said that one is.
	quietIdle = 10 * time.Second
	quietBusy = 45 * time.Second
	// margin is left of ctx for the last look at the counters.
	margin = time.Second
)

// Recover implements [sale.Dispenser]. It sends no 03, 06 or 38 and no write
// to the menu. A final status of the slot that arrived since this process
// started, or arrives now, decides; else the counters do, as the package
// comment says. Where they do not yet, it listens for as long as the VMC may
// still be vending and ctx allows, and looks again.
func (d *Dev) Recover(ctx context.Context, c sale.Command) (sale.Verdict, error) {
	release, err := d.life.Take(ctx, d.turn)
	if err != nil {
		return sale.Verdict{}, fmt.Errorf("recover slot %v: %w", c.Slot, err)
	}
	defer release()
	if v, ok := d.remembered(c); ok {
		return v, nil
	}
	first, cancel := context.WithTimeout(ctx, hearingFirst)
	defer cancel()
	if err := d.life.Await(first, &d.mu, func() bool { return d.Health() == nil }); err != nil {
		return sale.Verdict{}, fmt.Errorf("recover slot %v: %w", c.Slot, d.absence(err))
	}
	before := decodeEvidence(c.Evidence).Counters
	for last := false; ; last = true {
		now, err := d.look(ctx, c.Slot, before)
		if v, ok := d.remembered(c); ok {
			return v, nil
		}
		if err != nil {
			return sale.Verdict{}, fmt.Errorf("recover slot %v: %w", c.Slot, err)
		}
		v, sure := compare(before, now, d.settings.DropSensor)
		if sure {
			return v, nil
		}
		if last {
			return d.unchanged(c, before, now, v), nil
		}
		if err := d.listen(ctx, c); err != nil {
			return sale.Verdict{}, fmt.Errorf("recover slot %v: %w", c.Slot, err)
		}
	}
}

// remembered is a final word of the VMC about the slot, if it can be about
// this order: about a vend that this process started for it, or about one that
// an earlier process did.
func (d *Dev) remembered(c sale.Command) (sale.Verdict, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.vends[c.Slot]
	if v == nil || !v.final || v.number != "" && v.number != c.Number {
		return sale.Verdict{}, false
	}
	return v.verdict, true
}

// look reads the counters, if there is anything to compare them with, and else
// makes sure that the VMC speaks.
func (d *Dev) look(ctx context.Context, slot sale.Slot, before *counters) (*counters, error) {
	if before == nil || !d.counts() {
		return nil, d.Health()
	}
	return d.counters(ctx, slot)
}

// compare draws what can be drawn from the VMC's records alone.
func compare(before, now *counters, sensor bool) (v sale.Verdict, sure bool) {
	if before == nil || now == nil {
		return sale.Verdict{Detail: "the controller cannot say: no sales counter to compare with"}, false
	}
	counted := fmt.Sprintf("sales counter %d, then %d", before.Sold, now.Sold)
	jam := now.Jammed && !before.Jammed
	switch {
	case now.Sold == before.Sold+1 && !jam:
		return sale.Verdict{Outcome: sale.OutcomeDispensed, Detail: counted}, true
	case now.Sold == before.Sold && jam && sensor:
		return sale.Verdict{Outcome: sale.OutcomeNotDispensed, Detail: counted + ", and the slot is newly in the jam list"}, true
	case jam:
		counted += ", and the slot is newly in the jam list"
	}
	return sale.Verdict{Detail: "the controller cannot say: " + counted}, now.Sold != before.Sold || jam
}

// listen waits until the VMC has said nothing about the slot for so long that
// no vend can be under way, or ctx is almost over, or a final word came.
func (d *Dev) listen(ctx context.Context, c sale.Command) error {
	end, ok := ctx.Deadline()
	if !ok {
		end = time.Now().Add(vendMost)
	}
	until, cancel := context.WithDeadline(ctx, end.Add(-margin))
	defer cancel()
	for until.Err() == nil {
		d.mu.Lock()
		quiet := d.quietAt(c)
		d.mu.Unlock()
		if !time.Now().Before(quiet) {
			return nil
		}
		nap, wake := context.WithDeadline(until, quiet)
		err := d.life.Await(nap, &d.mu, func() bool {
			v := d.vends[c.Slot]
			return v != nil && v.final
		})
		wake()
		if err == nil || err == device.ErrClosed {
			return err
		}
	}
	return ctx.Err()
}

// quietAt is when the VMC will have been silent about the slot for long
// enough. Called with mu held.
func (d *Dev) quietAt(c sale.Command) time.Time {
	at := d.link.opened.Add(quietIdle)
	v := d.vends[c.Slot]
	if v == nil {
		return at
	}
	since, wait := v.sent, quietIdle
	if !v.heard.IsZero() {
		since = v.heard
		if v.doubt == "" {
			wait = quietBusy
		}
	}
	if quiet := since.Add(wait); quiet.After(at) {
		return quiet
	}
	return at
}

// unchanged judges a counter that did not rise. That proves that nothing was
// sold if no word of the VMC can have been missed since this process sent the
// command, and none is due any more.
func (d *Dev) unchanged(c sale.Command, before, now *counters, v sale.Verdict) sale.Verdict {
	d.mu.Lock()
	defer d.mu.Unlock()
	sent := d.vends[c.Slot]
	if sent == nil || sent.number != "" && sent.number != c.Number {
		return v
	}
	if sent.doubt != "" {
		v.Detail = sent.doubt + "; " + v.Detail
		return v
	}
	if before == nil || now == nil || sent.number == "" || sent.breaks != d.breaks || time.Now().Before(d.quietAt(c)) {
		return v
	}
	return sale.Verdict{
		Outcome: sale.OutcomeNotDispensed,
		Detail:  fmt.Sprintf("the sales counter stands at %d as before the command, and the controller was heard without a break since", now.Sold),
	}
}
