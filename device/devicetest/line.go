package devicetest

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// line is one pseudo terminal with its reader. The cabinet holds the master
// and keeps a descriptor of the slave: without it the terminal would hang up
// when a daemon dies.
type line struct {
	master *os.File
	slave  *os.File
	path   string
	done   chan struct{}
	reader sync.WaitGroup
}

// heard is something the reader took off a line.
type heard struct {
	line  *line
	frame frame
	at    time.Time // first byte
	bad   bool      // bytes that were no frame
}

func openLine(rx chan<- heard) (*line, error) {
	l, err := openTerminal()
	if err == nil {
		l.reader.Go(func() { l.read(rx) })
	}
	return l, err
}

// openTerminal makes a line that nobody reads.
func openTerminal() (*line, error) {
	m, s, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("open a pseudo terminal: %w", err)
	}
	if err := raw(int(s.Fd())); err != nil {
		m.Close()
		s.Close()
		return nil, fmt.Errorf("set %s to raw mode: %w", s.Name(), err)
	}
	master, err := pollable(m)
	m.Close()
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("open a pseudo terminal: %w", err)
	}
	return &line{master: master, slave: s, path: s.Name(), done: make(chan struct{})}, nil
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

func (l *line) read(rx chan<- heard) {
	var s scanner
	buf := make([]byte, 4096)
	pass := func(h heard) {
		h.line = l
		select {
		case rx <- h:
		case <-l.done:
		}
	}
	for {
		n, err := l.master.Read(buf)
		if err != nil {
			return
		}
		s.feed(buf[:n], time.Now(),
			func(f frame, at time.Time) { pass(heard{frame: f, at: at}) },
			func() { pass(heard{bad: true, at: time.Now()}) })
	}
}

// close hangs the terminal up, as a pulled cable does, and waits for the reader.
func (l *line) close() {
	close(l.done)
	l.master.Close()
	l.slave.Close()
	l.reader.Wait()
}

// write never blocks for long: what nobody takes off the line is lost.
func (l *line) write(b []byte) {
	l.master.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
	l.master.Write(b)
}

// admit clears the exclusive mode that a killed client leaves on the terminal.
// A real port loses it with its last descriptor; this one has another: ours.
func (l *line) admit() {
	unix.IoctlSetInt(int(l.slave.Fd()), unix.TIOCNXCL, 0)
}

// discard throws away what no client has read, as a wire would.
func (l *line) discard() {
	unix.IoctlSetInt(int(l.slave.Fd()), unix.TCFLSH, unix.TCIFLUSH)
}

// drain waits, but not for long, until the client has read everything: a
// hang-up takes away what is still in the terminal's buffer.
func (l *line) drain() {
	for range 40 {
		time.Sleep(5 * time.Millisecond)
		if n, err := unix.IoctlGetInt(int(l.slave.Fd()), unix.TIOCINQ); err != nil || n == 0 {
			return
		}
	}
}

// publish points the link at path in one step.
func publish(link, path string) error {
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
