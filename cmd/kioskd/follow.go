package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"kioskd/sale"
	"kioskd/store"
)

// journalPage is the answer of GET /v1/journal: entries after one number, and
// the number of the last one that there is.
type journalPage struct {
	Entries []store.Entry `json:"entries"`
	Last    uint64        `json:"last"`
}

// mostEntries bounds one page.
const mostEntries = 500

// journal is for GET /v1/journal. Without "after" it tells where the journal
// ends now.
func (c control) journal(w http.ResponseWriter, r *http.Request) {
	stats, err := c.store.Stats()
	if err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	after, err := strconv.ParseUint(cmp.Or(r.URL.Query().Get("after"), strconv.FormatUint(stats.Journal, 10)), 10, 64)
	if err != nil {
		refuse(w, http.StatusBadRequest, errors.New("after is the number of a journal entry"))
		return
	}
	p := journalPage{Entries: []store.Entry{}, Last: min(after, stats.Journal)}
	if after < stats.Journal {
		if p.Entries, err = c.store.Entries(after, mostEntries); err != nil {
			refuse(w, http.StatusInternalServerError, err)
			return
		}
	}
	if n := len(p.Entries); n > 0 {
		p.Last = p.Entries[n-1].N
	}
	reply(w, p)
}

// followEvery is how often the daemon is asked for what is new.
const followEvery = 400 * time.Millisecond

// followOrders prints the steps of orders as they are written, until ctx ends.
// A daemon that goes away for a while is waited for.
func followOrders(ctx context.Context, at places, states []sale.State, asJSON bool, out, errs io.Writer) error {
	c, gone := dial(at.socket), false
	query := url.Values{}
	for {
		var p journalPage
		err := c.get(ctx, "/v1/journal", query, &p)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errNoDaemon) && query.Has("after"):
			if !gone {
				fmt.Fprintln(errs, "kioskd: the daemon has stopped; waiting for the next")
			}
			gone = true
		case errors.Is(err, errNoDaemon):
			return fmt.Errorf("%w on %s: start kioskd, or leave out --follow", errNoDaemon, at.socket)
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
		if !pause(ctx, followEvery) {
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
	fmt.Fprintf(out, "%s  %s  %s  %s  %s\n", clockTime(e.At), e.Number, state, cause, e.Detail)
}
