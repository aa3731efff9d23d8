package vmc

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"kioskd/device"
)

const (
	// repeatsMost is how often a command is written again that was not
	// acknowledged, the document's limit. Never a 06.
	repeatsMost = 5
	// repeatWithin is when the same frame of the VMC is the same message: it
	// repeats after a POLL interval, which is two seconds at most.
	repeatWithin = 3 * time.Second
	// syncWithin keeps two sides from answering each other's 31 for ever.
	syncWithin = 2 * time.Second
)

// link is the state of the talk with the VMC. Guarded by Dev.mu.
type link struct {
	parser   Parser
	lastByte time.Time
	session  int
	opened   time.Time

	pack   byte       // PackNO of the next command
	queue  []*request // not written yet
	out    *request   // written, not acknowledged
	asked  *request   // its answer is waited for
	rest   bool       // the next POLL gets an ACK: one of ours may still be on its way to us
	synced time.Time  // when a 31 was written

	last   Frame // newest data frame of the VMC
	lastAt time.Time
	silent bool
}

// request is a command for the VMC.
type request struct {
	cmd    byte
	text   []byte
	vend   *vend // of a 06, which is written once
	answer func(Frame) bool

	// patience, if not 0, is how long after its ACK the answer may take.
	patience time.Duration

	pack    byte // 0 until it is written
	tries   int
	state   requestState
	ackedAt time.Time
	got     *Frame // what answer accepted
}

// inVain reports whether the patience with an acknowledged request is over.
func (r *request) inVain(now time.Time) bool {
	return r.patience > 0 && r.state == acked && now.Sub(r.ackedAt) >= r.patience
}

type requestState int

const (
	queued requestState = iota
	written
	acked
	givenUp // not acknowledged
)

// round takes what was read and answers it, in the goroutine that talks to the
// VMC. Only the newest frame is answered: of those before it the VMC has
// stopped waiting for an answer.
func (d *Dev) round(b []byte) {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	l := &d.link
	changed := false
	if s := d.life.Line.Session(); s != l.session {
		d.newSession(s, now)
		changed = true
	}
	var frames []Frame
	if l.parser.Pending() && now.Sub(l.lastByte) >= readWait {
		frames = l.parser.Break()
	}
	late := len(frames)
	if len(b) > 0 {
		l.lastByte = now
		frames = append(frames, l.parser.Feed(b)...)
	}
	for i, f := range frames {
		d.receive(f, i == len(frames)-1 && i >= late, now)
	}
	if d.watch(now) || changed || len(frames) > 0 {
		d.mu.Changed()
	}
}

// newSession begins the talk anew after the port was opened. A vend under way
// goes on: its words are waited for, and nothing is sent that could be taken
// for a restart of ours.
func (d *Dev) newSession(s int, now time.Time) {
	l := &d.link
	if l.session > 0 {
		d.breaks++
	}
	l.session, l.opened, l.silent = s, now, false
	l.parser.Reset()
	d.heard.Store(nil)
	if r := l.out; r != nil {
		l.out, l.rest = nil, true
		if r.vend != nil {
			d.giveUp(r)
		} else {
			l.pack = nextPack(r.pack)
			r.state, r.tries, r.pack = queued, 0, 0
			l.queue = slices.Insert(l.queue, 0, r)
		}
	}
	if !d.vending() {
		d.greet()
	}
}

func (d *Dev) vending() bool {
	for _, v := range d.vends {
		if v.number != "" && !v.over() && time.Since(v.sent) < vendMost {
			return true
		}
	}
	return false
}

// greet queues what the VMC must hear from a host that starts, or after it
// started itself.
func (d *Dev) greet() {
	l := &d.link
	l.queue = slices.DeleteFunc(l.queue, func(r *request) bool { return r.cmd == cmdSync || r.cmd == cmdInterval })
	first := []*request{{cmd: cmdSync}}
	if n := d.settings.PollInterval; n > 0 {
		first = append(first, &request{cmd: cmdInterval, text: []byte{byte(n)}})
	}
	l.queue = slices.Concat(first, l.queue)
}

// watch notices silence. It reports whether something changed.
func (d *Dev) watch(now time.Time) bool {
	l := &d.link
	if d.life.Line.Err() != nil || l.session == 0 {
		return false
	}
	since := l.opened
	if at := d.lastHeard(); !at.IsZero() {
		since = at
	}
	age := now.Sub(since)
	if age > device.ReopenAfter {
		d.life.Reopen()
		return true
	}
	if age > device.SilentAfter && !l.silent {
		l.silent = true
		d.breaks++
		d.log.Warn("the controller is silent")
		return true
	}
	return false
}

// receive takes one frame of the VMC. answer says whether it still waits for
// the answer.
func (d *Dev) receive(f Frame, answer bool, now time.Time) {
	l := &d.link
	d.heard.Store(&now)
	if l.silent {
		l.silent = false
		d.log.Info("the controller speaks again")
	}
	switch f.Cmd {
	case cmdPoll:
		if answer {
			d.polled(now)
		}
		return
	case cmdAck:
		d.acknowledged()
		return
	}
	if answer {
		d.write(ack)
	}
	if now.Sub(l.lastAt) < repeatWithin && f.Cmd == l.last.Cmd && bytes.Equal(f.Body, l.last.Body) {
		l.lastAt = now
		return
	}
	if l.last.Cmd != 0 && f.Pack() != nextPack(l.last.Pack()) && f.Pack() != l.last.Pack() {
		d.breaks++
	}
	l.last, l.lastAt = f, now
	d.hear(f, now)
}

// polled answers a POLL: with the command whose ACK did not come, with the
// next command, or with an ACK.
func (d *Dev) polled(now time.Time) {
	l := &d.link
	if r := l.out; r != nil {
		if r.vend == nil && r.tries <= repeatsMost {
			d.send(r, now)
			return
		}
		d.giveUp(r)
		d.write(ack)
		return
	}
	if l.rest || len(l.queue) == 0 {
		l.rest = false
		d.write(ack)
		return
	}
	d.send(l.queue[0], now)
}

// send writes a command. If no byte of it left it stays where it is.
func (d *Dev) send(r *request, now time.Time) {
	l := &d.link
	pack := cmp.Or(r.pack, l.pack)
	if n, err := d.life.Line.Write(data(r.cmd, pack, r.text...).Append(nil)); n == 0 && err != nil {
		return
	}
	r.pack = pack
	if l.out != r {
		l.queue = l.queue[1:]
		l.out = r
	}
	r.tries++
	r.state = written
	switch {
	case r.cmd == cmdSync:
		l.synced = now
	case r.vend != nil:
		r.vend.sent, r.vend.breaks = now, d.breaks
		d.driven[r.vend.slot]++
		d.pace.drive(now)
		d.vends[r.vend.slot] = r.vend
		d.log.Info("dispense command written", "order", string(r.vend.number), "slot", int(r.vend.slot), "pack", int(r.pack))
	}
}

// acknowledged ends the exchange under way. Only now the PackNO rises.
func (d *Dev) acknowledged() {
	l := &d.link
	r := l.out
	if r == nil {
		return
	}
	l.out, r.state, r.ackedAt, l.pack = nil, acked, time.Now(), nextPack(r.pack)
	if r.vend != nil {
		r.vend.acked = true
	}
}

// giveUp ends an exchange that was not acknowledged. Its PackNO is spent: were
// it used again, the VMC could take another command for the repeat of this one.
func (d *Dev) giveUp(r *request) {
	if d.link.out == r {
		d.link.out = nil
	}
	r.state, d.link.pack = givenUp, nextPack(r.pack)
	d.log.Warn("the controller did not acknowledge a command", "command", int(r.cmd), "pack", int(r.pack), "written", r.tries)
}

func (d *Dev) write(b []byte) { d.life.Line.Write(b) } // the line logs what it cannot write

// withdraw takes a request back: if it was not written it will not be.
func (d *Dev) withdraw(r *request) {
	l := &d.link
	l.queue = slices.DeleteFunc(l.queue, func(q *request) bool { return q == r })
	if l.asked == r {
		l.asked = nil
	}
	if l.out == r {
		d.giveUp(r)
		l.rest = true
	}
}
