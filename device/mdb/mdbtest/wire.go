package mdbtest

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"kioskd/device/devicetest"
)

// wire is the serial line between adapter and host.
type wire struct {
	term   *devicetest.Terminal
	reader *sync.WaitGroup
	path   string
	heard  []byte   // of a message of the host that is not complete
	queue  [][]byte // messages that are late
	last   time.Time

	silent, mute bool
	lost         int // requests that are not told
	twice, noise int
	vend         Trouble
	until        time.Time
	left         int // bytes of the adapter until the cut, -1 for none
}

// With arms the troubles of the next vend.
func (m *Machine) With(arm func(*Trouble)) { m.with(func() { arm(&m.next) }) }

// Double, Noise and LoseRequests befall the next n messages to the host.
func (m *Machine) Double(n int)       { m.with(func() { m.wire.twice += n }) }
func (m *Machine) Noise(n int)        { m.with(func() { m.wire.noise += n }) }
func (m *Machine) LoseRequests(n int) { m.with(func() { m.wire.lost += n }) }

// Silence takes the adapter off the line, Mute what the host sends, until end.
func (m *Machine) Silence() (end func()) { return m.hold(&m.wire.silent) }
func (m *Machine) Mute() (end func())    { return m.hold(&m.wire.mute) }

func (m *Machine) hold(flag *bool) func() {
	m.with(func() { *flag = true })
	return func() { m.with(func() { *flag = false }) }
}

// Path is what a driver opens.
func (m *Machine) Path() string {
	if m.opt.Link != "" {
		return m.opt.Link
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.wire.path
}

// Plug puts the cable back: a new terminal behind the same link.
func (m *Machine) Plug() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.plug()
}

func (m *Machine) plug() error {
	if m.wire.term != nil {
		return nil
	}
	t, err := devicetest.OpenTerminal()
	if err != nil {
		return err
	}
	if m.opt.Link != "" {
		if err := devicetest.Publish(m.opt.Link, t.Path()); err != nil {
			t.Close()
			return err
		}
	}
	w := &m.wire
	w.term, w.path, w.left, w.heard = t, t.Path(), -1, nil
	w.reader = &sync.WaitGroup{}
	w.reader.Go(func() { m.read(t) })
	return nil
}

var errNoLink = errors.New("this machine has no link: a cable that was pulled would come back under another name")

// Unplug pulls the cable. An error: the machine was started without a Link.
func (m *Machine) Unplug() error {
	m.mu.Lock()
	reader := m.wire.reader
	m.unplug()
	m.mu.Unlock()
	reader.Wait()
	if m.opt.Link == "" {
		return errNoLink
	}
	return nil
}

func (m *Machine) unplug() {
	if m.wire.term == nil {
		return
	}
	m.wire.term.Close()
	m.wire.term = nil
	if m.opt.Link != "" {
		os.Remove(m.opt.Link)
	}
}

// pull is a cut: the cable comes off and is put back.
func (m *Machine) pull() {
	m.unplug()
	time.AfterFunc(50*time.Millisecond, func() {
		select {
		case <-m.stop:
		default:
			m.Plug()
		}
	})
}

func (m *Machine) read(t *devicetest.Terminal) {
	buf := make([]byte, 4096)
	for {
		n, err := t.Read(buf)
		if err != nil {
			return
		}
		m.mu.Lock()
		if m.wire.term == t {
			m.fromHost(slices.Clone(buf[:n]))
		}
		m.mu.Unlock()
	}
}

// fromHost takes bytes of the host, message by message.
func (m *Machine) fromHost(b []byte) {
	w := &m.wire
	w.heard = append(w.heard, b...)
	for w.term != nil {
		n := first(w.heard)
		if n == 0 {
			return
		}
		message := w.heard[:n]
		w.heard = w.heard[n:]
		m.fromHostOne(message)
	}
}

// fromHostOne takes one message. An approval is entered in the books before any
// trouble can hide it.
func (m *Machine) fromHostOne(b []byte) {
	w := &m.wire
	lost := w.silent || w.mute
	if approves(b) {
		c := devicetest.Command{At: time.Now(), Heard: !lost && !m.next.LoseCommand}
		if v := m.vmc.vend; v != nil {
			c.Slot = v.slot.Number
		}
		m.commands = append(m.commands, c)
		w.vend, m.next = m.next, Trouble{RestartBefore: m.next.RestartBefore, RestartAfter: m.next.RestartAfter}
		w.until = time.Now().Add(window)
		lost = lost || w.vend.LoseCommand
		if c := w.vend.Cut; c != nil {
			w.vend.Cut = nil
			if !c.FromBoard {
				m.adapter.host(b[:min(c.After, len(b))])
				m.pull()
				return
			}
			w.left = c.After
		}
	}
	if !lost {
		m.adapter.host(b)
	}
}

// first is the length of the first message in b, 0 if it is not complete:
// a line of text, or a block of the bus.
func first(b []byte) int {
	switch {
	case len(b) == 0:
		return 0
	case b[0] >= ' ':
		return bytes.IndexByte(b, '\n') + 1
	}
	n := whole(b)
	if n < 0 {
		return 1
	}
	return n
}

// approves reports whether a message is an approval.
func approves(b []byte) bool {
	amount, text := bytes.CutPrefix(b, []byte("C,VEND,"))
	return text && amount[0] != '-' || b[0] == 5 && len(b) == 4 || bytes.HasPrefix(b, []byte("05 "))
}

// later delivers in order: a line overtakes no other.
func (m *Machine) later(b []byte, d time.Duration) {
	w := &m.wire
	if d == 0 && len(w.queue) == 0 {
		m.deliver(b)
		return
	}
	at := time.Now().Add(d)
	if w.last.After(at) {
		at = w.last
	}
	w.last = at
	w.queue = append(w.queue, slices.Clone(b))
	time.AfterFunc(time.Until(at), func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		b := w.queue[0]
		w.queue = w.queue[1:]
		m.deliver(b)
	})
}

func (m *Machine) deliver(b []byte) {
	w := &m.wire
	if w.twice > 0 {
		w.twice--
		m.write(b)
	}
	if w.noise > 0 {
		w.noise--
		m.write([]byte{0xFF, 0x80, byte(0x80 + m.rng.IntN(128))})
	}
	m.write(b)
}

func (m *Machine) write(b []byte) {
	w := &m.wire
	if w.term == nil {
		return
	}
	cut := w.left >= 0 && w.left <= len(b)
	if cut {
		b = b[:w.left]
	} else if w.left > 0 {
		w.left -= len(b)
	}
	w.term.Send(b)
	if cut {
		w.term.Drain()
		m.pull()
	}
}
