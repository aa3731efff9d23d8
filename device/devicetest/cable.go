package devicetest

import (
	"bytes"
	"os"
	"sync"
	"time"
)

// Cable is the serial line between a simulated board and a driver: a pseudo
// terminal behind a link, which is pulled and plugged again, and the damage
// that a line does. Its methods may be called by any goroutine.
type Cable struct {
	path  string
	input func([]byte) // of the board; nil: the cable was plugged anew

	mu      sync.Mutex
	line    *Terminal
	readers sync.WaitGroup
	closed  bool
	silent  bool
	mute    bool
	noise   int
	left    int // bytes to the driver until the cable is pulled, -1 for none
}

// NewCable plugs a cable in behind a link at path. input takes what the driver
// writes, a piece at a time, and nil whenever the cable was plugged.
func NewCable(path string, input func([]byte)) (*Cable, error) {
	c := &Cable{path: path, input: input, left: -1}
	return c, c.Plug()
}

// Path is what a driver opens.
func (c *Cable) Path() string { return c.path }

// Plug puts the cable back: a new terminal behind the same link.
func (c *Cable) Plug() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.line != nil || c.closed {
		return nil
	}
	l, err := OpenTerminal()
	if err != nil {
		return err
	}
	if err := Publish(c.path, l.Path()); err != nil {
		l.Close()
		return err
	}
	c.line, c.left = l, -1
	c.readers.Go(func() { c.read(l) })
	return nil
}

// Plugged reports whether the cable is in.
func (c *Cable) Plugged() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.line != nil
}

// Unplug pulls the cable.
func (c *Cable) Unplug() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unplug()
}

func (c *Cable) unplug() {
	if c.line != nil {
		os.Remove(c.path)
		c.line.Close()
		c.line = nil
	}
}

// Pull unplugs the cable for a moment.
func (c *Cable) Pull() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pull()
}

func (c *Cable) pull() {
	c.unplug()
	time.AfterFunc(50*time.Millisecond, func() { c.Plug() })
}

// Close ends the cable and waits for its goroutine.
func (c *Cable) Close() {
	c.mu.Lock()
	c.closed = true
	c.unplug()
	c.mu.Unlock()
	c.readers.Wait()
}

func (c *Cable) read(l *Terminal) {
	c.input(nil)
	buf := make([]byte, 4096)
	for {
		n, err := l.Read(buf)
		if err != nil {
			return
		}
		c.mu.Lock()
		deaf := c.silent || c.mute || c.line != l
		c.mu.Unlock()
		if !deaf {
			c.input(buf[:n])
		}
	}
}

// Send brings a frame of the board to the driver, as the line lets it.
func (c *Cable) Send(frame []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.line == nil || c.silent {
		return
	}
	if c.noise > 0 {
		frame = spoil(frame, c.noise)
		c.noise--
	}
	if c.left < 0 || c.left > len(frame) {
		if c.left > 0 {
			c.left -= len(frame)
		}
		c.line.Send(frame)
		return
	}
	c.line.Send(frame[:c.left])
	c.line.Drain()
	c.pull()
}

// spoil turns a bit, or ends the frame early, or puts stray bytes before it.
func spoil(frame []byte, how int) []byte {
	frame = bytes.Clone(frame)
	switch how % 3 {
	case 0:
		frame[len(frame)/2] ^= 0x10
		return frame
	case 1:
		return frame[:len(frame)/2]
	}
	return append([]byte{0x00, 0xFF, frame[0]}, frame...)
}

// CutAfter pulls the cable when so many more bytes went to the driver.
func (c *Cable) CutAfter(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = n
}

// Noise damages the next n frames of the board.
func (c *Cable) Noise(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.noise += n
}

// Silence takes the board off the line until end.
func (c *Cable) Silence() (end func()) { return c.hold(&c.silent) }

// Mute loses what the driver writes until end.
func (c *Cable) Mute() (end func()) { return c.hold(&c.mute) }

func (c *Cable) hold(flag *bool) func() {
	set := func(to bool) {
		c.mu.Lock()
		defer c.mu.Unlock()
		*flag = to
	}
	set(true)
	return func() { set(false) }
}
