package ubox

import (
	"context"
	"fmt"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// verdictOf is what a listed result means. Without a drop sensor a board that
// failed may have pushed the product over the edge before.
func verdictOf(r report, sensor bool) sale.Verdict {
	v := sale.Verdict{Detail: fmt.Sprintf("result %d of channel %d, SN %d", r.result, r.channel, r.sn)}
	switch {
	case r.result == success:
		v.Outcome = sale.OutcomeDispensed
	case sensor:
		v.Outcome = sale.OutcomeNotDispensed
	default:
		v.Detail += ": failed, and no drop sensor watches"
	}
	return v
}

// reported takes a VEND_RPT that answers no question, with talk held.
func (d *Dev) reported(r report, now time.Time) {
	if int(r.channel) == d.settings.ProbeChannel {
		return // of a probe that was given up
	}
	key := report{channel: r.channel, sn: r.sn}
	v := d.vends[key]
	if v == nil {
		v = &device.Vend{}
		d.vends[key] = v
	}
	d.log.Info("result of a vend", "order", string(v.Number), "slot", int(r.channel), "serial", int(r.sn), "result", int(r.result))
	switch {
	case v.Over:
	case r.result > failure:
		v.Odd = fmt.Sprintf("; it said result %d, which is in no table", r.result)
	default:
		v.End(verdictOf(r, d.settings.DropSensor))
		if v.Number != "" && r.sn == d.lastSN { // not a late one, in the rest of the next vend
			d.talk.Resume(now)
		}
	}
}

// Dispense implements [sale.Dispenser]. It asks for the channel's state first:
// a board that does not answer gets no command, which it might obey when nobody
// waits any more. With a probe it makes sure that the board takes the command
// for a new one. Then it writes one VEND_IND and waits for its report.
func (d *Dev) Dispense(ctx context.Context, c sale.Command) sale.Verdict {
	if c.Slot < 1 || c.Slot > channelMost {
		return device.NotSent(fmt.Errorf("channels are numbered from 1 to %d", channelMost))
	}
	release, err := d.life.Take(ctx, d.turn)
	if err != nil {
		return device.NotSent(err)
	}
	defer release()
	if err := d.sellable(ctx, c.Slot); err != nil {
		return device.NotSent(err)
	}
	sn := d.serialFor(c.Token)
	if err := d.prime(ctx, sn); err != nil {
		return device.NotSent(err)
	}
	v, key := &device.Vend{Number: c.Number}, report{channel: c.Slot, sn: sn}
	verdict := d.talk.Drive(ctx, vendFrame(c.Slot, sn), d.settings.VendTime, v,
		func() { d.vends[key], d.lastSN = v, sn },
		func() { delete(d.vends, key) })
	d.log.Info("dispense ended", "order", string(c.Number), "slot", int(c.Slot), "serial", int(sn),
		"outcome", verdict.Outcome.String(), "detail", verdict.Detail)
	return verdict
}

// serialFor is the order's SN or, without a probe, another where the board
// would take it for a repeat.
func (d *Dev) serialFor(token uint32) byte {
	d.talk.Lock()
	defer d.talk.Unlock()
	sn := serial(token)
	if sn == d.lastSN && d.settings.ProbeChannel == 0 {
		sn = nextSerial(sn)
	}
	return sn
}
