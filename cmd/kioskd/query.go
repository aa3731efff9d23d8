package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kioskd/sale"
	"kioskd/store"
)

// orderQuery is which orders are wanted, as it is typed and as it is sent.
type orderQuery struct {
	day, states string
	slot, limit int
}

func (q *orderQuery) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&q.day, "day", "", "only orders that began on this `DAY`, like 2026-10-01, today or yesterday")
	f.StringVar(&q.states, "state", "", "only orders in these `STATES`, like attention,unknown; open is all that are not done")
	f.IntVar(&q.slot, "slot", 0, "only orders of this `SLOT`")
	f.IntVar(&q.limit, "limit", 20, "how many orders, newest first; 0 for all")
	names := []string{stateOpen}
	for _, s := range sale.States() {
		names = append(names, string(s))
	}
	complete(c, "state", names...)
	complete(c, "day", "today", "yesterday")
}

// stateOpen stands for every state in which an order has work to do.
const stateOpen = "open"

func parseQuery(v url.Values) (q orderQuery, err error) {
	q.day, q.states = v.Get("day"), v.Get("state")
	if q.limit, err = strconv.Atoi(cmp.Or(v.Get("limit"), "20")); err != nil {
		return q, errors.New("limit is a number, 0 for all")
	}
	if q.slot, err = strconv.Atoi(cmp.Or(v.Get("slot"), "0")); err != nil {
		return q, errors.New("slot is a number, 0 for all")
	}
	return q, nil
}

func (q orderQuery) values() url.Values {
	return url.Values{"day": {q.day}, "state": {q.states}, "slot": {strconv.Itoa(q.slot)}, "limit": {strconv.Itoa(q.limit)}}
}

// filter checks what was typed.
func (q orderQuery) filter(now time.Time) (f store.Filter, err error) {
	if q.limit < 0 {
		return f, errors.New("limit is a number, 0 for all")
	}
	if q.slot < 0 {
		return f, errors.New("slot is a number, 0 for all")
	}
	f.Limit, f.Slot = q.limit, sale.Slot(q.slot)
	if q.day != "" {
		if f.Since, err = parseDay(q.day, now); err != nil {
			return f, fmt.Errorf("day: %w", err)
		}
		f.Until = f.Since.AddDate(0, 0, 1)
	}
	if q.states == "" {
		return f, nil
	}
	for _, name := range strings.Split(q.states, ",") {
		switch s := sale.State(strings.ReplaceAll(strings.TrimSpace(name), "-", "_")); {
		case s == stateOpen:
			f.States = append(f.States, unfinished()...)
		case slices.Contains(sale.States(), s):
			f.States = append(f.States, s)
		default:
			return f, fmt.Errorf("state: there is no state %q: write open, or some of %s", name, stateNames())
		}
	}
	return f, nil
}

func unfinished() []sale.State {
	return slices.DeleteFunc(sale.States(), sale.State.Final)
}

func stateNames() string {
	names := make([]string, len(sale.States()))
	for i, s := range sale.States() {
		names[i] = string(s)
	}
	return strings.Join(names, ", ")
}
