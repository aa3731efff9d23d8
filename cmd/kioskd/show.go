package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"kioskd/clock"
	"kioskd/configs"
	"kioskd/control"
	"kioskd/sale"
	"kioskd/store"
)

func showCommand(out io.Writer) *cobra.Command {
	var file string
	var asJSON bool
	c := &cobra.Command{
		Use:   "show NUMBER",
		Short: "Show the whole story of one order",
		Long: `Show one order with its journal: every step, with the time, the start of the daemon
and the seconds since, and why. NUMBER is the whole order number or its end: a customer
reads out the last six characters from the screen. Archived orders are found, too.`,
		Example: "  kioskd show TE6PK5",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := configs.Locate(file)
			if err != nil {
				return failure{err, exitUsage}
			}
			return showStory(cmd.Context(), at, args[0], asJSON, out)
		},
	}
	c.Flags().StringVar(&file, "config", defaultConfig, "the machine's config `FILE`")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.ValidArgsFunction = knownNumbers(&file)
	return c
}

func showStory(ctx context.Context, at configs.Places, number string, asJSON bool, out io.Writer) error {
	s, err := askStory(ctx, at, number)
	if errors.Is(err, store.ErrNoOrder) {
		s, err = archivedStory(at, number, err)
	}
	if err != nil {
		return failed(err)
	}
	return show(out, asJSON, s, func(w io.Writer) { printStory(w, s) })
}

func askStory(ctx context.Context, at configs.Places, number string) (s control.Story, err error) {
	err = control.Dial(at.Socket).Get(ctx, "/v1/orders/"+url.PathEscape(number), nil, &s)
	if !errors.Is(err, control.ErrNoDaemon) {
		return s, err
	}
	err = fromLedger(at, func(r *store.Reader) (err error) {
		s, err = control.StoryOf(r, number)
		return err
	})
	return s, err
}

// archivedStory looks for an order that the ledger does not have.
func archivedStory(at configs.Places, number string, absent error) (control.Story, error) {
	a, err := store.OpenArchive(at.Ledger).Order(number)
	switch {
	case a.Order.Number != "":
		return control.Story{Order: a.Order, Journal: a.Journal}, nil
	case errors.Is(err, store.ErrArchive):
		return control.Story{}, err
	case errors.Is(err, store.ErrNoOrder):
		return control.Story{}, absent
	}
	return control.Story{}, err
}

// slotsList names the slots in which a vend failed before another was tried.
func slotsList(slots []sale.Slot) string {
	names := make([]string, len(slots))
	for i, s := range slots {
		names[i] = "slot " + s.String()
	}
	return strings.Join(names, ", ")
}

func printStory(out io.Writer, s control.Story) {
	o := s.Order
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, value)
		}
	}
	row("order", string(o.Number))
	row("product", fmt.Sprintf("%s (slot %s)", o.Product.Name, o.Product.Slot))
	row("failed in", slotsList(o.Failed))
	if !o.Test() {
		row("price", o.Product.Price.String()+" yuan")
	}
	row("state", fmt.Sprintf("%s (%s)", o.State, o.Cause))
	row("transaction_id", o.Payment.TransactionID)
	if !o.Payment.PaidAt.IsZero() {
		row("paid", clock.Short(o.Payment.PaidAt))
	}
	if o.Refund.Status != "" {
		row("refund", fmt.Sprintf("%s, out_refund_no %s, refund_id %s", o.Refund.Status, o.RefundNumber(), o.Refund.ID))
	}
	row("refused", o.Refund.Refusal)
	if o.State == sale.Attention {
		row("to do", "find out what happened, then: "+howToSettle(o))
	}
	w.Flush()
	fmt.Fprintln(out)
	t := newTable("TIME", "START", "STATE", "WHY", "DETAIL")
	for _, e := range s.Journal {
		t.row(clock.Short(e.At), fmt.Sprintf("%d+%.3fs", e.Boot, e.Since.Seconds()), string(e.State), string(e.Cause), e.Detail)
	}
	t.mark = func(row, column int, _ string) string {
		if column == 2 {
			return colourOf(s.Journal[row].State)
		}
		return ""
	}
	t.print(out)
}
