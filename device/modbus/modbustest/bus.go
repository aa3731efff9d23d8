// Package modbustest is a bus of relay boards without the boards: one or two
// of the families Waveshare, DAM and R421A08, with motors on their relays, a
// keypad and a drop sensor on their inputs. A driver opens [Options].Link as it
// would open a real port. The code shares nothing with the driver, so that a
// misread line of a data sheet shows.
//
// The bus promises to keep true books. A pulse is entered for each pulse
// command that reaches the wire, heard by its board or not; a turn for each
// time that a relay comes on; a drop for each product that falls, at six
// tenths of its pulse. No fault falsifies them. A command that switches a relay
// on without a timer, or toggles it, is entered as a breach.
//
// Where makers say nothing, the harder case holds: registers of the sensor lose
// their values with the power, and a product whose motor stops early stays
// where it is.
package modbustest

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// Options describe the bus.
type Options struct {
	Boards []BoardOptions
	Link   string // path of the port
	Sensor Sensor
	// Keys are the inputs, from 1, that a key closes, all on KeyBoard.
	Keys     map[int][]int
	KeyBoard byte
	// Baud gives the bytes of both sides their time on the line, and a board
	// the silence in which it notices the end of a question. 0: no time.
	Baud int
}

// Sensor is the drop sensor.
type Sensor struct {
	Addr     byte
	Input    int // from 1
	Hold     time.Duration
	Register int
	Counts   bool // the register counts
	Latches  bool // the register is 1 until 0 is written to it
}

// Bus is the boards, their motors and the people at them. Its methods may be
// called by any goroutine.
type Bus struct {
	opt Options

	mu      sync.Mutex
	boards  []*board
	line    *line
	readers sync.WaitGroup
	closed  bool
	life    int // counts the losses of power
	powered bool
	pending int // products on their way

	next    Vend // what will happen in the next vend
	deaf    bool
	noisy   int
	repeats int
	cutIn   int // bytes until the cable is pulled, -1 for never
	dull    time.Time
	slow    time.Time
	delay   time.Duration
	sense   struct {
		count uint16
		latch bool
		until time.Time
	}
	people
	books
}

// books are what happened, whatever was reported.
type books struct {
	pulses, turns, drops int
	breaches             []string
	frames               []Frame
}

// Frame is one of the host's frames.
type Frame struct {
	Session int // counts the pluggings of the cable
	Bytes   []byte
}

// Vend is what goes wrong in one vend.
type Vend struct {
	LoseCommand bool          // the board does not get the pulse
	LoseAnswer  bool          // the answer to the pulse is lost
	Mute        time.Duration // after the pulse's answer, all boards are silent so much longer than the vend
	Delay       time.Duration // answers come so much later, as long as the vend goes on
	FallLate    time.Duration // the product falls so long after its pulse
	Stray       []byte        // a frame, without its CRC, that comes before the answer to the pulse
	Instead     []byte        // ... or instead of it
	Jam         bool          // nothing falls
	Twice       bool          // two products fall
	Restart     int           // the power goes 1: before the product falls, 2: after
	Stick       bool          // the relay stays on,
	Weld        bool          // ... and does not obey
	CutHost     int           // the cable is pulled after so many bytes of the pulse, -1 for never
	CutBoard    int           // ... or of what comes after
}

// Start puts the boards on a new pseudo terminal behind the link.
func Start(o Options) (*Bus, error) {
	b := &Bus{opt: o, powered: true, cutIn: -1}
	b.next = Normal()
	for _, x := range o.Boards {
		b.boards = append(b.boards, newBoard(b, x))
	}
	if err := b.Plug(); err != nil {
		return nil, err
	}
	return b, nil
}

// Normal is a vend in which nothing goes wrong.
func Normal() Vend { return Vend{CutHost: -1, CutBoard: -1} }

// Next says what will go wrong in the next vend.
func (b *Bus) Next(change func(*Vend)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.next)
}

// Plug puts the serial cable in.
func (b *Bus) Plug() error {
	l, err := openLine()
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || b.line != nil {
		l.close()
		return nil
	}
	next := b.opt.Link + ".new"
	os.Remove(next)
	if err := os.Symlink(l.slave.Name(), next); err != nil {
		l.close()
		return fmt.Errorf("link the port: %w", err)
	}
	if err := os.Rename(next, b.opt.Link); err != nil {
		l.close()
		return fmt.Errorf("link the port: %w", err)
	}
	b.line = l
	b.session++
	session := b.session
	b.readers.Go(func() { b.read(l, session) })
	return nil
}

// Unplug pulls the serial cable.
func (b *Bus) Unplug() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unplug()
}

func (b *Bus) unplug() {
	if b.line != nil {
		os.Remove(b.opt.Link)
		b.line.close()
		b.line = nil
	}
}

// Close ends the bus.
func (b *Bus) Close() {
	b.mu.Lock()
	b.closed = true
	b.unplug()
	b.mu.Unlock()
	b.readers.Wait()
}

func (b *Bus) read(l *line, session int) {
	var got []byte
	var begun time.Time // of the frame that is coming in
	buf := make([]byte, 512)
	for {
		l.master.SetReadDeadline(time.Time{})
		if len(got) > 0 {
			l.master.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		}
		n, err := l.master.Read(buf)
		if os.IsTimeout(err) {
			got = nil
			continue
		}
		if err != nil {
			return
		}
		if len(got) == 0 {
			begun = time.Now()
		}
		got = append(got, buf[:n]...)
		for {
			size := whole(got)
			if size < 0 {
				got = nil
			}
			if size <= 0 || len(got) < size {
				break
			}
			b.sleepUntil(begun, float64(size)+endOfFrame)
			b.take(l, session, slices.Clone(got[:size]))
			got = got[size:]
		}
	}
}

// take is one frame of the host.
func (b *Bus) take(l *line, session int, f []byte) {
	lo, hi := checksum(f[:len(f)-2])
	if f[len(f)-2] != lo || f[len(f)-1] != hi {
		return
	}
	b.mu.Lock()
	out, delay := b.process(l, session, f)
	b.mu.Unlock()
	if delay > 0 {
		time.Sleep(delay)
	}
	for _, x := range out {
		b.write(l, x)
	}
}

// process lets the boards obey and returns what is to be written.
func (b *Bus) process(l *line, session int, f []byte) (out [][]byte, delay time.Duration) {
	b.frames = append(b.frames, Frame{session, f})
	i := slices.IndexFunc(b.boards, func(x *board) bool { return x.Addr == f[0] })
	if i < 0 || b.line != l {
		return nil, 0
	}
	if _, pulse := b.boards[i].pulseOf(f); pulse {
		b.pulses++
		return b.vend(b.boards[i], f)
	}
	if b.silent() {
		return nil, 0
	}
	if time.Now().Before(b.slow) {
		delay = b.delay
	}
	return [][]byte{b.boards[i].obey(f)}, delay
}

func (b *Bus) silent() bool { return b.deaf || !b.powered || time.Now().Before(b.dull) }

// vend is a pulse command, with all that is to go wrong with it.
func (b *Bus) vend(x *board, f []byte) (out [][]byte, delay time.Duration) {
	v := b.next
	lost := v.LoseCommand || v.CutHost >= 0 && v.CutHost < len(f) || b.silent()
	if v.CutHost >= 0 {
		defer b.pull()
	}
	if lost {
		b.next = Normal()
		return nil, 0
	}
	o, _ := x.pulseOf(f)
	answer := x.obey(f) // starts the motor with b.next
	b.next = Normal()
	if v.CutBoard >= 0 {
		b.cutIn = v.CutBoard
	}
	if v.Mute > 0 {
		b.dull = time.Now().Add(o.pulse + v.Mute)
	}
	if v.Delay > 0 {
		b.slow, b.delay = time.Now().Add(max(o.pulse, v.Delay)), v.Delay
	}
	if v.Stray != nil {
		out = append(out, sealed(v.Stray...))
	}
	switch {
	case v.LoseAnswer:
	case v.Instead != nil:
		out = append(out, sealed(v.Instead...))
	default:
		out = append(out, answer)
	}
	return out, v.Delay
}

// pull unplugs the cable for a moment.
func (b *Bus) pull() {
	b.unplug()
	time.AfterFunc(50*time.Millisecond, func() { b.Plug() })
}

// write puts an answer on the wire, with what the line does to it.
func (b *Bus) write(l *line, f []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.line != l {
		return
	}
	bad := b.noisy > 0
	if bad {
		f = damage(f, b.noisy)
		b.noisy--
	}
	if b.cutIn >= 0 && len(f) >= b.cutIn {
		f, b.cutIn = f[:b.cutIn], -1
		b.put(l, f)
		l.drain()
		b.pull()
		return
	}
	if b.cutIn >= 0 {
		b.cutIn -= len(f)
	}
	b.put(l, f)
	if b.repeats > 0 {
		b.repeats--
		b.put(l, f)
	}
	if !bad {
		b.looked(f)
	}
}

// damage spoils a frame in one of three ways.
func damage(f []byte, how int) []byte {
	f = slices.Clone(f)
	switch how % 3 {
	case 0:
		f[len(f)/2] ^= 0x10
		return f
	case 1:
		return f[:len(f)/2]
	}
	return append([]byte{0x00, 0xFF, f[0], f[1]}, f...)
}

// Path is what a driver opens.
func (b *Bus) Path() string { return b.opt.Link }
