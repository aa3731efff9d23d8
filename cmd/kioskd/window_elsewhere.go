//go:build nowindow

package main

import (
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"kioskd/configs"
	"kioskd/face"
	"kioskd/sale"
)

// windows are drawn by another program, which packages bring beside this one: the
// tables that Ebitengine makes as it is loaded would take every command twice as
// long as what it does.
func windows() face.Windows { return nil }

// windowed is kioskd with a window, from the folder of this program.
const windowed = "../lib/kioskd/kioskd"

// handOver goes on as the program that can draw a window, if the driver may want
// one. It returns if none is wanted, or with an error.
func handOver(d configs.ScreenDriver) error {
	if d == configs.ScreenNone || d == configs.ScreenTerminal {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	path := filepath.Join(filepath.Dir(self), windowed)
	if _, err := os.Stat(path); err != nil {
		return handOverFailed(path, err)
	}
	signal.Ignore(syscall.SIGHUP) // stays so until the other one listens
	return handOverFailed(path, syscall.Exec(path, os.Args, os.Environ()))
}

func handOverFailed(path string, err error) error {
	var inner *os.PathError
	if errors.As(err, &inner) {
		err = inner.Err
	}
	return &sale.Fault{
		Code: sale.CodeScreenDead, What: "this kioskd draws no window, and " + path + ", which does, cannot be started",
		Hint: "install the package again, or write screen.driver: none for a machine that has no screen", Err: err,
	}
}
