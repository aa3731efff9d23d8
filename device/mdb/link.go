package mdb

import (
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// Times of the talk with an adapter.
const (
	pingEvery    = time.Second
	answerWithin = time.Second     // of a setting
	refusedRest  = 5 * time.Second // before a setting that was refused is tried again
	takeUpWithin = 3 * time.Second // a request that nobody checks by then is denied
	beginEvery   = 5 * time.Second // a session that the machine does not take
	lastMoment   = 3 * time.Second // before the machine waits no more
)

// patience is what a test may shorten.
type patience struct {
	first time.Duration // how long nothing is said after the start, see Dev.held
	mine  time.Duration // how long Recover waits for the result of an approval of this process
	pause time.Duration // between two words to a box that passes one on at each POLL
	watch time.Duration // how often a reader is told to be on that should be
}

func defaultPatience() patience {
	return patience{first: 3 * time.Second, mine: 5 * time.Second, pause: time.Second, watch: 30 * time.Second}
}

// state of the reader, as far as it was heard.
type state int

const (
	unheard     state = iota
	inactive          // the machine has not set the reader up
	switchedOff       // the machine wants no payments
	switchedOn        // ... wants them
	sessionOpen       // ... and has a session open
)

// link is the state of the talk with the adapter. Guarded by Dev.mu.
type link struct {
	session int
	opened  time.Time
	heard   time.Time // the last message of this session
	count   int       // messages so far
	byteAt  time.Time
	pinged  time.Time
	watched time.Time
	state   state
	level   byte // the feature level that both sides know
	ready   bool // the reader is set up in this session
	fault   *sale.Fault
	listens int // calls of Recover that want nothing said

	step    int       // of setting up
	told    time.Time // when that step was written, zero if it was not
	rest    time.Time // until then nothing is set up
	began   time.Time // when a session was begun
	ended   time.Time // ... and ended
	started time.Time // when the first port was opened
}

// round takes what was read.
func (d *Dev) round(b []byte) {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	l := &d.link
	if s := d.life.Line.Session(); s != l.session {
		d.newSession(s, now)
	}
	if len(b) == 0 {
		if now.Sub(l.byteAt) >= 2*readWait {
			d.codec.stale()
		}
		return
	}
	l.byteAt = now
	all := d.codec.feed(b)
	for _, m := range all {
		d.hear(m, now)
	}
	if len(all) > 0 {
		d.mu.Changed()
	}
}

// newSession begins anew after the port was opened. The adapter may have lost
// its power, so a request that waited is not approved any more. The result of
// an approval may still come.
func (d *Dev) newSession(s int, now time.Time) {
	d.codec.stale()
	d.withdrawn("the adapter went away")
	d.link = link{
		session: s, opened: now, level: byte(d.settings.Level), listens: d.link.listens,
		started: since(d.link.started, now),
	}
	d.mu.Changed()
}

// since is when something happened, or else b.
func since(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}

// say tells the machine a word that is not an approval.
func (d *Dev) say(w word) {
	b, err := d.codec.say(w, 0, d.link.level)
	if err != nil {
		d.log.Error("a word that cannot be said", "error", err)
	}
	if len(b) > 0 {
		d.life.Line.Write(b) // the line logs what it cannot write
	}
}

// keep is the goroutine that sets the reader up and watches the time.
func (d *Dev) keep() {
	for !d.life.Closed() {
		d.life.Pause(d.life.Context(), tendEvery)
		if d.life.Line.Err() == nil {
			d.tend(time.Now())
		}
	}
}

func (d *Dev) tend(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := &d.link
	if l.session == 0 || l.session != d.life.Line.Session() || d.life.Closed() {
		return
	}
	d.overdue(now)
	if d.text != nil {
		last := since(l.heard, l.opened)
		if now.Sub(last) > device.ReopenAfter {
			d.life.Reopen()
			return
		}
		if now.Sub(last) >= pingEvery && now.Sub(l.pinged) >= pingEvery || l.pinged.IsZero() {
			l.pinged = now
			d.life.Line.Write([]byte(ping))
		}
	}
	switch {
	case !l.ready:
		d.setUp(now)
	case d.text != nil && !d.vend.open() && !d.vend.running() && now.Sub(l.watched) >= d.patience.watch:
		d.watch(now)
	case d.settings.Mode == modeSession && l.state == switchedOn && !d.vend.running() &&
		now.Sub(l.began) >= beginEvery && now.Sub(l.ended) >= d.patience.pause:
		l.began = now
		d.say(begin)
		if d.text == nil {
			l.state = sessionOpen
		}
	}
}

// overdue denies a request that nobody serves.
func (d *Dev) overdue(now time.Time) {
	v := d.vend
	if !v.open() {
		return
	}
	switch age := now.Sub(v.at); {
	case v.refusal:
		d.deny("its sale ended without a payment")
	case !v.checked && age >= takeUpWithin:
		d.deny("nobody took it up")
		d.life.Emit(sale.CancelPressed{})
	case age >= d.waits-lastMoment:
		d.deny("the vending machine waits no longer")
		d.life.Emit(sale.CancelPressed{})
	}
}
