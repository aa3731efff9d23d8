package main

import (
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"kioskd/daemon"
	"kioskd/face"
	"kioskd/store"
	"kioskd/watch/logs"
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
			// From here until the process is gone: one that comes while kioskd starts,
			// or finishes a vend, must not kill it.
			hangup := make(chan os.Signal, 1)
			signal.Notify(hangup, syscall.SIGHUP)
			c, err := load(file, errs)
			if err != nil {
				return err
			}
			if err := handOver(c.Screen.Driver); err != nil {
				return failed(err)
			}
			level := new(slog.LevelVar)
			level.Set(c.Log.Level)
			log := logs.Open(logs.Options{Target: c.Log.Target, Level: level, Errs: errs, Stream: os.Getenv("JOURNAL_STREAM")})
			defer log.Close()
			log.Info("kioskd starts", "version", version(), "machine", c.Machine.ID, "config", file)
			d := &daemon.Daemon{Config: c, File: file, Hangup: hangup, Level: level, Log: log.Logger, Lines: log, Face: face.New(log.Logger, windows()), Checker: selfCheck(), Version: version(), Drivers: known()}
			return failed(d.Run(cmd.Context()))
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
