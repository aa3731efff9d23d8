package devicetest

import (
	"slices"
	"time"
)

// link is the board's side of the line: whose turn it is and what waits.
type link struct {
	pollEvery  time.Duration
	waiting    exchange
	deadline   time.Time // for the answer that is waited for
	polled     time.Time // the newest POLL
	nextPoll   time.Time
	nextRepeat time.Time
	out        *outgoing // the data frame that waits for its ACK
	queue      []*outgoing
	pack       byte // of the last data frame
	unanswered int  // POLLs in a row
	deaf       bool // Silent since the last turn

	heard    bool // a command came in this life of the board
	hostCmd  byte
	hostPack byte
}

type exchange int

const (
	nothing exchange = iota
	afterPoll
	afterData
)

// outgoing is a data frame on its way to the host.
type outgoing struct {
	cmd       byte
	text      []byte
	pack      byte
	notBefore time.Time
	sent      int
	again     bool   // an acknowledged frame that is sent once more
	arrived   func() // called when the host acknowledged it
}

// repeats is how often a frame is sent again without an ACK.
const repeats = 5

// send queues a data frame of the board.
func (c *Cabinet) send(cmd byte, text []byte) *outgoing {
	o := &outgoing{cmd: cmd, text: text}
	if c.powered {
		c.link.queue = append(c.link.queue, o)
		c.kick()
	}
	return o
}

// turn does what the board does now and says when it must be called again.
func (c *Cabinet) turn(now time.Time) time.Time {
	l := &c.link
	switch {
	case !c.powered:
		return now.Add(l.pollEvery)
	case l.waiting != nothing && now.Before(l.deadline):
		return l.deadline
	case l.waiting != nothing:
		c.noAnswer()
	}
	if l.deaf && now.Before(l.nextPoll) {
		return l.nextPoll
	}
	l.deaf = false
	o := c.nextOut(now)
	if o == nil {
		if at := c.nextTurn(); now.Before(at) {
			return at
		}
	}
	if _, ok := c.strikes(Silent, 0); ok {
		l.deaf, l.nextPoll = true, now.Add(l.pollEvery)
		return l.nextPoll
	}
	if o != nil {
		c.sendData(o, now)
	} else {
		c.poll(now)
	}
	return l.deadline
}

func (c *Cabinet) poll(now time.Time) {
	c.link.nextPoll = now.Add(c.link.pollEvery)
	if c.link.unanswered >= 5 && c.line != nil {
		c.line.Discard()
	}
	c.counters.Polls++
	c.write(frame{cmd: cmdPoll, bare: true}.bytes())
	c.link.polled = time.Now()
	c.expect(afterPoll)
}

// sendData sends a data frame for the first time or again.
func (c *Cabinet) sendData(o *outgoing, now time.Time) {
	l := &c.link
	if o.sent == 0 && !o.again {
		l.pack++
		if l.pack == 0 {
			l.pack = 1
		}
		o.pack = l.pack
	}
	o.sent++
	c.counters.Data++
	if o.sent > 1 || o.again {
		c.counters.Repeats++
	}
	l.queue = slices.DeleteFunc(l.queue, func(q *outgoing) bool { return q == o })
	l.out = o
	l.nextRepeat = now.Add(l.pollEvery)
	c.write(c.spoil(frame{cmd: o.cmd, pack: o.pack, text: o.text}.bytes()))
	c.expect(afterData)
}

func (c *Cabinet) expect(e exchange) {
	c.link.waiting = e
	c.link.deadline = time.Now().Add(c.opt.AnswerWithin)
}

// nextOut is the data frame whose turn it is, nil for none. A frame that waits
// for its ACK keeps all others back, but not for ever.
func (c *Cabinet) nextOut(now time.Time) *outgoing {
	l := &c.link
	if l.out != nil {
		if now.Before(l.nextRepeat) {
			return nil
		}
		return l.out
	}
	for _, o := range l.queue {
		if !o.notBefore.After(now) {
			return o
		}
	}
	return nil
}

// nextTurn is when the board speaks next if it has nothing to say now. No
// POLL comes between a frame and its repeat.
func (c *Cabinet) nextTurn() time.Time {
	l := &c.link
	if l.out != nil {
		return l.nextRepeat
	}
	at := l.nextPoll
	for _, o := range l.queue {
		if o.notBefore.Before(at) {
			at = o.notBefore
		}
	}
	return at
}

// noAnswer ends an exchange that the host let pass.
func (c *Cabinet) noAnswer() {
	l := &c.link
	was := l.waiting
	l.waiting = nothing
	if l.unanswered++; l.unanswered >= 2 && c.line != nil {
		c.line.Admit()
	}
	if was != afterData || l.out.sent <= repeats {
		return
	}
	c.counters.GivenUp++
	c.log.Debug("data frame given up", "cmd", l.out.cmd, "pack", l.out.pack)
	l.out = nil
	// Nobody listens: the tour of slot reports would only delay the POLLs.
	l.queue = slices.DeleteFunc(l.queue, func(o *outgoing) bool { return o.cmd == cmdSlot })
}

// receive takes what the reader found on the line.
func (c *Cabinet) receive(h heard) {
	id := c.enter(h)
	l := &c.link
	if h.line != c.line || !c.powered || l.deaf {
		return
	}
	if h.bad {
		c.counters.Garbled++
		return
	}
	if h.frame.cmd == cmdDrive && c.cutHost(h.frame, id) {
		return
	}
	if _, ok := c.lost(h.frame); ok {
		return
	}
	if l.waiting == nothing {
		c.counters.Late++
		c.log.Debug("answer out of turn", "cmd", h.frame.cmd)
		return
	}
	if l.waiting == afterPoll {
		c.enterAnswer(h.at.Sub(l.polled))
	}
	if h.frame.bare && h.frame.cmd == cmdAck {
		c.acked()
		return
	}
	if l.waiting == afterData {
		c.breach("frame %02X came where only an ACK of %02X may come", h.frame.cmd, l.out.cmd)
		return
	}
	l.waiting, l.unanswered = nothing, 0
	c.command(h.frame, id)
}

// lost reports a frame of the host that a fault takes off the line.
func (c *Cabinet) lost(f frame) (Fault, bool) {
	switch {
	case f.cmd == cmdDrive:
		return c.strikes(DropCommand, 0)
	case f.cmd == cmdAck && c.link.waiting == afterData:
		return c.strikes(DropHostAck, 0)
	}
	return Fault{}, false
}

// acked ends the exchange in hand.
func (c *Cabinet) acked() {
	l := &c.link
	was := l.waiting
	l.waiting, l.unanswered = nothing, 0
	c.counters.Acks++
	if was != afterData {
		return
	}
	o := l.out
	l.out = nil
	if o.arrived != nil {
		o.arrived()
		o.arrived = nil
	}
	if _, ok := c.strikes(RepeatFrame, 0); ok && !o.again {
		l.queue = append([]*outgoing{{cmd: o.cmd, text: o.text, pack: o.pack, again: true}}, l.queue...)
	}
}

// command takes a command that came in its turn: ACK first, the rest later.
func (c *Cabinet) command(f frame, id int) {
	if _, ok := c.strikes(Mute, 0); ok {
		return
	}
	l := &c.link
	switch {
	case f.bare:
		c.breach("command %02X has no PackNO", f.cmd)
		return
	case f.pack == 0:
		c.breach("command %02X has PackNO 0", f.cmd)
	}
	c.counters.Heard[hex(f.cmd)]++
	repeat := l.heard && l.hostCmd == f.cmd && l.hostPack == f.pack
	l.heard, l.hostCmd, l.hostPack = true, f.cmd, f.pack
	if _, ok := c.strikes(DropBoardAck, 0); !ok {
		c.write(frame{cmd: cmdAck, bare: true}.bytes())
	}
	if repeat && c.opt.DropRepeats {
		c.counters.Dropped++
		return
	}
	c.execute(f, id)
}
