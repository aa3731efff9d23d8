package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// packaged builds the kioskd for the terminal as packages bring it. In place of
// the whole one stands a script.
func packaged(t *testing.T, whole string) (path string) {
	t.Helper()
	dir := t.TempDir()
	path = filepath.Join(dir, "bin", "kioskd")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-tags", "commands", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lib := filepath.Join(dir, "lib", "kioskd")
	if err := os.MkdirAll(lib, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(lib, "kioskd"), []byte("#!/bin/sh\n"+whole+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestHandOverOfHangup: only the daemon takes a hang-up for a wish to reload. A
// demo ends with its terminal, whichever kioskd began it.
func TestHandOverOfHangup(t *testing.T) {
	kioskd := packaged(t, `kill -HUP $$; echo "goes on with $*"`)
	for _, c := range []struct{ args, want string }{
		{"run --config kioskd.yaml", "goes on with run --config kioskd.yaml\n"},
		{"demo --screen none", ""},
		{"export --format xlsx --config kioskd.yaml", ""},
	} {
		cmd := exec.CommandContext(t.Context(), kioskd, strings.Fields(c.args)...)
		cmd.Dir = t.TempDir()
		if err := os.Symlink(configFile(t), filepath.Join(cmd.Dir, "kioskd.yaml")); err != nil {
			t.Fatal(err)
		}
		out, err := cmd.Output()
		if string(out) != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v; want %q", c.args, out, err, c.want)
		}
	}
}

func configFile(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../../configs/kioskd.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestHandOverOfStop: who is told to stop while one kioskd goes on as the other
// stops.
func TestHandOverOfStop(t *testing.T) {
	kioskd := packaged(t, "exec sleep 1000")
	for after := time.Duration(0); after < 40*time.Millisecond; after += 500 * time.Microsecond {
		cmd := exec.CommandContext(t.Context(), kioskd, "run")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(after) // each time at another moment
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
			t.Fatalf("SIGTERM %s after the start is lost", after)
		}
	}
}
