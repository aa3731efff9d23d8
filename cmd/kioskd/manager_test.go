package main

import (
	"errors"
	"net"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// manager is a service manager with a watchdog of one second, which writes what
// it is told into a file: "manager FILE".
func manager(ts *testscript.TestScript, _ bool, args []string) {
	socket := ts.MkAbs(args[0] + ".socket")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	ts.Check(err)
	told, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 4096)
		for {
			n, err := l.Read(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			told.WriteString(strings.ReplaceAll(string(buf[:n]), "\n", " ") + "\n")
		}
	}()
	ts.Defer(func() { l.Close(); <-done; told.Close() })
	ts.Setenv("NOTIFY_SOCKET", socket)
	ts.Setenv("WATCHDOG_USEC", "1000000")
}
