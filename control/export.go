package control

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"kioskd/clock"
	"kioskd/export"
	"kioskd/sale"
	"kioskd/store"
)

// Days are whole days of Beijing, as points in time. Until is the end of the last.
type Days struct{ From, Until time.Time }

const dayLayout = time.DateOnly

func parseDay(s string, now time.Time) (time.Time, error) {
	switch s {
	case "today":
		s = now.In(clock.Beijing).Format(dayLayout)
	case "yesterday":
		s = now.In(clock.Beijing).AddDate(0, 0, -1).Format(dayLayout)
	}
	t, err := time.ParseInLocation(dayLayout, s, clock.Beijing)
	if err != nil || t.Year() < 2000 || t.Year() > 2099 {
		return t, fmt.Errorf("%q is no day: write it like 2026-10-01", s)
	}
	return t, nil
}

// ParseDays reads the first and the last day: "today", "yesterday", or one like
// 2026-10-01. Empty, they are the first of this month and today.
func ParseDays(from, to string, now time.Time) (d Days, err error) {
	today := now.In(clock.Beijing)
	if from == "" {
		from = today.Format("2006-01") + "-01"
	}
	if to == "" {
		to = "today"
	}
	if d.From, err = parseDay(from, now); err != nil {
		return d, fmt.Errorf("--from: %w", err)
	}
	if d.Until, err = parseDay(to, now); err != nil {
		return d, fmt.Errorf("--to: %w", err)
	}
	if d.Until.Before(d.From) {
		return d, fmt.Errorf("--to %s is before --from %s", to, from)
	}
	d.Until = d.Until.AddDate(0, 0, 1)
	return d, nil
}

// Query is how the daemon is asked for them.
func (d Days) Query(f export.Format) url.Values {
	return url.Values{"from": {d.From.Format(dayLayout)}, "to": {d.Until.AddDate(0, 0, -1).Format(dayLayout)}, "format": {string(f)}}
}

// Exported yields the rows of some days: the archives' orders, then the
// ledger's.
func Exported(ctx context.Context, r *store.Reader, path string, d Days) iter.Seq2[export.Row, error] {
	return func(yield func(export.Row, error) bool) {
		before, err := r.Stats()
		if err != nil {
			yield(export.Row{}, err)
			return
		}
		var old []store.Archived
		for a, err := range store.OpenArchive(path).Orders(store.Filter{Since: d.From, Until: d.Until}) {
			if err != nil {
				yield(export.Row{}, err)
				return
			}
			a.Journal, a.Order.Request = nil, nil
			old = append(old, a)
		}
		slices.Reverse(old)
		seen := map[sale.Number]bool{}
		for _, a := range old {
			seen[a.Order.Number] = true
			if !yield(export.RowOf(a.Order), nil) {
				return
			}
		}
		for o, err := range inHand(ctx, r) {
			// A process that ends while it archives leaves orders in both.
			if err == nil && (seen[o.Number] || o.CreatedAt.Before(d.From) || !o.CreatedAt.Before(d.Until)) {
				continue
			}
			if !yield(export.RowOf(o), err) || err != nil {
				return
			}
		}
		if now, err := r.Stats(); err != nil || now.Archived != before.Archived {
			yield(export.Row{}, errors.Join(err, errors.New("orders were archived meanwhile: run it again")))
		}
	}
}

// inHand yields the orders of the ledger, the oldest first, page by page: a slow
// reader must not hold its pages. The next page is read while one is written.
func inHand(ctx context.Context, r *store.Reader) iter.Seq2[sale.Order, error] {
	return func(yield func(sale.Order, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		pages := make(chan page)
		var reader sync.WaitGroup
		reader.Go(func() { readPages(ctx, r, pages) })
		defer reader.Wait()
		defer stop()
		for p := range pages {
			if p.err != nil {
				yield(sale.Order{}, p.err)
				return
			}
			for _, o := range p.orders {
				if !yield(o, nil) {
					return
				}
			}
		}
		if err := ctx.Err(); err != nil {
			yield(sale.Order{}, err)
		}
	}
}

type page struct {
	orders []sale.Order
	err    error
}

// readPages sends every page, then closes the channel; an error is the last.
func readPages(ctx context.Context, r *store.Reader, pages chan<- page) {
	defer close(pages)
	for after := uint64(0); ; {
		orders, err := r.Page(after, 500)
		if err == nil && len(orders) == 0 {
			return
		}
		select {
		case pages <- page{orders, err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
		after = orders[len(orders)-1].Seq
	}
}

// export is for GET /v1/export. A file that could not be finished ends in a
// broken connection, never in a short file that looks whole.
func (c Server) export(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	f, err := export.ParseFormat(q.Get("format"))
	d, e := ParseDays(q.Get("from"), q.Get("to"), time.Now())
	if err = errors.Join(err, e); err != nil {
		refuse(w, http.StatusBadRequest, errors.New(strings.ReplaceAll(err.Error(), "\n", "; ")))
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(backupWithin))
	w.Header().Set("Content-Type", f.ContentType())
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", fmt.Sprintf("kioskd-%s-%s.%s", d.From.Format(dayLayout), d.Until.AddDate(0, 0, -1).Format(dayLayout), f)))
	if err := export.Write(w, f, Exported(r.Context(), &c.store.Reader, c.path, d), c.sheet); err != nil {
		c.log.Warn("export", "error", err)
		panic(http.ErrAbortHandler)
	}
}
