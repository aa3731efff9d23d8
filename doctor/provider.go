package doctor

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"kioskd/clock"
	"kioskd/drivers"
	"kioskd/sale"
)

// pinged is what came of a query for an order that cannot exist.
type pinged struct {
	err  error
	skew time.Duration // how far this machine's clock is ahead
	told bool          // skew is known
}

// pinger is a gateway that can be asked without an order.
type pinger interface {
	Ping(ctx context.Context) error
}

// ping asks once. A gateway keeps what it learns; this one must not.
func (d *doctor) ping(ctx context.Context) (p pinged) {
	g, err := d.gateway()
	if err != nil {
		return pinged{err: err}
	}
	if g, ok := g.(interface{ CloseIdleConnections() }); ok {
		defer g.CloseIdleConnections()
	}
	ctx, cancel := context.WithTimeout(ctx, pingWithin)
	defer cancel()
	p.err = g.Ping(ctx)
	if g, ok := g.(interface{ Skew() (time.Duration, bool) }); ok {
		p.skew, p.told = g.Skew()
	}
	return p
}

func (d *doctor) openGateway() (pinger, error) {
	return d.drivers.OpenGateway(d.config, clock.New(time.Time{}), drivers.OnlyRead, slog.New(slog.DiscardHandler))
}

// provider reports what the merchant's query proves: key, clock and merchant.
func (d *doctor) provider(ctx context.Context) []Finding {
	if d.config == nil {
		return []Finding{skip("serial", noConfig), skip("skew", noConfig), skip("merchant", noConfig)}
	}
	p := d.drivers.PapersOf(d.config)
	got, ok := d.answer.get(ctx)
	if !ok {
		got.err = &sale.Fault{
			Code: sale.CodeNetDown, What: "no answer from WeChat Pay within " + restWithin.String(),
			Hint: "check the network cable, the modem and the SIM card",
		}
	}
	return []Finding{serialFinding(p, got.err, d.now()), skewFinding(got), merchantFinding(p.Merchant, got.err)}
}

func merchantFinding(merchant string, err error) Finding {
	if err != nil {
		return broken("merchant", err)
	}
	return good("merchant", `WeChat Pay says "no such order" to merchant %s, as it should`, merchant)
}

// worthTelling is a difference of clocks that a technician should mend before
// it becomes too much.
const worthTelling = time.Minute

func skewFinding(p pinged) Finding {
	const name, hint = "skew", "set the clock and check its time service"
	way := "ahead of"
	if p.skew < 0 {
		way = "behind"
	}
	said := fmt.Sprintf("the clock is %s %s WeChat Pay's", p.skew.Abs(), way)
	switch {
	case !p.told:
		return skip(name, "nobody answers whose clock could be compared")
	case p.skew.Abs() > clock.Bearable:
		f := wrong(name, hint, "%s", said)
		f.Code = sale.CodeClock
		return f
	case p.skew.Abs() > worthTelling:
		return doubt(name, hint, "%s", said)
	case p.skew.Abs() <= time.Second: // whole seconds are all that is told
		return good(name, "the clock agrees with WeChat Pay's")
	}
	return good(name, "%s", said)
}

// server reports the way to one base URL.
func (d *doctor) server(base string) func(context.Context) []Finding {
	return func(ctx context.Context) []Finding {
		found, err := d.way.Try(ctx, base)
		f := Finding{}
		switch days := found.Days(d.now()); {
		case err != nil:
			f = broken("network", err)
		case found.Plain:
			f = good("network", "%s", found)
		default:
			f = good("network", "%s, for %s", found, counted(days, "day"))
		}
		f.Of = base
		return []Finding{f}
	}
}

// clockFinding looks at the clock alone.
func clockFinding(plausible error, synced, told bool, now time.Time) Finding {
	const name = "clock"
	said := now.In(clock.Beijing).Format("2006-01-02 15:04") + " Beijing time"
	switch {
	case plausible != nil:
		return broken(name, plausible)
	case told && !synced:
		return doubt(name, "install and start a time service: systemd-timesyncd or chrony", "%s; no time service keeps it", said)
	case told:
		return good(name, "%s; a time service keeps it", said)
	}
	return good(name, "%s", said)
}

func (d *doctor) clock(context.Context) []Finding {
	synced, told := d.synced()
	return []Finding{clockFinding(clock.New(time.Time{}).Plausible(), synced, told, d.now())}
}
