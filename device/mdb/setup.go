package mdb

import "time"

// held reports whether the adapter must be left alone: a vend of this process
// is under way, or perhaps one of the process before. Recover says so at once
// if there is one.
func (d *Dev) held(now time.Time) bool {
	return d.vend.running() || d.link.listens > 0 || now.Sub(d.link.started) < d.patience.first
}

// setUp takes the next step towards a reader that is set up.
func (d *Dev) setUp(now time.Time) {
	l := &d.link
	if d.held(now) || d.text != nil && l.heard.IsZero() {
		return
	}
	if d.text == nil {
		d.setUpBox(now)
		return
	}
	if now.Before(l.rest) || !l.told.IsZero() && now.Sub(l.told) < answerWithin {
		return
	}
	if !l.told.IsZero() {
		l.step = 0 // it was not answered
	}
	l.told = now
	d.life.Line.Write([]byte(d.text.setUp()[l.step]))
}

// setUpBox ends what an earlier process may have left open.
func (d *Dev) setUpBox(now time.Time) {
	l := &d.link
	if !l.told.IsZero() && now.Sub(l.told) < d.patience.pause {
		return
	}
	l.told = now
	switch l.step++; {
	case l.state != unheard: // the machine has begun anew since
		l.ready = true
	case l.step == 1:
		if !d.doubted { // or it might deny a vend that was approved
			d.say(deny)
		}
	case l.step == 2:
		if d.settings.Mode == modeSession {
			d.say(endRequest)
		}
	default:
		l.ready = true
		if d.settings.Mode == modeSession {
			l.state = switchedOn // a machine that was here before does not say so again
		}
	}
}

// stepped: the adapter took the line. A reader that was told to be on, as now
// and then, and was not, has lost its power and its settings.
func (d *Dev) stepped(m message, now time.Time) {
	l := &d.link
	if m.switched && l.ready {
		d.log.Warn("the adapter had forgotten that it was on; it is set up again")
		l.ready, l.step, l.told, l.state = false, 0, time.Time{}, unheard
		return
	}
	if l.ready || l.told.IsZero() {
		return
	}
	l.step, l.told = l.step+1, time.Time{}
	if l.step == len(d.text.setUp()) {
		l.ready, l.fault, l.watched = true, nil, now
		d.log.Info("reader set up", "mode", d.settings.Mode, "waits", d.waits)
	}
}

// refusedBy: the adapter could not do what it was told.
func (d *Dev) refusedBy(m message, now time.Time) {
	l := &d.link
	d.log.Warn("the adapter refuses", "answer", m.text)
	if !l.ready && !l.told.IsZero() {
		l.step, l.told, l.rest = 0, time.Time{}, now.Add(refusedRest)
		l.fault = d.life.Board.Fault("refuses a setting: "+m.text, "its firmware may be old; see docs/controllers/mdb.md")
	}
}

// watch finds a reader that has lost its power, and a state that was not heard
// of: nothing tells it again.
func (d *Dev) watch(now time.Time) {
	l := &d.link
	l.watched = now
	if l.state == unheard || l.state == inactive {
		l.ready, l.step, l.told = false, 0, time.Time{}
		return
	}
	d.life.Line.Write([]byte(switchOn))
}
