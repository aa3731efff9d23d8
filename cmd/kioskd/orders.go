package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"kioskd/sale"
	"kioskd/store"
)

// story is one order with everything that was written about it.
type story struct {
	Order   sale.Order    `json:"order"`
	Journal []store.Entry `json:"journal"`
}

func storyOf(r *store.Reader, number string) (story, error) {
	o, err := r.Order(number)
	if err != nil {
		return story{}, err
	}
	j, err := r.Journal(string(o.Number))
	return story{o, j}, err
}

func ordersCommand(out io.Writer) *cobra.Command {
	var file string
	var asJSON bool
	var limit int
	c := &cobra.Command{
		Use:   "orders [NUMBER]",
		Short: "Show the newest orders, or one order with its journal",
		Long: `Show the newest orders, or one order with its journal. NUMBER is the whole order
number or its end: a customer reads out the last six characters from the screen.
It asks the running daemon; without one it reads the ledger itself. Orders that
were archived are read from the files beside the ledger.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 0 {
				return errors.New("--limit is a number of orders, 0 for all")
			}
			at, err := locate(file)
			if err != nil {
				return failure{err, exitUsage}
			}
			if len(args) == 1 {
				s, err := askStory(cmd.Context(), at, args[0])
				if errors.Is(err, store.ErrNoOrder) {
					s, err = archivedStory(at, args[0], err)
				}
				if err != nil {
					return failed(err)
				}
				return show(out, asJSON, s, s.print)
			}
			list, err := askOrders(cmd.Context(), at, limit)
			if err != nil {
				return failed(err)
			}
			list, damage := withArchived(at, list, limit)
			for _, err := range damage {
				fmt.Fprintln(cmd.ErrOrStderr(), "kioskd:", err)
			}
			return show(out, asJSON, list, func(w io.Writer) { printOrders(w, list) })
		},
	}
	c.Flags().StringVar(&file, "config", defaultConfig, "the machine's config `FILE`")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().IntVar(&limit, "limit", 20, "how many orders, newest first; 0 for all")
	return c
}

func show(out io.Writer, asJSON bool, v any, text func(io.Writer)) error {
	if asJSON {
		return json.NewEncoder(out).Encode(v)
	}
	text(out)
	return nil
}

func askOrders(ctx context.Context, at places, limit int) (list []sale.Order, err error) {
	err = dial(at.socket).get(ctx, "/v1/orders", url.Values{"limit": {strconv.Itoa(limit)}}, &list)
	if !errors.Is(err, errNoDaemon) {
		return list, err
	}
	err = fromLedger(at, func(r *store.Reader) (err error) {
		list, err = r.Orders(store.Filter{Limit: limit})
		return err
	})
	return list, err
}

func askStory(ctx context.Context, at places, number string) (s story, err error) {
	err = dial(at.socket).get(ctx, "/v1/orders/"+url.PathEscape(number), nil, &s)
	if !errors.Is(err, errNoDaemon) {
		return s, err
	}
	err = fromLedger(at, func(r *store.Reader) (err error) {
		s, err = storyOf(r, number)
		return err
	})
	return s, err
}

// withArchived adds archived orders to those of the ledger until there are as
// many as wanted, and says what could not be read.
func withArchived(at places, list []sale.Order, limit int) (all []sale.Order, damage []error) {
	if limit > 0 && len(list) >= limit {
		return list, nil
	}
	seen := map[sale.Number]bool{}
	for _, o := range list {
		seen[o.Number] = true
	}
	for a, err := range store.OpenArchive(at.ledger).Orders(store.Filter{Limit: limit}) {
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

// archivedStory looks for an order that the ledger does not have.
func archivedStory(at places, number string, absent error) (story, error) {
	a, err := store.OpenArchive(at.ledger).Order(number)
	switch {
	case a.Order.Number != "":
		return story{a.Order, a.Journal}, nil
	case errors.Is(err, store.ErrArchive):
		return story{}, err
	case errors.Is(err, store.ErrNoOrder):
		return story{}, absent
	}
	return story{}, err
}

func fromLedger(at places, read func(*store.Reader) error) error {
	r, err := store.OpenReadOnly(at.ledger)
	if err != nil {
		return err
	}
	defer r.Close()
	return read(r)
}

func printOrders(out io.Writer, list []sale.Order) {
	if len(list) == 0 {
		fmt.Fprintln(out, "no orders yet")
		return
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ORDER\tTIME\tSLOT\tYUAN\tSTATE\tWHY\tPRODUCT")
	for _, o := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", o.Number, clockTime(o.CreatedAt), o.Product.Slot, price(o), o.State, o.Cause, o.Product.Name)
	}
	w.Flush()
}

// price is what the customer owed; of a test vend nobody did.
func price(o sale.Order) string {
	if o.Test() {
		return "test"
	}
	return o.Product.Price.String()
}

// slotsList names the slots in which a vend failed before another was tried.
func slotsList(slots []sale.Slot) string {
	names := make([]string, len(slots))
	for i, s := range slots {
		names[i] = "slot " + s.String()
	}
	return strings.Join(names, ", ")
}

func (s story) print(out io.Writer) {
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
		row("paid", clockTime(o.Payment.PaidAt))
	}
	if o.Refund.Status != "" {
		row("refund", fmt.Sprintf("%s, out_refund_no %s, refund_id %s", o.Refund.Status, o.RefundNumber(), o.Refund.ID))
	}
	row("refused", o.Refund.Refusal)
	w.Flush()
	fmt.Fprintln(out)
	fmt.Fprintln(w, "TIME\tSTART\tSTATE\tWHY\tDETAIL")
	for _, e := range s.Journal {
		fmt.Fprintf(w, "%s\t%d+%.3fs\t%s\t%s\t%s\n", clockTime(e.At), e.Boot, e.Since.Seconds(), e.State, e.Cause, e.Detail)
	}
	w.Flush()
}

// beijing is the time of customers and bills; machines often lack tzdata.
var beijing = time.FixedZone("CST", 8*60*60)

func clockTime(t time.Time) string { return t.In(beijing).Format("01-02 15:04:05") }
