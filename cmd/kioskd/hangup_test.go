package main

import (
	"context"
	"log/slog"
	"os"
	"syscall"
	"testing"
	"time"
)

// TestHangupWhileStopping: a SIGHUP that comes when the daemon has been told to
// stop, and finishes a vend, does not kill it, and the vend with it.
func TestHangupWhileStopping(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	d := &daemon{reload: aReloader(newFace(slog.New(slog.DiscardHandler)))}
	defer d.hangups(ctx)()
	stop()
	for range 3 {
		time.Sleep(20 * time.Millisecond)
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(50 * time.Millisecond)
}
