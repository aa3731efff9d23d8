//go:build !commands

package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"

	"kioskd/pin"
)

func (d *demo) file() string { return filepath.Join(d.dir, "kioskd.yaml") }

// panel makes a PIN for this run and returns the section of the config that
// opens the panel. Port 0 is any that is free.
func (d *demo) panel() (section string, err error) {
	at := d.flags.panel
	if at == "" {
		return "", nil
	}
	if host, port, _ := net.SplitHostPort(at); port == "0" {
		l, err := net.Listen("tcp", net.JoinHostPort(host, port))
		if err != nil {
			return "", fmt.Errorf("a port for the panel: %w", err)
		}
		at = l.Addr().String()
		if err := l.Close(); err != nil {
			return "", err
		}
	}
	for d.pin = "0"; pin.Weakness(d.pin) != ""; {
		d.pin = fmt.Sprintf("%06d", rand.N(1_000_000))
	}
	return fmt.Sprintf("service: {pin: pin.txt, panel: %q}\n", at), os.WriteFile(filepath.Join(d.dir, "pin.txt"), []byte(d.pin), 0o600)
}

// tellPanel says once where the panel is.
func (d *demo) tellPanel(out io.Writer) func(net.Addr) {
	var once sync.Once
	return func(at net.Addr) {
		once.Do(func() {
			fmt.Fprintf(out, "kioskd demo: open http://%s/ for the technician's panel, PIN %s\n", at, d.pin)
		})
	}
}
