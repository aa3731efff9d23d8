package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"kioskd/configs"
	"kioskd/control"
	"kioskd/sale"
	"kioskd/store"
)

func refundCommand(out io.Writer) *cobra.Command {
	var file string
	var asJSON bool
	var wait time.Duration
	var g sale.GiveBack
	c := &cobra.Command{
		Use:   "refund NUMBER",
		Short: "Send the money of an order back",
		Long: `Send the whole money of an order back to the customer. NUMBER is the order's number
or the end of it that the customer reads out. The running daemon does it, and goes on
with it by itself until the money is back, over restarts too.

It is for orders that wait for a person: a doubt that nobody could settle, a refund
that the provider refused or closed, refunds that are switched off or over their cap.
An order whose product was dispensed needs --dispensed besides.`,
		Example: "  kioskd refund TE6PK5 --reason 'the bottle hung in the spiral'",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if g.Reason == "" {
				return errors.New("--reason is missing: write why, for the journal")
			}
			at, err := configs.Locate(file)
			if err != nil {
				return failure{err, exitUsage}
			}
			g.Number = args[0]
			o, err := giveBack(cmd.Context(), control.Dial(at.Socket), g, wait)
			if errors.Is(err, control.ErrNoDaemon) {
				err = fmt.Errorf("%w on %s: start kioskd, which makes the refunds", control.ErrNoDaemon, at.Socket)
			}
			if errors.Is(err, store.ErrNoOrder) {
				err = archivedRefund(at, args[0], err)
			}
			if err != nil {
				return failed(err)
			}
			if err := show(out, asJSON, o, func(w io.Writer) { fmt.Fprintln(w, refundWords(o)) }); err != nil {
				return failed(err)
			}
			if o.State == sale.Attention {
				return failure{nil, exitFailed}
			}
			return nil
		},
	}
	c.ValidArgsFunction = knownNumbers(&file)
	f := c.Flags()
	f.StringVar(&file, "config", defaultConfig, "the machine's config `FILE`")
	f.BoolVar(&asJSON, "json", false, "print the order as JSON")
	f.StringVar(&g.Reason, "reason", "", "why, for the journal")
	f.BoolVar(&g.Dispensed, "dispensed", false, "also if the product was dispensed")
	f.DurationVar(&wait, "wait", 15*time.Second, "how long to wait for the provider's word")
	return c
}

// giveBack asks for the refund, and waits a while for what the provider says.
func giveBack(ctx context.Context, c control.Client, g sale.GiveBack, wait time.Duration) (o sale.Order, err error) {
	if err := c.Post(ctx, "/v1/refunds", g, &o); err != nil {
		return o, err
	}
	return awaitRefund(ctx, c, o, wait)
}

// archivedRefund says where the money of an order can go back from that has
// left the ledger.
func archivedRefund(at configs.Places, number string, absent error) error {
	s, err := archivedStory(at, number, absent)
	if err != nil {
		return err
	}
	return fmt.Errorf("order %s has been archived (%s): send its money back in the merchant portal", s.Order.Number, s.Order.State)
}

func refundWords(o sale.Order) string {
	switch {
	case o.State == sale.Refunded:
		return fmt.Sprintf("order %s: %s yuan are back with the customer", o.Number, o.Product.Price)
	case o.State == sale.Attention:
		return fmt.Sprintf("order %s: the refund failed: %s", o.Number, o.Detail)
	case o.Refund.Status == sale.RefundProcessing:
		return fmt.Sprintf("order %s: WeChat Pay has accepted the refund of %s yuan; the money is on its way", o.Number, o.Product.Price)
	}
	return fmt.Sprintf("order %s: the refund of %s yuan is on record and goes on; look later with kioskd show %s", o.Number, o.Product.Price, o.Number)
}
