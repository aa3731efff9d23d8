package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"kioskd/export"
	"kioskd/sale"
	"kioskd/store"
)

func exportCommand(out io.Writer) *cobra.Command {
	var file, from, to, format, path string
	c := &cobra.Command{
		Use:   "export",
		Short: "Write the orders of some days as a table for a bookkeeper",
		Long: `Write the orders of some days, archived ones too, as a table: one row an order, the
oldest first, with the numbers under which the provider's bill has it, what was paid,
what went back and what is left. Days are those of Beijing, and both are in it.

csv is UTF-8 with amounts in yuan; xlsx has the same columns and a row of sums; json
has amounts in fen. Orders of a test vend, which nobody paid, are marked.`,
		Example: "  kioskd export --from 2026-10-01 --to 2026-10-31 --format xlsx -o october.xlsx",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := export.ParseFormat(format)
			if err != nil {
				return fmt.Errorf("--format %w", err)
			}
			d, err := parseDays(from, to, time.Now())
			if err != nil {
				return err
			}
			if f == export.XLSX && path == "" && isTerminal(os.Stdout) {
				return errors.New("xlsx is no text: write it to a file with -o FILE")
			}
			at, err := locate(file)
			if err != nil {
				return failure{err, exitUsage}
			}
			debug.SetGCPercent(400) // this process lives for a moment, and somebody waits
			return failed(saveTo(path, out, func(w io.Writer) error { return fetchExport(cmd.Context(), at, d, f, w) }))
		},
	}
	fl := c.Flags()
	fl.StringVar(&file, "config", defaultConfig, "the machine's config `FILE`")
	fl.StringVar(&from, "from", "", "first `DAY`, like 2026-10-01 (default: the first of this month)")
	fl.StringVar(&to, "to", "", "last `DAY` (default: today)")
	fl.StringVar(&format, "format", "csv", "csv, json or xlsx")
	fl.StringVarP(&path, "output", "o", "", "write to `FILE` instead of the terminal")
	complete(c, "format", "csv", "json", "xlsx")
	return c
}

// days are whole days of Beijing, as points in time.
type days struct{ from, until time.Time }

const dayLayout = time.DateOnly

func parseDay(s string, now time.Time) (time.Time, error) {
	switch s {
	case "today":
		s = now.In(beijing).Format(dayLayout)
	case "yesterday":
		s = now.In(beijing).AddDate(0, 0, -1).Format(dayLayout)
	}
	t, err := time.ParseInLocation(dayLayout, s, beijing)
	if err != nil || t.Year() < 2000 || t.Year() > 2099 {
		return t, fmt.Errorf("%q is no day: write it like 2026-10-01", s)
	}
	return t, nil
}

func parseDays(from, to string, now time.Time) (d days, err error) {
	today := now.In(beijing)
	if from == "" {
		from = today.Format("2006-01") + "-01"
	}
	if to == "" {
		to = "today"
	}
	if d.from, err = parseDay(from, now); err != nil {
		return d, fmt.Errorf("--from: %w", err)
	}
	if d.until, err = parseDay(to, now); err != nil {
		return d, fmt.Errorf("--to: %w", err)
	}
	if d.until.Before(d.from) {
		return d, fmt.Errorf("--to %s is before --from %s", to, from)
	}
	d.until = d.until.AddDate(0, 0, 1)
	return d, nil
}

// query is how the daemon is asked for them.
func (d days) query(f export.Format) url.Values {
	return url.Values{"from": {d.from.Format(dayLayout)}, "to": {d.until.AddDate(0, 0, -1).Format(dayLayout)}, "format": {string(f)}}
}

// fetchExport asks the daemon, or reads the ledger where none runs.
func fetchExport(ctx context.Context, at places, d days, f export.Format, w io.Writer) error {
	err := dial(at.socket).download(ctx, "/v1/export", d.query(f), w)
	if !errors.Is(err, errNoDaemon) {
		return err
	}
	return fromLedger(at, func(r *store.Reader) error { return export.Write(w, f, exported(ctx, r, at.ledger, d)) })
}

// exported yields the rows of some days: the archives' orders, then the
// ledger's.
func exported(ctx context.Context, r *store.Reader, path string, d days) iter.Seq2[export.Row, error] {
	return func(yield func(export.Row, error) bool) {
		before, err := r.Stats()
		if err != nil {
			yield(export.Row{}, err)
			return
		}
		var old []store.Archived
		for a, err := range store.OpenArchive(path).Orders(store.Filter{Since: d.from, Until: d.until}) {
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
			if err == nil && (seen[o.Number] || o.CreatedAt.Before(d.from) || !o.CreatedAt.Before(d.until)) {
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
func (c control) export(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	f, err := export.ParseFormat(q.Get("format"))
	d, e := parseDays(q.Get("from"), q.Get("to"), time.Now())
	if err = errors.Join(err, e); err != nil {
		refuse(w, http.StatusBadRequest, errors.New(strings.ReplaceAll(err.Error(), "\n", "; ")))
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(backupWithin))
	w.Header().Set("Content-Type", f.ContentType())
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", fmt.Sprintf("kioskd-%s-%s.%s", d.from.Format(dayLayout), d.until.AddDate(0, 0, -1).Format(dayLayout), f)))
	if err := export.Write(w, f, exported(r.Context(), &c.store.Reader, c.path, d)); err != nil {
		c.log.Warn("export", "error", err)
		panic(http.ErrAbortHandler)
	}
}

// saveTo writes to a file, which gets its name only when it is whole, or to out
// if no file is named. A device or a pipe is written to, and stays one.
func saveTo(path string, out io.Writer, write func(io.Writer) error) error {
	if path == "" {
		return write(out)
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	part, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	err = write(part)
	if e := part.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(part.Name(), path)
	}
	return err
}
