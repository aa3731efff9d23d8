package ubox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// probe asks with an SN what the board has stored for it: a VEND_IND for a
// channel that does not exist. Nothing moves.
func (d *Dev) probe(ctx context.Context, sn byte) (r report, err error) {
	_, _, err = d.talk.Exchange(ctx, vendFrame(sale.Slot(d.settings.ProbeChannel), sn), answerWithin, func(f Frame) bool {
		got, ok := decodeReport(f)
		if ok && got.sn == sn {
			r = got
			return true
		}
		return false
	})
	return r, err
}

// primeTries is how many numbers are tried: the board's last one can be one of
// them, so the second must do.
const primeTries = 3

// prime has the board store "failed" under another SN than the one that is
// about to be used.
func (d *Dev) prime(ctx context.Context, sn byte) error {
	if d.settings.ProbeChannel == 0 {
		return nil
	}
	other := sn
	for range primeTries {
		if other = nextSerial(other); other == sn {
			other = nextSerial(other)
		}
		r, err := d.probe(ctx, other)
		if err != nil {
			return fmt.Errorf("probe with channel %d: %w", d.settings.ProbeChannel, err)
		}
		if int(r.channel) != d.settings.ProbeChannel {
			continue // the board's last vend had this number
		}
		if r.result != failure {
			return d.life.Board.Fault(fmt.Sprintf("says result %d of channel %d, which it should not have", r.result, r.channel),
				"probe_channel in the configuration must be a number of no channel")
		}
		return nil
	}
	return errors.New("the controller does not take a probe for a new one")
}

// Recover implements [sale.Dispenser]. A report with the order's channel and
// serial number that this process has heard decides, or one that comes before
// the vend must be over. After that, with a probe, a success that the board has
// stored for the serial number does. Otherwise the board cannot say.
func (d *Dev) Recover(ctx context.Context, c sale.Command) (sale.Verdict, error) {
	release, err := d.life.Take(ctx, d.turn)
	if err != nil {
		return sale.Verdict{}, fmt.Errorf("recover slot %v: %w", c.Slot, err)
	}
	defer release()
	d.listen(ctx, c)
	if v, ok := d.remembered(c); ok {
		return v, nil
	}
	v, err := d.stored(ctx, c)
	if err != nil {
		return sale.Verdict{}, fmt.Errorf("recover slot %v: %w", c.Slot, d.life.Absence(d.Health(), err))
	}
	if late, ok := d.remembered(c); ok {
		return late, nil
	}
	return v, nil
}

// listen waits for the report as long as a vend of an earlier process may last.
// For one of this process the line rests.
func (d *Dev) listen(ctx context.Context, c sale.Command) {
	within, cancel := context.WithDeadline(ctx, d.began.Add(d.settings.VendTime))
	defer cancel()
	d.life.Await(within, &d.talk.State, func() bool {
		_, ok := d.heard(c)
		return ok
	})
}

// remembered is what this process heard of an order.
func (d *Dev) remembered(c sale.Command) (sale.Verdict, bool) {
	d.talk.Lock()
	defer d.talk.Unlock()
	return d.heard(c)
}

// heard is remembered with talk held. The command may have had the next number.
func (d *Dev) heard(c sale.Command) (sale.Verdict, bool) {
	sn := serial(c.Token)
	v := d.vends[report{channel: c.Slot, sn: sn}]
	if next := d.vends[report{channel: c.Slot, sn: nextSerial(sn)}]; next != nil && next.Number == c.Number {
		v = next
	}
	if v == nil || !v.Over || v.Number != "" && v.Number != c.Number {
		return sale.Verdict{}, false
	}
	return v.Verdict, true
}

// stored asks the board, when the vend must be over.
func (d *Dev) stored(ctx context.Context, c sale.Command) (sale.Verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin+d.settings.VendTime)
	defer cancel()
	e, _ := device.DecodeEvidence[evidence](c.Evidence, evidenceVersion)
	asks := d.settings.ProbeChannel != 0 && e.Probe == d.settings.ProbeChannel &&
		int(c.Slot) != d.settings.ProbeChannel && time.Since(d.began) >= d.settings.VendTime
	if !asks {
		_, err := d.talk.Ask(ctx, ask(infoChannels), answerWithin, func(f Frame) bool {
			_, ok := decodeChannels(f)
			return ok
		})
		return sale.Verdict{Detail: "the controller cannot be asked for the result of a vend"}, err
	}
	r, err := d.probe(ctx, serial(c.Token))
	switch {
	case err != nil:
		return sale.Verdict{}, err
	case r.channel != c.Slot:
		return sale.Verdict{Detail: "the controller does not know the vend: it was not the last one, or the power was cut"}, nil
	case r.result != success:
		return sale.Verdict{Detail: fmt.Sprintf("the controller has stored result %d, which it may have from before the vend", r.result)}, nil
	}
	return sale.Verdict{Outcome: sale.OutcomeDispensed, Detail: fmt.Sprintf("the controller has stored success of channel %d, SN %d", r.channel, r.sn)}, nil
}
