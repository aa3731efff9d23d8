package control

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kioskd/sale"
	"kioskd/store"
)

// Query is which orders are wanted, as it is typed and as it is sent.
type Query struct {
	Day, States string
	Slot, Limit int
}

// StateOpen stands for every state in which an order has work to do.
const StateOpen = "open"

func parseQuery(v url.Values) (q Query, err error) {
	q.Day, q.States = v.Get("day"), v.Get("state")
	if q.Limit, err = strconv.Atoi(cmp.Or(v.Get("limit"), "20")); err != nil {
		return q, errors.New("limit is a number, 0 for all")
	}
	if q.Slot, err = strconv.Atoi(cmp.Or(v.Get("slot"), "0")); err != nil {
		return q, errors.New("slot is a number, 0 for all")
	}
	return q, nil
}

// Values is how the daemon is asked for them.
func (q Query) Values() url.Values {
	return url.Values{"day": {q.Day}, "state": {q.States}, "slot": {strconv.Itoa(q.Slot)}, "limit": {strconv.Itoa(q.Limit)}}
}

// Filter checks what was typed.
func (q Query) Filter(now time.Time) (f store.Filter, err error) {
	if q.Limit < 0 {
		return f, errors.New("limit is a number, 0 for all")
	}
	if q.Slot < 0 {
		return f, errors.New("slot is a number, 0 for all")
	}
	f.Limit, f.Slot = q.Limit, sale.Slot(q.Slot)
	if q.Day != "" {
		if f.Since, err = parseDay(q.Day, now); err != nil {
			return f, fmt.Errorf("day: %w", err)
		}
		f.Until = f.Since.AddDate(0, 0, 1)
	}
	if q.States == "" {
		return f, nil
	}
	for _, name := range strings.Split(q.States, ",") {
		switch s := sale.State(strings.ReplaceAll(strings.TrimSpace(name), "-", "_")); {
		case s == StateOpen:
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
