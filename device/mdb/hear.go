package mdb

import "time"

// hear takes one message.
func (d *Dev) hear(m message, now time.Time) {
	l := &d.link
	l.heard = now
	l.count++
	switch m.news {
	case configured:
		d.stepped(m, now)
	case refused:
		d.refusedBy(m, now)
	case wasReset, wasSetUp:
		l.state, l.began = inactive, time.Time{}
		d.reset(now)
		if m.news == wasSetUp {
			l.level = min(byte(d.settings.Level), max(m.level, 1))
			d.say(configure)
		}
	case asksIdentity:
		d.say(identify)
	case disabled:
		l.state = switchedOff
	case enabled:
		// Machines repeat READER ENABLE. Only where the adapter says so it
		// means that a session is over.
		if l.state != sessionOpen || m.over {
			l.sessionEnded(now)
		}
	case inSession:
		l.state = sessionOpen
	case request:
		d.requested(m, now)
	case cancelled:
		d.cancelled()
	case succeeded, failed:
		d.resulted(m)
	case completed:
		d.left("SESSION COMPLETE")
		l.sessionEnded(now)
		d.say(end)
	case readerCancel:
		d.withdrawn("cancelled by the vending machine")
		d.say(cancelledHere)
	case revalue, revalueLimit:
		d.say(noRevalue)
	case cashSale:
		d.log.Info("cash sale", "item", int(m.item))
	case unlisted:
		d.log.Warn("a message of no table", "message", m.text)
	}
	switch {
	case !m.over || m.news == wasReset:
	case m.news == disabled: // which does not stop a vend
		d.withdrawn("the vending machine has switched cashless payment off")
	default:
		d.left(m.text)
	}
}

// cancelled answers VEND CANCEL, as the specification wants it whatever was
// said before. One that crosses an approval leaves it open what the machine
// does.
func (d *Dev) cancelled() {
	d.left("VEND CANCEL")
	d.say(deny)
}

// sessionEnded: the reader is enabled, and another session may begin.
func (l *link) sessionEnded(now time.Time) {
	if l.state == sessionOpen {
		l.began, l.ended = time.Time{}, now
	}
	l.state = switchedOn
}
