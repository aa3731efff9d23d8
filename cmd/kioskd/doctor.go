package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"kioskd/doctor"
)

func doctorCommand(out io.Writer) *cobra.Command {
	var asJSON bool
	var root string
	c := &cobra.Command{
		Use:   "doctor [FILE]",
		Short: "Look at everything a sale needs, and say what to do",
		Long: `Look at everything a sale needs: config, keys, clock, network, merchant, controller,
slots, ledger, disk, screen and service. One line a check: ✓ good, ✗ wrong,
! somebody should look, - not looked at. Behind → stands what to do. It takes at
most 10 seconds, and changes nothing: no motor turns, nothing is ordered. WeChat Pay
is asked about an order number that cannot exist.

FILE is the machine's config, ` + defaultConfig + ` if none is named. Run it as root
or as the user that runs kioskd: others may not read the keys. While a daemon runs,
it is asked about controller and ledger. Without one the controller's port is
opened, which resets some boards.

Exit codes: 0 nothing is ✗, 1 something is, 2 wrong command line.`,
		Example: "  kioskd doctor\n  kioskd doctor kioskd.yaml --json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := defaultConfig
			if len(args) == 1 {
				file = args[0]
			}
			found := doctor.Examine(cmd.Context(), doctor.Options{File: file, Root: root, Drivers: known(), Checker: selfCheck()})
			if err := cmd.Context().Err(); err != nil {
				return failed(err)
			}
			err := show(out, asJSON, found, func(w io.Writer) {
				for _, f := range found {
					fmt.Fprintln(w, f)
				}
			})
			if err != nil {
				return failed(err)
			}
			if slices.ContainsFunc(found, func(f doctor.Finding) bool { return f.State == doctor.Bad }) {
				return failure{nil, exitFailed}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().StringVar(&root, "root", "/", "where the system's files stand")
	_ = c.Flags().MarkHidden("root") // for tests
	return c
}
