//go:build !commands

package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"kioskd/daemon"
	"kioskd/export"
	"kioskd/export/sheet"
	"kioskd/face"
	"kioskd/watch/logs"
)

// elsewhere reports whether a command goes on as another program: here none does.
func elsewhere(*cobra.Command) bool { return false }

// sell is kioskd run.
func sell(ctx context.Context, file string, errs io.Writer) error {
	// From here until the process is gone: one that comes while kioskd starts,
	// or finishes a vend, must not kill it.
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	c, err := load(file, errs)
	if err != nil {
		return err
	}
	level := new(slog.LevelVar)
	level.Set(c.Log.Level)
	log := logs.Open(logs.Options{Target: c.Log.Target, Level: level, Errs: errs, Stream: os.Getenv("JOURNAL_STREAM")})
	defer log.Close()
	log.Info("kioskd starts", "version", version(), "machine", c.Machine.ID, "config", file)
	d := &daemon.Daemon{Config: c, File: file, Hangup: hangup, Level: level, Log: log.Logger, Lines: log, Face: face.New(log.Logger, windows()), Sheet: sheet.Write, Checker: selfCheck(), Version: version(), Drivers: known()}
	return failed(d.Run(ctx))
}

// sheets writes XLSX.
func sheets() (export.Writer, error) { return sheet.Write, nil }
