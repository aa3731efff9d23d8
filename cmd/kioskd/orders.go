package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"kioskd/clock"
	"kioskd/configs"
	"kioskd/control"
	"kioskd/sale"
	"kioskd/store"
)

func ordersCommand(out io.Writer) *cobra.Command {
	var file string
	var asJSON, follow bool
	var q control.Query
	c := &cobra.Command{
		Use:   "orders [NUMBER]",
		Short: "Show the newest orders, those of a day, a state or a slot, or follow them live",
		Long: `Show the newest orders, or one order with its journal, as kioskd show does. It asks
the running daemon; without one it reads the ledger itself. Orders that were archived
are read from the files beside the ledger.

--follow goes on until Ctrl-C and prints each step of each order as it is written.`,
		Example: "  kioskd orders --day yesterday\n  kioskd orders --state attention,unknown --limit 0\n  kioskd orders --slot 11\n  kioskd orders --follow",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := q.Filter(time.Now())
			if err != nil {
				return err
			}
			at, err := configs.Locate(file)
			if err != nil {
				return failure{err, exitUsage}
			}
			switch {
			case follow && (len(args) > 0 || q.Day != "" || q.Slot != 0 || cmd.Flags().Changed("limit")):
				return errors.New("--follow shows what happens from now on: it goes with --state alone")
			case follow:
				return failed(followOrders(cmd.Context(), at, f.States, asJSON, out, cmd.ErrOrStderr()))
			case len(args) == 1:
				return showStory(cmd.Context(), at, args[0], asJSON, out)
			}
			return listOrders(cmd.Context(), at, q, f, asJSON, out, cmd.ErrOrStderr())
		},
	}
	queryFlags(c, &q)
	fl := c.Flags()
	fl.StringVar(&file, "config", defaultConfig, "the machine's config `FILE`")
	fl.BoolVar(&asJSON, "json", false, "print JSON")
	fl.BoolVarP(&follow, "follow", "f", false, "print each step of each order until Ctrl-C")
	c.ValidArgsFunction = knownNumbers(&file)
	return c
}

func queryFlags(c *cobra.Command, q *control.Query) {
	f := c.Flags()
	f.StringVar(&q.Day, "day", "", "only orders that began on this `DAY`, like 2026-10-01, today or yesterday")
	f.StringVar(&q.States, "state", "", "only orders in these `STATES`, like attention,unknown; open is all that are not done")
	f.IntVar(&q.Slot, "slot", 0, "only orders of this `SLOT`")
	f.IntVar(&q.Limit, "limit", 20, "how many orders, newest first; 0 for all")
	names := []string{control.StateOpen}
	for _, s := range sale.States() {
		names = append(names, string(s))
	}
	complete(c, "state", names...)
	complete(c, "day", "today", "yesterday")
}

func listOrders(ctx context.Context, at configs.Places, q control.Query, f store.Filter, asJSON bool, out, errs io.Writer) error {
	list, err := askOrders(ctx, at, q, f)
	if err != nil {
		return failed(err)
	}
	list, damage := withArchived(at, list, f)
	for _, err := range damage {
		fmt.Fprintln(errs, "kioskd:", err)
	}
	return show(out, asJSON, list, func(w io.Writer) { printOrders(w, list, q) })
}

func show(out io.Writer, asJSON bool, v any, text func(io.Writer)) error {
	if asJSON {
		return json.NewEncoder(out).Encode(v)
	}
	text(out)
	return nil
}

func askOrders(ctx context.Context, at configs.Places, q control.Query, f store.Filter) (list []sale.Order, err error) {
	err = control.Dial(at.Socket).Get(ctx, "/v1/orders", q.Values(), &list)
	if !errors.Is(err, control.ErrNoDaemon) {
		return list, err
	}
	err = fromLedger(at, func(r *store.Reader) (err error) {
		list, err = r.Orders(f)
		return err
	})
	return list, err
}

// withArchived adds archived orders to those of the ledger until there are as
// many as wanted, and says what could not be read.
func withArchived(at configs.Places, list []sale.Order, f store.Filter) (all []sale.Order, damage []error) {
	limit := f.Limit
	if limit > 0 && len(list) >= limit {
		return list, nil
	}
	seen := map[sale.Number]bool{}
	for _, o := range list {
		seen[o.Number] = true
	}
	for a, err := range store.OpenArchive(at.Ledger).Orders(f) {
		switch {
		case err != nil:
			damage = append(damage, err)
		case !seen[a.Order.Number]:
			list = append(list, a.Order)
		}
	}
	if list == nil {
		list = []sale.Order{} // in JSON a list, not null
	}
	slices.SortStableFunc(list, func(a, b sale.Order) int { return cmp.Compare(b.Seq, a.Seq) })
	if limit > 0 {
		list = list[:min(limit, len(list))]
	}
	return list, damage
}

func fromLedger(at configs.Places, read func(*store.Reader) error) error {
	r, err := store.OpenReadOnly(at.Ledger)
	if err != nil {
		return err
	}
	defer r.Close()
	return read(r)
}

func printOrders(out io.Writer, list []sale.Order, q control.Query) {
	switch {
	case len(list) > 0:
	case q.Day == "" && q.States == "" && q.Slot == 0:
		fmt.Fprintln(out, "no orders yet")
		return
	default:
		fmt.Fprintln(out, "no such orders")
		return
	}
	t := newTable("ORDER", "TIME", "SLOT", "YUAN", "STATE", "WHY", "PRODUCT")
	for _, o := range list {
		t.row(string(o.Number), clock.Short(o.CreatedAt), o.Product.Slot.String(), price(o), string(o.State), string(o.Cause), o.Product.Name)
	}
	t.mark = func(row, column int, _ string) string {
		if column == 4 {
			return colourOf(list[row].State)
		}
		return ""
	}
	t.print(out)
}

// price is what the customer owed; of a test vend nobody did.
func price(o sale.Order) string {
	if o.Test() {
		return "test"
	}
	return o.Product.Price.String()
}
