//go:build commands

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"kioskd/export"
)

// Packages bring kioskd twice. This one is for the terminal: what it leaves out
// would take every command twice as long to load as what it does. It goes on as
// the whole one where that is needed.

// whole is the other one, from the folder of this.
const whole = "../lib/kioskd/kioskd"

// elsewhere reports whether a command goes on as the whole one.
func elsewhere(c *cobra.Command) bool {
	switch c.Name() {
	case "run", "demo":
		return true
	case "export":
		return c.Flag("format").Value.String() == string(export.XLSX)
	}
	return false
}

func sell(context.Context, string, io.Writer) error {
	signal.Ignore(syscall.SIGHUP) // stays so until the other one listens
	defer signal.Reset(syscall.SIGHUP)
	return handOver()
}

func runDemo(context.Context, demoFlags, io.Writer, io.Writer) error { return handOver() }

func sheets() (export.Writer, error) { return nil, handOver() }

// handOver goes on as the whole kioskd, in the same process, with the same
// arguments. It returns only if it could not.
func handOver() error {
	self, err := os.Executable()
	if err != nil {
		return failed(err)
	}
	path := filepath.Join(filepath.Dir(self), whole)
	err = syscall.Exec(path, os.Args, os.Environ())
	return failed(fmt.Errorf("%s, a part of kioskd, cannot be started: %w (install the package again)", path, err))
}
