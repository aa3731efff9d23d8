package devicetest

import (
	"fmt"
	"os"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// Terminal is a pseudo terminal in raw mode: the serial line of a simulated
// board, which holds its master. It keeps a descriptor of the slave, too:
// without it the terminal would hang up when a daemon dies.
type Terminal struct {
	master, slave *os.File
}

// OpenTerminal makes one. Close it.
func OpenTerminal() (*Terminal, error) {
	m, s, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("open a pseudo terminal: %w", err)
	}
	defer m.Close()
	if err := raw(int(s.Fd())); err != nil {
		s.Close()
		return nil, fmt.Errorf("set %s to raw mode: %w", s.Name(), err)
	}
	master, err := pollable(m)
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("open a pseudo terminal: %w", err)
	}
	return &Terminal{master, s}, nil
}

// pollable duplicates the master in non-blocking mode. pty.Open leaves it
// blocking, and then Close would wait for a Read that nobody ends.
func pollable(m *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(m.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), m.Name()), nil
}

// raw switches off echo and all translation, before any client opens the
// slave: an echo would look like a host that talks back.
func raw(fd int) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.B57600
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(fd, unix.TCSETS, t)
}

// Path is what a client opens.
func (t *Terminal) Path() string { return t.slave.Name() }

// Read takes what the client wrote. It ends with an error after Close.
func (t *Terminal) Read(p []byte) (int, error) { return t.master.Read(p) }

// Send never blocks for long: what nobody takes off the line is lost.
func (t *Terminal) Send(b []byte) {
	t.master.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
	t.master.Write(b)
}

// Close hangs up, as a pulled cable does.
func (t *Terminal) Close() {
	t.master.Close()
	t.slave.Close()
}

// Admit clears the exclusive mode that a killed client leaves on the terminal.
// A real port loses it with its last descriptor; this one has another: ours.
func (t *Terminal) Admit() { unix.IoctlSetInt(int(t.slave.Fd()), unix.TIOCNXCL, 0) }

// Discard throws away what no client has read, as a wire would.
func (t *Terminal) Discard() { unix.IoctlSetInt(int(t.slave.Fd()), unix.TCFLSH, unix.TCIFLUSH) }

// Drain waits, but not for long, until the client has read everything: a
// hang-up takes away what is still in the terminal's buffer.
func (t *Terminal) Drain() {
	for range 40 {
		time.Sleep(5 * time.Millisecond)
		if n, err := unix.IoctlGetInt(int(t.slave.Fd()), unix.TIOCINQ); err != nil || n == 0 {
			return
		}
	}
}

// Publish points the link at path in one step.
func Publish(link, path string) error {
	if fi, err := os.Lstat(link); err == nil && fi.Mode()&os.ModeSymlink == 0 {
		return fmt.Errorf("link the cabinet's port: %s exists and is not a symbolic link", link)
	}
	next := link + ".new"
	os.Remove(next)
	if err := os.Symlink(path, next); err != nil {
		return fmt.Errorf("link the cabinet's port: %w", err)
	}
	if err := os.Rename(next, link); err != nil {
		return fmt.Errorf("link the cabinet's port: %w", err)
	}
	return nil
}
