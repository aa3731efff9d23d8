package desk

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Passing is one frame on its way over a [Wire].
type Passing struct {
	FromHost bool
	Name     string // "host 06", "board 04", "host ack of 04", "board poll", ...
	Nth      int    // of this name since the rule was set, from 1
	Len      int    // bytes
}

// Rule looks at each frame before it passes. With cut the plug is pulled after
// at bytes of it have passed.
type Rule func(p Passing) (at int, cut bool)

// Wire is the serial cable between a cabinet and a driver. It knows the frames
// of the XY protocol from nothing but their shape, and can be pulled in the
// middle of one. To the driver a pulled plug is a port that hangs up and has
// gone; what the cabinet says meanwhile is lost.
type Wire struct {
	link  string
	board *os.File
	done  sync.WaitGroup

	mu    lock
	port  *port // nil while the plug is out
	rule  Rule
	seen  map[string]int
	last  [2]string // newest data frame of each side
	cuts  int
	since time.Time // of the newest plug
}

// port is one pseudo terminal that the driver opens.
type port struct{ master, slave *os.File }

// NewWire leads from the cabinet's port to link, where the driver finds it.
func NewWire(cabinet, link string) (*Wire, error) {
	f, err := os.OpenFile(cabinet, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	w := &Wire{link: link, board: f, seen: map[string]int{}}
	if err := w.Plug(); err != nil {
		f.Close()
		return nil, err
	}
	w.done.Go(w.fromBoard)
	return w, nil
}

// Close ends the wire.
func (w *Wire) Close() {
	w.Unplug()
	w.board.Close()
	w.done.Wait()
}

// SetRule replaces the rule; nil lets everything pass. Counting begins anew.
func (w *Wire) SetRule(r Rule) {
	defer w.mu.hold()()
	w.rule, w.seen = r, map[string]int{}
}

// Cuts is how often a rule has pulled the plug.
func (w *Wire) Cuts() int {
	defer w.mu.hold()()
	return w.cuts
}

// Plugged is when the plug went in last, zero while it is out.
func (w *Wire) Plugged() time.Time {
	defer w.mu.hold()()
	if w.port == nil {
		return time.Time{}
	}
	return w.since
}

// Unplug pulls the plug.
func (w *Wire) Unplug() {
	defer w.mu.hold()()
	w.pull()
}

// pull ends the port. w.mu is held; the port's reader ends by itself.
func (w *Wire) pull() {
	if w.port == nil {
		return
	}
	w.port.master.Close()
	w.port.slave.Close()
	w.port = nil
	os.Remove(w.link)
}

// Plug puts the plug in: link names a new terminal.
func (w *Wire) Plug() error {
	defer w.mu.hold()()
	if w.port != nil {
		return nil
	}
	p, err := newPort()
	if err != nil {
		return fmt.Errorf("open a pseudo terminal: %w", err)
	}
	next := w.link + ".new"
	os.Remove(next)
	if err = os.Symlink(p.slave.Name(), next); err == nil {
		err = os.Rename(next, w.link)
	}
	if err != nil {
		p.master.Close()
		p.slave.Close()
		return fmt.Errorf("link the wire's port: %w", err)
	}
	w.port, w.since = p, time.Now()
	w.done.Go(func() { w.fromHost(p) })
	return nil
}

func newPort() (*port, error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	master := os.NewFile(uintptr(fd), "/dev/ptmx")
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		master.Close()
		return nil, err
	}
	slave, err := os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		master.Close()
		return nil, err
	}
	return &port{master, slave}, raw(slave)
}

// raw switches off echo and all translation.
func raw(f *os.File) error {
	return control(f, func(fd int) error {
		t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err != nil {
			return err
		}
		t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
		t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.B57600
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		return unix.IoctlSetTermios(fd, unix.TCSETS, t)
	})
}

func control(f *os.File, do func(fd int) error) error {
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := c.Control(func(fd uintptr) { inner = do(int(fd)) }); err != nil {
		return err
	}
	return inner
}

// drain waits, not for long, until the driver has read what was written: a
// hang-up takes away what is still in the terminal.
func (p *port) drain() {
	for range 40 {
		left := 0
		_ = control(p.slave, func(fd int) (err error) {
			left, err = unix.IoctlGetInt(fd, unix.TIOCINQ)
			return err
		})
		if left == 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (w *Wire) fromBoard() {
	buf := make([]byte, 4096)
	for {
		n, err := w.board.Read(buf)
		if err != nil {
			return
		}
		w.pass(nil, buf[:n])
	}
}

func (w *Wire) fromHost(p *port) {
	buf := make([]byte, 4096)
	for {
		n, err := p.master.Read(buf)
		if err != nil {
			return
		}
		w.pass(p, buf[:n])
	}
}

// pass takes what one side wrote at once to the other. from is the host's
// port, nil for the board.
func (w *Wire) pass(from *port, b []byte) {
	defer w.mu.hold()()
	if w.port == nil || from != nil && from != w.port {
		return // what was on a cable that is out
	}
	for len(b) > 0 {
		n := frameLen(b)
		at, cut := n, false
		if n > 0 {
			at, cut = w.judge(from != nil, b[:n])
		} else {
			n = len(b)
			at = n
		}
		w.put(from != nil, b[:min(at, n)])
		if cut {
			if from == nil {
				w.port.drain()
			}
			w.cuts++
			w.pull()
			return
		}
		b = b[n:]
	}
}

func (w *Wire) put(toBoard bool, b []byte) {
	f := w.port.master
	if toBoard {
		f = w.board
	}
	_ = f.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
	_, _ = f.Write(b)
}

// judge names a frame and asks the rule about it. w.mu is held.
func (w *Wire) judge(fromHost bool, frame []byte) (at int, cut bool) {
	name := w.name(fromHost, frame)
	w.seen[name]++
	if w.rule == nil {
		return len(frame), false
	}
	at, cut = w.rule(Passing{fromHost, name, w.seen[name], len(frame)})
	if !cut {
		return len(frame), false
	}
	return at, true
}

// The commands whose names are not their numbers.
const (
	poll = 0x41
	ack  = 0x42
	menu = 0x70
	told = 0x71
)

func (w *Wire) name(fromHost bool, frame []byte) string {
	side, me, other := "board ", 0, 1
	if fromHost {
		side, me, other = "host ", 1, 0
	}
	what := fmt.Sprintf("%02X", frame[2])
	switch frame[2] {
	case poll:
		what = "poll"
	case ack:
		return side + "ack of " + w.last[other]
	case menu, told:
		if len(frame) > 6 {
			what += fmt.Sprintf(" item %d", frame[5])
		}
	}
	w.last[me] = what
	return side + what
}

// frameLen is the length of the frame at the start of b, 0 if there is none.
func frameLen(b []byte) int {
	if len(b) < 5 || b[0] != 0xFA || b[1] != 0xFB {
		return 0
	}
	n := 5 + int(b[3])
	if len(b) < n {
		return 0
	}
	var sum byte
	for _, c := range b[:n] {
		sum ^= c
	}
	if sum != 0 {
		return 0
	}
	return n
}
