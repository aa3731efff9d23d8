package control

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// TestNotAllowed: who may not open the socket is told what to do. Root, who may
// open everything, is somebody else for a moment.
func TestNotAllowed(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "k.sock")
	l, err := listenUnix(socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := os.Chmod(socket, 0); err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread()
	if os.Geteuid() == 0 {
		if err := syscall.Setfsuid(65534); err != nil {
			t.Fatal(err)
		}
		defer syscall.Setfsuid(0)
	}
	_, err = net.Dial("unix", socket)
	want := "this user may not use " + socket + ": put sudo before the command"
	if err := notReached(socket, err); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// TestNotReached: a socket that does not answer says what to do, and nothing of
// an address that nobody has typed.
func TestNotReached(t *testing.T) {
	const socket = "/run/kioskd/kioskd.sock"
	for _, c := range []struct {
		err  error
		want string
		is   error
	}{
		{syscall.EACCES, "this user may not use /run/kioskd/kioskd.sock: put sudo before the command", fs.ErrPermission},
		{syscall.ENOENT, "no daemon answers on /run/kioskd/kioskd.sock: no such file or directory", ErrNoDaemon},
		{syscall.ECONNREFUSED, "no daemon answers on /run/kioskd/kioskd.sock: connection refused", ErrNoDaemon},
		{syscall.EMFILE, "too many open files", syscall.EMFILE},
	} {
		if err := notReached(socket, c.err); err == nil || err.Error() != c.want || !errors.Is(err, c.is) {
			t.Errorf("%v: got %q, want %q", c.err, err, c.want)
		}
	}
	if err := notReached(socket, nil); err != nil {
		t.Errorf("no error became %v", err)
	}

	missing := filepath.Join(t.TempDir(), "kioskd.sock")
	want := "no daemon answers on " + missing + ": dial unix " + missing + ": connect: no such file or directory"
	if err := Dial(missing).Get(t.Context(), "/v1/status", nil, nil); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
