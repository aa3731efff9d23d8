package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"kioskd/configs"
	"kioskd/control"
	"kioskd/store"
)

func backupCommand(out io.Writer) *cobra.Command {
	var config string
	c := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the ledger to a file, while the daemon sells too",
		Long: `Copy the ledger to FILE, which must not exist. The copy is complete and
consistent, and is examined before it gets its name. It works beside a running
daemon and without one. The daemon also makes a copy of its own each day.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := configs.Locate(config)
			if err != nil {
				return failure{err, exitUsage}
			}
			if err := backUp(cmd.Context(), at, args[0]); err != nil {
				return failed(err)
			}
			_, err = fmt.Fprintf(out, "%s: a good copy of %s\n", args[0], at.Ledger)
			return err
		},
	}
	c.Flags().StringVar(&config, "config", defaultConfig, "the machine's config `FILE`")
	return c
}

func backUp(ctx context.Context, at configs.Places, file string) error {
	err := store.SaveBackup(ctx, file, selfCheck(), func(w io.Writer) error {
		return control.Dial(at.Socket).Download(ctx, "/v1/backup", nil, w)
	})
	if !errors.Is(err, control.ErrNoDaemon) {
		return err
	}
	return fromLedger(at, func(r *store.Reader) error {
		return store.SaveBackup(ctx, file, selfCheck(), r.Backup)
	})
}

func restoreCommand(out io.Writer) *cobra.Command {
	var config string
	var asJSON bool
	c := &cobra.Command{
		Use:   "restore [FILE]",
		Short: "Put a copy in the place of the ledger; the daemon must be stopped",
		Long: `Put the copy FILE in the place of the ledger; without FILE, the newest good copy
that the daemon made. Everything that the tape beside the ledger knows is played
onto it, so an old copy loses nothing as long as the tape is there.

The present ledger is kept under another name. Orders that may have gone on since
are marked: the daemon asks the payment provider about each before it sells, never
serves them, and leaves to a person what was paid. A damaged ledger is restored in
the same way by the daemon itself when it starts.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := configs.Locate(config)
			if err != nil {
				return failure{err, exitUsage}
			}
			from := ""
			if len(args) == 1 {
				from = args[0]
			}
			r, err := store.Restore(cmd.Context(), at.Ledger, from, store.Options{Copies: at.Copies, Checker: selfCheck()})
			if err != nil {
				return failed(err)
			}
			return show(out, asJSON, r, func(w io.Writer) { printRestored(w, at, r) })
		},
	}
	c.Flags().StringVar(&config, "config", defaultConfig, "the machine's config `FILE`")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printRestored(w io.Writer, at configs.Places, r store.Restored) {
	from := "the tape alone"
	if r.From != "" {
		from = r.From
	}
	fmt.Fprintf(w, "%s: restored from %s\n", at.Ledger, from)
	fmt.Fprintf(w, "  %s played from the tape\n", counted(r.Entries, "journal line"))
	if r.Kept != "" {
		fmt.Fprintf(w, "  the ledger of before is kept as %s\n", r.Kept)
	}
	if len(r.Doubtful) == 0 {
		fmt.Fprintln(w, "  nothing is in doubt: start the daemon")
		return
	}
	fmt.Fprintf(w, "  %s in doubt: start the daemon, it asks the provider about them before it sells\n", counted(len(r.Doubtful), "order"))
	for _, n := range r.Doubtful {
		fmt.Fprintf(w, "    %s\n", n)
	}
}
