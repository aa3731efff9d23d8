package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// portLink is the path of a simulated serial port while this program has it.
type portLink struct {
	path string
	held net.Listener
}

// claim makes sure that nothing of somebody else's is at the path: only a link
// that a cabinet left behind may be there.
func claim(path string) (*portLink, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(abs), 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of the port: %w", err)
	}
	switch info, err := os.Lstat(abs); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("look at the port: %w", err)
	case info.Mode()&fs.ModeSymlink == 0:
		return nil, notOurs(path)
	default:
		if to, err := os.Readlink(abs); err != nil || !strings.HasPrefix(to, "/dev/pts/") {
			return nil, notOurs(path)
		}
	}
	// A name without a file: the kernel frees it however the program ends.
	held, err := net.Listen("unix", fmt.Sprintf("@kiosk-sim-%x", sha256.Sum256([]byte(abs))))
	if err != nil {
		return nil, fmt.Errorf("--link %s: another kiosk-sim cabinet is running there: choose another path, or stop it", path)
	}
	return &portLink{path: abs, held: held}, nil
}

func notOurs(path string) error {
	return fmt.Errorf("--link %s: something is there that no kiosk-sim cabinet made: choose another path, or remove it", path)
}

func (l *portLink) release() { _ = l.held.Close() }

// shellWord writes a path so that it can be pasted into a shell.
func shellWord(path string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+=:@%", r) || r > 127
	}
	if path != "" && strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
