package device

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"go.bug.st/serial"
)

// conn is one opening of a port: the library's side for reading and our own
// descriptor for writing and the lock.
type conn struct {
	file *os.File

	reading sync.Mutex // held in a read, so that close cannot come between
	port    serial.Port
	closed  bool
}

// maxDescriptor: the library waits with select(2) and panics from 1024 on. It
// takes three descriptors after ours.
const maxDescriptor = 1000

var (
	errLocked      = errors.New("another process holds the lock on it")
	errDescriptors = errors.New("this process has too many open files to wait for a serial port")
)

func dial(cfg Config) (*conn, error) {
	// Both descriptors must be of one device, even if a link moves meanwhile.
	path, err := filepath.EvalSymlinks(cfg.Path)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if err := lock(file); err != nil {
		file.Close()
		return nil, err
	}
	port, err := serial.Open(path, &serial.Mode{BaudRate: cfg.Baud, DataBits: 8, Parity: cfg.Parity, StopBits: cfg.StopBits})
	if err != nil {
		file.Close()
		return nil, err
	}
	c := &conn{file: file, port: port}
	if err := c.prepare(cfg); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// lock takes the lock and refuses what is no device that can be waited for.
func lock(file *os.File) error {
	if err := file.SetWriteDeadline(time.Time{}); err != nil {
		return fmt.Errorf("not a serial port: %w", err)
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var locked error
	err = raw.Control(func(fd uintptr) {
		if fd > maxDescriptor {
			locked = errDescriptors
			return
		}
		locked = syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB)
	})
	if errors.Is(locked, syscall.EWOULDBLOCK) {
		locked = errLocked
	}
	return errors.Join(err, locked)
}

// prepare sets the control lines that are configured and throws away what came
// before anybody listened.
func (c *conn) prepare(cfg Config) error {
	set := func(do func(bool) error, to *bool) error {
		if to == nil {
			return nil
		}
		if err := do(*to); err != nil && !errors.Is(err, syscall.ENOTTY) {
			return fmt.Errorf("set a control line: %w", err)
		}
		return nil
	}
	if err := errors.Join(set(c.port.SetDTR, cfg.DTR), set(c.port.SetRTS, cfg.RTS)); err != nil {
		return err
	}
	if err := c.port.ResetInputBuffer(); err != nil && !errors.Is(err, syscall.ENOTTY) {
		return fmt.Errorf("empty the input buffer: %w", err)
	}
	return nil
}

// read waits at most wait; 0 and nil mean that nothing came.
func (c *conn) read(p []byte, wait time.Duration) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.closed {
		return 0, errGone
	}
	if err := c.port.SetReadTimeout(wait); err != nil {
		return 0, err
	}
	return c.port.Read(p)
}

func (c *conn) write(p []byte) (int, error) {
	if err := c.file.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return 0, err
	}
	return c.file.Write(p)
}

// close ends a write at once and waits for a read. The lock goes last: who
// gets it finds a port that nobody reads.
func (c *conn) close() {
	c.file.SetWriteDeadline(time.Unix(1, 0))
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.closed {
		return
	}
	c.closed = true
	c.port.Close()
	c.file.Close()
}
