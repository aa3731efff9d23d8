package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kioskd/clock"
	"kioskd/configs"
	"kioskd/control"
	"kioskd/sale"
)

func resolveCommand(out io.Writer) *cobra.Command {
	var file, as, reason string
	var asJSON bool
	var wait time.Duration
	c := &cobra.Command{
		Use:   "resolve NUMBER --as dispensed|refund|written-off --reason TEXT",
		Short: "Settle an order that waits for a person",
		Long: `Settle an order that waits for a person (state attention). NUMBER is its number or
the end of it. Find out first what happened: kioskd show NUMBER, the machine itself,
the customer.

  dispensed    the customer has the product; the money stays
  refund       the money goes back; the daemon goes on with it by itself
  written-off  it was settled outside the machine, in cash or in the merchant portal,
               or never will be; nothing is done any more

The reason stands in the journal for good.`,
		Example: "  kioskd resolve TE6PK5 --as refund --reason 'the spiral was empty'",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			state, ok := control.WaysToSettle()[as]
			switch {
			case as == "":
				return errors.New("--as is missing: write dispensed, refund or written-off")
			case !ok:
				return fmt.Errorf("--as %s: write dispensed, refund or written-off", as)
			case strings.TrimSpace(reason) == "":
				return errors.New("--reason is missing: write why, for the journal")
			}
			at, err := configs.Locate(file)
			if err != nil {
				return failure{err, exitUsage}
			}
			var o sale.Order
			r := control.Resolution{Number: args[0], As: as, Reason: reason}
			if err := control.Dial(at.Socket).Post(cmd.Context(), "/v1/resolve", r, &o); err != nil {
				return failed(orNoDaemon(err, at))
			}
			if state == sale.Refunding {
				if o, err = awaitRefund(cmd.Context(), control.Dial(at.Socket), o, wait); err != nil {
					return failed(err)
				}
			}
			if err := show(out, asJSON, o, func(w io.Writer) { fmt.Fprintln(w, settledWords(o)) }); err != nil {
				return failed(err)
			}
			if o.State == sale.Attention {
				return failure{nil, exitFailed}
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&file, "config", defaultConfig, "the machine's config `FILE`")
	f.BoolVar(&asJSON, "json", false, "print the order as JSON")
	f.StringVar(&as, "as", "", "dispensed, refund or written-off")
	f.StringVar(&reason, "reason", "", "why, for the journal")
	f.DurationVar(&wait, "wait", 15*time.Second, "how long to wait for the provider's word on a refund")
	complete(c, "as", "dispensed", "refund", "written-off")
	c.ValidArgsFunction = knownNumbers(&file)
	return c
}

// howToSettle are the commands for an order in attention.
func howToSettle(o sale.Order) string {
	as := "dispensed|refund|written-off"
	if o.Cause == sale.CauseRefundFailed {
		as = "refund|written-off"
	}
	return fmt.Sprintf("kioskd resolve %s --as %s --reason TEXT", o.Number.Tail(), as)
}

// orNoDaemon says what to do where only the daemon can do it.
func orNoDaemon(err error, at configs.Places) error {
	if errors.Is(err, control.ErrNoDaemon) {
		return fmt.Errorf("%w on %s: start kioskd, which settles orders", control.ErrNoDaemon, at.Socket)
	}
	return err
}

func settledWords(o sale.Order) string {
	switch o.State {
	case sale.Dispensed:
		return fmt.Sprintf("order %s: settled as dispensed; %s yuan stay", o.Number, o.Product.Price)
	case sale.WrittenOff:
		return fmt.Sprintf("order %s: written off", o.Number)
	}
	return refundWords(o)
}

// awaitRefund waits a while for what the provider says.
func awaitRefund(ctx context.Context, c control.Client, o sale.Order, wait time.Duration) (sale.Order, error) {
	for end := time.Now().Add(wait); o.State == sale.Refunding && time.Now().Before(end); {
		if !clock.Pause(ctx, 300*time.Millisecond) {
			return o, ctx.Err()
		}
		var s control.Story
		if err := c.Get(ctx, "/v1/orders/"+string(o.Number), nil, &s); err != nil {
			return o, err
		}
		o = s.Order
	}
	return o, nil
}
