package device

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"go.bug.st/serial"

	"kioskd/sale"
)

// Config says which port and how. Eight data bits, no flow control.
type Config struct {
	// Path is opened anew after each loss, so it should name the adapter and
	// not the order of plugging: /dev/serial/by-id/...
	Path     string
	Baud     int             // bits per second
	Parity   serial.Parity   // default none
	StopBits serial.StopBits // default one
	// DTR and RTS are set after opening. nil leaves them as the port's driver
	// has them. Linux raises both for a moment at every opening. A port
	// without these lines ignores them.
	DTR, RTS *bool
	Log      *slog.Logger // nil logs nothing
}

const (
	// readSlice bounds how long one read of the library lasts, and so how long
	// Close waits for it.
	readSlice   = 100 * time.Millisecond
	writeWithin = time.Second
	firstRetry  = 100 * time.Millisecond
	lastRetry   = time.Second
)

// Line is a serial port that comes back by itself. One goroutine may call
// Read, which is also where the port is opened; all other methods may be
// called by any. A Line has no goroutine of its own.
type Line struct {
	cfg  Config
	log  *slog.Logger
	done chan struct{}

	mu      sync.Mutex
	conn    *conn       // nil while there is no port
	fault   *sale.Fault // why, not nil while conn is
	session int
	closed  bool
	tries   int // openings since a byte came
	next    time.Time
}

// Open makes a Line. It touches no port: the first Read opens it.
func Open(c Config) *Line {
	l := &Line{cfg: c, log: c.Log, done: make(chan struct{})}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	l.log = l.log.With("port", c.Path)
	l.fault = &sale.Fault{Code: sale.CodeSerialMissing, What: "the port " + c.Path + " is not open yet"}
	return l
}

// Read waits for bytes for at most the time given and returns what is there.
// 0 and nil mean that none came. While the port is not there Read tries to
// open it and returns, after the time given, the *sale.Fault that keeps it
// from doing so. After an error the next bytes belong to another Session.
func (l *Line) Read(p []byte, wait time.Duration) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	end := time.Now().Add(wait)
	c, err := l.connect(end)
	if err != nil {
		return 0, err
	}
	for {
		n, err := c.read(p, max(0, min(readSlice, time.Until(end))))
		switch {
		case err != nil:
			l.drop(c, lost(l.cfg.Path, err))
			return 0, l.Err()
		case n > 0:
			l.mu.Lock()
			l.tries = 0
			l.mu.Unlock()
			return n, nil
		case !time.Now().Before(end):
			return 0, nil
		}
	}
}

// Write writes all of p within a second, or gives the port up. n is how many
// bytes were handed to the system; these may still leave. The error is a
// *sale.Fault.
func (l *Line) Write(p []byte) (n int, err error) {
	l.mu.Lock()
	c := l.conn
	l.mu.Unlock()
	if c == nil {
		return 0, l.Err()
	}
	if n, err = c.write(p); err != nil {
		f := lost(l.cfg.Path, fmt.Errorf("write %d bytes: %w", len(p), err))
		l.drop(c, f)
		return n, f
	}
	return n, nil
}

// Session counts the openings so far. Bytes of different sessions do not
// belong together.
func (l *Line) Session() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.session
}

// Err is nil while the port is open, else the *sale.Fault that says why not.
// It does no I/O.
func (l *Line) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		return nil
	}
	return l.fault
}

// Reopen closes the port; the next Read opens it anew. Until then Err is why.
func (l *Line) Reopen(why *sale.Fault) {
	l.mu.Lock()
	c := l.conn
	l.mu.Unlock()
	if c != nil {
		l.drop(c, why)
	}
}

// Close closes the port for good and ends a Read in progress. It may be called
// more than once and always returns nil.
func (l *Line) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	close(l.done)
	c := l.conn
	l.conn = nil
	l.fault = &sale.Fault{Code: sale.CodeSerialOther, What: "the port " + l.cfg.Path + " was closed by this program", Err: os.ErrClosed}
	l.mu.Unlock()
	if c != nil {
		c.close()
	}
	return nil
}

// connect returns the open port, opening it if it is time to, and waits for
// that time at most until end.
func (l *Line) connect(end time.Time) (*conn, error) {
	for {
		l.mu.Lock()
		c, closed, next := l.conn, l.closed, l.next
		l.mu.Unlock()
		switch {
		case c != nil:
			return c, nil
		case closed:
			return nil, l.Err()
		}
		if !time.Now().Before(next) {
			l.try()
			continue
		}
		pause := min(time.Until(next), time.Until(end))
		select {
		case <-time.After(max(0, pause)):
		case <-l.done:
		}
		if next.After(end) {
			return nil, l.Err()
		}
	}
}

// try opens the port once and settles when the next attempt may be.
func (l *Line) try() {
	c, err := dial(l.cfg)
	l.mu.Lock()
	defer l.mu.Unlock()
	pause := min(firstRetry<<min(l.tries, 8), lastRetry)
	l.tries++
	l.next = time.Now().Add(pause)
	switch {
	case err != nil:
		if l.closed {
			return
		}
		was := l.fault
		l.fault = opening(l.cfg.Path, err)
		if was.Error() != l.fault.Error() {
			l.log.Warn("the serial port cannot be opened; trying on", "error", l.fault)
		}
	case l.closed:
		c.close()
	default:
		l.conn, l.fault = c, nil
		l.session++
		l.log.Info("serial port opened", "session", l.session)
	}
}

// drop ends a connection because of a fault, unless that was done before.
func (l *Line) drop(c *conn, f *sale.Fault) {
	l.mu.Lock()
	if l.conn != c {
		l.mu.Unlock()
		return
	}
	l.conn, l.fault = nil, f
	l.next = time.Now().Add(min(firstRetry<<min(l.tries, 8), lastRetry))
	l.mu.Unlock()
	l.log.Warn("serial port closed", "error", f)
	c.close()
}

var errGone = errors.New("the port was closed")
