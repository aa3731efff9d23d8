package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"time"

	"kioskd/clock"
	"kioskd/configs"
	"kioskd/control"
	"kioskd/sale"
	"kioskd/store"
)

// followEvery is how often the daemon is asked for what is new.
const followEvery = 400 * time.Millisecond

// followOrders prints the steps of orders as they are written, until ctx ends.
// A daemon that goes away for a while is waited for.
func followOrders(ctx context.Context, at configs.Places, states []sale.State, asJSON bool, out, errs io.Writer) error {
	c, gone := control.Dial(at.Socket), false
	query := url.Values{}
	for {
		var p control.JournalPage
		err := c.Get(ctx, "/v1/journal", query, &p)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, control.ErrNoDaemon) && query.Has("after"):
			if !gone {
				fmt.Fprintln(errs, "kioskd: the daemon has stopped; waiting for the next")
			}
			gone = true
		case errors.Is(err, control.ErrNoDaemon):
			return fmt.Errorf("%w on %s: start kioskd, or leave out --follow", control.ErrNoDaemon, at.Socket)
		case err != nil:
			return err
		default:
			gone = false
			query.Set("after", strconv.FormatUint(p.Last, 10))
			for _, e := range p.Entries {
				if len(states) == 0 || slices.Contains(states, e.State) {
					printEntry(out, e, asJSON)
				}
			}
		}
		if !clock.Pause(ctx, followEvery) {
			return nil
		}
	}
}

func printEntry(out io.Writer, e store.Entry, asJSON bool) {
	if asJSON {
		_ = json.NewEncoder(out).Encode(e)
		return
	}
	state, cause := fmt.Sprintf("%-11s", e.State), fmt.Sprintf("%-13s", e.Cause)
	if columnsOf(out) > 0 {
		state = colourOf(e.State) + state + uncoloured
	}
	fmt.Fprintf(out, "%s  %s  %s  %s  %s\n", clock.Short(e.At), e.Number, state, cause, e.Detail)
}
