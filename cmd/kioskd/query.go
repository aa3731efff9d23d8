package main

import (
	"github.com/spf13/cobra"

	"kioskd/control"
	"kioskd/sale"
)

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
