package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"kioskd/configs"
	"kioskd/control"
	"kioskd/display/terminal"
	"kioskd/export"
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
			d, err := control.ParseDays(from, to, time.Now())
			if err != nil {
				return err
			}
			if f == export.XLSX && path == "" && terminal.Is(os.Stdout) {
				return errors.New("xlsx is no text: write it to a file with -o FILE")
			}
			at, err := configs.Locate(file)
			if err != nil {
				return failure{err, exitUsage}
			}
			var sheet export.Writer
			if f == export.XLSX {
				if sheet, err = sheets(); err != nil {
					return err
				}
			}
			debug.SetGCPercent(400) // this process lives for a moment, and somebody waits
			return failed(saveTo(path, out, func(w io.Writer) error { return fetchExport(cmd.Context(), at, d, f, sheet, w) }))
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

// fetchExport asks the daemon, or reads the ledger where none runs.
func fetchExport(ctx context.Context, at configs.Places, d control.Days, f export.Format, sheet export.Writer, w io.Writer) error {
	err := control.Dial(at.Socket).Download(ctx, "/v1/export", d.Query(f), w)
	if !errors.Is(err, control.ErrNoDaemon) {
		return err
	}
	return fromLedger(at, func(r *store.Reader) error { return export.Write(w, f, control.Exported(ctx, r, at.Ledger, d), sheet) })
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
