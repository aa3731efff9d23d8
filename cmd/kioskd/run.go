package main

import (
	"io"

	"github.com/spf13/cobra"

	"kioskd/store"
)

func runCommand(errs io.Writer) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "run",
		Short: "Sell until told to stop",
		Long: `Sell until told to stop. SIGHUP takes on the changed config, see kioskd reload.
SIGTERM and SIGINT finish the vend under way; every other open order is taken up at
the next start. A non-zero exit asks the supervisor to start it again.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return sell(cmd.Context(), file, errs)
		},
	}
	c.Flags().StringVar(&file, "config", defaultConfig, "the machine's config `FILE`")
	return c
}

const checkStoreName = "check-store"

// checkStoreCommand is what the daemon starts as a child: a damaged ledger can
// kill the process that reads it.
func checkStoreCommand(out io.Writer) *cobra.Command {
	return &cobra.Command{
		Use:    checkStoreName + " FILE",
		Short:  "Examine a ledger file",
		Args:   cobra.ExactArgs(1),
		Hidden: true,
		RunE: func(_ *cobra.Command, args []string) error {
			if code := store.CheckCommand(args[0], out); code != exitOK {
				return failure{nil, code}
			}
			return nil
		},
	}
}
