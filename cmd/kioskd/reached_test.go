package main

import (
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"
	"testing"
)

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
		{syscall.ENOENT, "no daemon answers on /run/kioskd/kioskd.sock: no such file or directory", errNoDaemon},
		{syscall.ECONNREFUSED, "no daemon answers on /run/kioskd/kioskd.sock: connection refused", errNoDaemon},
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
	if err := dial(missing).get(t.Context(), "/v1/status", nil, nil); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
