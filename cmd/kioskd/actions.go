package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"kioskd/clock"
	"kioskd/configs"
	"kioskd/control"
	"kioskd/sale"
	"kioskd/store"
)

func actionsCommand(out io.Writer) *cobra.Command {
	var file string
	var asJSON bool
	limit := 50
	c := &cobra.Command{
		Use:   "actions",
		Short: "Show what technicians did: refills, test vends, prices, visits to the machine",
		Long: fmt.Sprintf(`Show what persons did, the newest first: in service mode at the machine (service), on
the technician's page (panel), or with these commands (command). What became of an
order stands in its own journal, too: kioskd show NUMBER. The newest %d are kept.`, sale.KeepActions),
		Example: "  kioskd actions\n  kioskd actions --limit 0 --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			n, err := control.ActionLimit(strconv.Itoa(limit))
			if err != nil {
				return err
			}
			at, err := configs.Locate(file)
			if err != nil {
				return failure{err, exitUsage}
			}
			list, err := askActions(cmd.Context(), at, n)
			if err != nil {
				return failed(err)
			}
			return show(out, asJSON, list, func(w io.Writer) { printActions(w, list) })
		},
	}
	c.Flags().StringVar(&file, "config", defaultConfig, "the machine's config `FILE`")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().IntVar(&limit, "limit", limit, "how many at most; 0: all")
	return c
}

func askActions(ctx context.Context, at configs.Places, n int) (list []sale.Action, err error) {
	err = control.Dial(at.Socket).Get(ctx, "/v1/actions", url.Values{"limit": {strconv.Itoa(n)}}, &list)
	if !errors.Is(err, control.ErrNoDaemon) {
		return list, err
	}
	err = fromLedger(at, func(r *store.Reader) error {
		list, err = control.ActionsOf(r, n)
		return err
	})
	return list, err
}

func printActions(out io.Writer, list []sale.Action) {
	t := newTable("AT", "BY", "WHAT", "SLOT", "ORDER", "CHANGE", "NOTE")
	for _, a := range list {
		slot, change := "-", "-"
		if a.Slot != 0 {
			slot = a.Slot.String()
		}
		if a.From+a.To != "" {
			change = strings.TrimSpace(a.From + " -> " + a.To)
		}
		t.row(clock.Short(a.At), string(a.By), string(a.What), slot, cmp.Or(a.Order.Tail(), "-"), change, cmp.Or(a.Note, "-"))
	}
	t.print(out)
}
