package wvltest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// window is how long the troubles of a vend last, from its command on.
const window = time.Second

// Trouble is what befalls the next vend on the line.
type Trouble struct {
	LoseCommand bool // the board does not get the first VEND
	LoseAck     bool // the host does not get the first ACK
	// For a second after the command:
	LoseResult  bool          // nothing final about the token arrives
	LoseReports bool          // nothing at all about it
	Delay       time.Duration // what arrives about it is so late
	Stray       bool          // before the result come those of others
	OtherSlot   int64         // what arrives about it names this slot; 0 for the truth
	ExtraState  bool          // before the result comes a state of no table
	OddState    bool          // ... and instead of it

	// Cut, if not nil, pulls the cable for 50 ms.
	Cut *Cut
}

// Cut says where the cable is pulled.
type Cut struct {
	FromBoard bool // in what the board sends after the command, else in the command
	After     int  // bytes that pass
}

// Wire is the line between a board and a pseudo terminal.
type Wire struct {
	link   string
	input  func([]byte) // of the board
	queue  chan []byte  // from the board
	done   chan struct{}
	closed sync.WaitGroup

	mu      sync.Mutex
	rng     *rand.Rand
	port    *port
	heard   []byte // of a line of the host
	said    []byte // of a line of the board
	pending int    // lines that are delayed

	silent, mute bool
	gots, twice  int // GOTs to lose; lines to double
	noise        int
	next         Trouble // of the next vend
	vend         struct {
		Trouble
		token string
		until time.Time
	}
	commands [][]byte // VENDs that reached the line
	left     int      // bytes of the board until the cut, -1 for none
}

// NewWire makes a line behind the link at path. input takes what the host
// sends; what the board says goes to Output.
func NewWire(path string, input func([]byte)) (*Wire, error) {
	w := &Wire{link: path, input: input, queue: make(chan []byte, 4096), done: make(chan struct{}),
		rng: rand.New(rand.NewPCG(1, 2)), left: -1}
	if err := w.Plug(); err != nil {
		return nil, err
	}
	w.closed.Go(w.carry)
	return w, nil
}

// Close ends the line.
func (w *Wire) Close() {
	w.Unplug()
	close(w.done)
	w.closed.Wait()
}

// Output takes bytes of the board. It does not wait for the host.
func (w *Wire) Output(b []byte) {
	select {
	case w.queue <- bytes.Clone(b):
	case <-w.done:
	}
}

// carry brings the board's lines to the host.
func (w *Wire) carry() {
	for {
		select {
		case b := <-w.queue:
			w.fromBoard(b)
		case <-w.done:
			return
		}
	}
}

// port is one plugging of the cable.
type port struct {
	master, slave *os.File
	reader        sync.WaitGroup
}

func newPort() (*port, error) {
	m, s, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("open a pseudo terminal: %w", err)
	}
	defer m.Close()
	// A master of our own, not blocking: Close must end a Read.
	fd, err := unix.FcntlInt(m.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	var t *unix.Termios
	if err == nil {
		t, err = unix.IoctlGetTermios(int(s.Fd()), unix.TCGETS)
	}
	if err == nil {
		t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		err = unix.IoctlSetTermios(int(s.Fd()), unix.TCSETS, t)
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("set up a pseudo terminal: %w", err)
	}
	return &port{master: os.NewFile(uintptr(fd), m.Name()), slave: s}, nil
}

// Plug puts the cable back: a new terminal behind the same link.
func (w *Wire) Plug() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.port != nil {
		return nil
	}
	p, err := newPort()
	if err != nil {
		return err
	}
	os.Remove(w.link)
	if err := os.Symlink(p.slave.Name(), w.link); err != nil {
		return err
	}
	w.port, w.heard, w.said = p, nil, nil
	p.reader.Go(func() { w.read(p) })
	return nil
}

// Unplug pulls the cable.
func (w *Wire) Unplug() {
	w.mu.Lock()
	p := w.unplug()
	w.mu.Unlock()
	if p != nil {
		p.reader.Wait()
	}
}

func (w *Wire) unplug() *port {
	p := w.port
	if p == nil {
		return nil
	}
	w.port, w.left = nil, -1
	os.Remove(w.link)
	p.master.Close()
	p.slave.Close()
	return p
}

// pull is a cut: the cable comes off and is put back.
func (w *Wire) pull() {
	w.unplug()
	time.AfterFunc(50*time.Millisecond, func() {
		select {
		case <-w.done:
		default:
			w.Plug()
		}
	})
}

func (w *Wire) read(p *port) {
	buf := make([]byte, 4096)
	for {
		n, err := p.master.Read(buf)
		if err != nil {
			return
		}
		w.fromHost(p, buf[:n])
	}
}

func (w *Wire) fromHost(p *port, b []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.port != p {
		return
	}
	var lines [][]byte
	lines, w.heard = cutLines(append(w.heard, b...))
	for _, l := range lines {
		w.hostLine(l)
	}
}

func (w *Wire) hostLine(l []byte) {
	body, _ := unpack(l)
	words := strings.Split(body, " ")
	verb := ""
	if len(words) > 2 {
		verb = words[1]
	}
	lost := w.silent || w.mute
	if verb == "VEND" {
		w.commands = append(w.commands, bytes.Clone(l))
		if w.vend.token != words[2] {
			w.vend.Trouble, w.next = w.next, Trouble{}
			w.vend.token, w.vend.until = words[2], time.Now().Add(window)
		}
		if w.vend.LoseCommand {
			w.vend.LoseCommand, lost = false, true
		}
		if c := w.vend.Cut; c != nil {
			w.vend.Cut = nil
			if !c.FromBoard {
				w.input(l[:min(c.After, len(l))])
				w.pull()
				return
			}
			w.left = c.After
		}
	}
	if verb == "GOT" && w.gots > 0 {
		w.gots, lost = w.gots-1, true
	}
	if !lost && w.port != nil {
		w.input(l)
	}
}

func (w *Wire) fromBoard(b []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var lines [][]byte
	lines, w.said = cutLines(append(w.said, b...))
	for _, l := range lines {
		w.boardLine(l)
	}
}

var states = []string{"RUNNING", "DROPPED", "TURNED", "NODROP", "JAM", "ABORTED", "UNKNOWN"}

// about returns where the token stands in a line about one, 0 for none.
func about(words []string) int {
	for _, at := range []int{2, 3} {
		if len(words) > at+1 && slices.Contains(states, words[at+1]) {
			return at
		}
	}
	return 0
}

// boardLine brings one line of the board to the host, as the troubles want it.
func (w *Wire) boardLine(l []byte) {
	if w.silent {
		return
	}
	body, ok := unpack(l)
	words := strings.Split(body, " ")
	at := about(words)
	v := &w.vend
	if !ok || at == 0 || words[at] != v.token || time.Now().After(v.until) {
		w.deliver(l)
		return
	}
	final := words[at+1] != "RUNNING" && words[at+1] != "UNKNOWN"
	switch {
	case v.LoseReports, v.LoseResult && final:
		return
	case v.LoseAck && words[1] == "ACK":
		v.LoseAck = false
		return
	}
	if v.OtherSlot != 0 {
		words = swap(words, "SLOT=", fmt.Sprint(v.OtherSlot))
	}
	if final && v.Stray {
		v.Stray = false
		w.strays(words, at)
	}
	if final && v.ExtraState {
		v.ExtraState = false
		w.later(odd(words, at), v.Delay)
	}
	if final && v.OddState {
		words = odd(words, at)
	}
	w.later(words, v.Delay)
}

// strays are successes of another token, and of the token in another slot.
func (w *Wire) strays(words []string, at int) {
	s := []string{"0", "EV", "RESULT"}
	s = append(s, words[at:]...)
	s[4] = "DROPPED"
	w.later(swap(s, "SLOT=", "2"), 0)
	s[3] += "1"
	w.later(s, 0)
}

func odd(words []string, at int) []string {
	o := slices.Clone(words)
	o[at+1] = "WOBBLY"
	return o
}

func swap(words []string, key, value string) []string {
	s := slices.Clone(words)
	for i := range s {
		if strings.HasPrefix(s[i], key) {
			s[i] = key + value
		}
	}
	return s
}

func (w *Wire) later(words []string, d time.Duration) {
	l := pack(strings.Join(words, " "))
	if d == 0 {
		w.deliver(l)
		return
	}
	w.pending++
	time.AfterFunc(d, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.pending--
		w.deliver(l)
	})
}

func (w *Wire) deliver(l []byte) {
	if w.twice > 0 {
		w.twice--
		w.write(l)
	}
	if w.noise > 0 {
		w.noise--
		l = w.spoil(l)
	}
	w.write(l)
}

// spoil puts stray bytes before a line, turns one of its bits, or ends it
// before its time.
func (w *Wire) spoil(l []byte) []byte {
	l = bytes.Clone(l)
	switch w.noise % 3 {
	case 0:
		return append([]byte{0xFF, '@', '0', ' ', 'E', byte(w.rng.IntN(256))}, l...)
	case 1:
		l[w.rng.IntN(len(l))] ^= 1 << w.rng.IntN(8)
		return l
	}
	return l[:w.rng.IntN(len(l))]
}

func (w *Wire) write(l []byte) {
	if w.port == nil {
		return
	}
	cut := w.left >= 0 && w.left <= len(l)
	if cut {
		l = l[:w.left]
	} else if w.left > 0 {
		w.left -= len(l)
	}
	w.port.master.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
	w.port.master.Write(l)
	if cut {
		// A hang-up takes away what the host has not read yet.
		for range 20 {
			if n, err := unix.IoctlGetInt(int(w.port.slave.Fd()), unix.TIOCINQ); err != nil || n == 0 {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		w.pull()
	}
}

// With arms the troubles of the next vend.
func (w *Wire) With(arm func(*Trouble)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	arm(&w.next)
}

// Silence takes the board off the line, Mute what the host sends, until end.
func (w *Wire) Silence() (end func()) { return w.hold(&w.silent) }
func (w *Wire) Mute() (end func())    { return w.hold(&w.mute) }

func (w *Wire) hold(flag *bool) func() {
	set := func(to bool) {
		w.mu.Lock()
		defer w.mu.Unlock()
		*flag = to
	}
	set(true)
	return func() { set(false) }
}

// LoseGots, Double and Noise befall the next n lines of their kind.
func (w *Wire) LoseGots(n int) { w.count(&w.gots, n) }
func (w *Wire) Double(n int)   { w.count(&w.twice, n) }
func (w *Wire) Noise(n int)    { w.count(&w.noise, n) }

func (w *Wire) count(of *int, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*of += n
}

// Commands are the VENDs that reached the line, heard by the board or not.
func (w *Wire) Commands() [][]byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.commands)
}

// Idle: nothing is delayed.
func (w *Wire) Idle() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pending == 0
}
