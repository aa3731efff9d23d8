package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"kioskd/configs"
	"kioskd/control"
)

func statusCommand(out io.Writer) *cobra.Command {
	var file string
	var asJSON bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Say in a few lines how the machine is",
		Long: `Say in a few lines how the machine is: whether it sells and if not, why; what it sold
today; which orders wait for a person. The exit code is 1 if it does not sell.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, err := configs.Locate(file)
			if err != nil {
				return failure{err, exitUsage}
			}
			var s control.Status
			err = control.Dial(at.Socket).Get(cmd.Context(), "/v1/status", nil, &s)
			if errors.Is(err, control.ErrNoDaemon) {
				err = fmt.Errorf("%w on %s: kioskd is not running; start it with: systemctl start kioskd", control.ErrNoDaemon, at.Socket)
			}
			if err != nil {
				return failed(err)
			}
			if err := show(out, asJSON, s, func(w io.Writer) { printStatus(w, s) }); err != nil {
				return failed(err)
			}
			if !s.Sale.Selling {
				return failure{nil, exitFailed}
			}
			return nil
		},
	}
	c.Flags().StringVar(&file, "config", defaultConfig, "the machine's config `FILE`")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printStatus(out io.Writer, s control.Status) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	row("machine", "%s %s", s.Machine.ID, s.Machine.Name)
	switch {
	case s.Sale.Selling:
		row("state", "selling; the screen shows %s", s.Sale.Scene)
	case s.Sale.Fault != "":
		row("state", "NOT SELLING: %s", s.Sale.Fault)
	default:
		row("state", "NOT SELLING; the screen shows %s", s.Sale.Scene)
	}
	controller := "answers"
	switch s.Silent {
	case "":
	case s.Sale.Fault:
		controller = string(s.Sale.Code) + ", see state"
	default:
		controller = s.Silent
	}
	row("controller", "%s", controller)
	row("today", "%s, %s yuan paid, %s yuan given back", counted(s.Today.Count, "sale"), s.Today.Paid, s.Today.Refunded)
	for _, o := range s.Sale.Open {
		row("open", "%s (slot %s) is %s: %s", o.Number, o.Slot, o.State, o.Cause)
	}
	switch n := len(s.Questions); {
	case n == 1:
		row("to settle", "order %s waits for a person: kioskd show %s", s.Questions[0], s.Questions[0].Tail())
	case n > 1:
		row("to settle", "%d orders wait for a person: kioskd orders --state attention --limit 0", n)
	}
	row("ledger", "%s, %s, %s free on its disk", counted(int(s.Store.Orders), "order"), mebibytes(uint64(s.Store.Size)), mebibytes(s.Free))
	row("running", "%s, version %s", s.Sale.Up, s.Version)
	w.Flush()
}

func mebibytes(n uint64) string {
	if n >= 10<<30 {
		return fmt.Sprintf("%d GiB", n>>30)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}
