package mdbtest

import (
	"time"

	"kioskd/device/devicetest"
)

// vmc is the machine's controller: the master of the bus.
type vmc struct {
	machine *Machine
	phase   phase
	since   time.Time // of the phase
	silent  int       // blocks in a row without an answer
	next    [][]byte  // blocks that wait for their turn
	enables int       // READER ENABLEs that are sent though it is enabled
	session bool      // a session is open
	maxResp time.Duration
	life    int

	want *wish // what a customer has pressed and nobody has asked for yet
	vend *vend // what was asked for
}

// phase is where the machine stands with the reader.
type phase int

const (
	resetting  phase = iota // RESET is sent until it is acknowledged, then JUST RESET awaited
	settingUp               // SETUP is sent until the configuration comes
	naming                  // the rest of the set-up
	ready                   // the reader is enabled
	asking                  // VEND REQUEST, not answered yet
	vending                 // approved
	ending                  // SESSION COMPLETE, END SESSION awaited
	cancelling              // VEND CANCEL, VEND DENIED awaited
	dead                    // without power
)

// answerMost is how long the reader may take to answer VEND CANCEL and SESSION
// COMPLETE.
const answerMost = 2 * time.Second

// wish is a press.
type wish struct {
	slot *Slot
	at   time.Time
}

// vend is one request.
type vend struct {
	slot     *Slot
	at       time.Time
	approved time.Time
	fell     bool
	jam      bool
}

func (v *vmc) to(p phase) { v.phase, v.since = p, time.Now() }

// boot begins with a reset of the reader.
func (v *vmc) boot() {
	v.next, v.vend, v.session = nil, nil, false
	v.life++
	v.to(resetting)
}

// turn sends one block and takes its answer.
func (v *vmc) turn(now time.Time) {
	if v.phase == dead {
		return
	}
	v.motor(now)
	v.plan(now)
	block := sealed(0x12)
	if len(v.next) > 0 {
		block, v.next = v.next[0], v.next[1:]
	}
	v.machine.polls++
	answer := v.machine.adapter.bus(block)
	if answer == nil {
		if v.silent++; v.silent >= 5 && v.phase != resetting {
			v.machine.log.Debug("the reader does not answer")
			v.abandon()
		}
		return
	}
	v.silent = 0
	if len(answer) == 1 && answer[0] == 0 {
		v.acknowledged(block)
		return
	}
	v.take(answer, now)
}

// abandon is the end of a reader that does not answer: it is reset.
func (v *vmc) abandon() { v.boot() }

// plan queues what the phase calls for.
func (v *vmc) plan(now time.Time) {
	if len(v.next) > 0 {
		return
	}
	send := func(b ...byte) { v.next = append(v.next, sealed(b...)) }
	in := now.Sub(v.since)
	switch v.phase {
	case resetting:
		if in >= 0 {
			send(0x10)
			v.since = now.Add(5 * v.machine.opt.PollEvery)
		}
	case settingUp:
		if in >= 0 {
			send(0x11, 0x00, 0x03, 0x00, 0x00, 0x00)
			v.since = now.Add(5 * v.machine.opt.PollEvery)
		}
	case ready:
		v.idle(now)
	case asking:
		limit := v.maxResp
		if g := v.machine.opt.GiveUp; g > 0 {
			limit = g
		}
		if in > max(limit, 0) {
			v.cancel()
		}
	case ending, cancelling:
		if in > answerMost {
			v.boot() // the reader does not answer a command that it must answer
		}
	}
}

// idle is an enabled reader and nobody who has chosen.
func (v *vmc) idle(now time.Time) {
	m := v.machine
	switch {
	case m.off:
		v.next = append(v.next, sealed(0x14, 0x00))
		v.to(naming)
	case v.enables > 0:
		v.enables--
		v.next = append(v.next, sealed(0x14, 0x01))
	case v.want != nil && (!m.opt.Session || v.session):
		s := v.want.slot
		v.vend, v.want = &vend{slot: s, at: now}, nil
		m.requests = append(m.requests, devicetest.Press{At: now, Slot: s.Number, Taken: true})
		v.ask(s)
		v.to(asking)
	}
}

// ask is VEND REQUEST.
func (v *vmc) ask(s *Slot) {
	v.next = append(v.next, sealed(0x13, 0x00, byte(s.Price>>8), byte(s.Price), byte(s.Number>>8), byte(s.Number)))
}

// acknowledged is an ACK of the reader.
func (v *vmc) acknowledged(block []byte) {
	if v.phase == naming && block[0]&7 == 4 && block[1] == 1 {
		v.to(ready)
	}
	if v.phase == naming && block[0]&7 == 2 && !v.machine.off && len(v.next) == 0 {
		v.next = append(v.next, sealed(0x14, 0x01))
	}
}

// complete is SESSION COMPLETE.
func (v *vmc) complete() {
	v.next = append(v.next, sealed(0x13, 0x04))
	v.to(ending)
}

// cancel is VEND CANCEL.
func (v *vmc) cancel() {
	v.next = append(v.next, sealed(0x13, 0x01))
	v.to(cancelling)
}

// motor lets what was approved fall, and tells its result.
func (v *vmc) motor(now time.Time) {
	w := v.vend
	if v.phase != vending {
		return
	}
	m := v.machine
	in := now.Sub(w.approved)
	if c := m.next.RestartBefore; c && in >= m.opt.VendTime/3 {
		m.next.RestartBefore = false
		m.powerCycle()
		return
	}
	if in >= m.opt.VendTime*3/5 && !w.fell && !w.jam && w.slot.Stock > 0 {
		w.fell = true
		w.slot.Stock--
		m.drops = append(m.drops, devicetest.Drop{At: now, Slot: w.slot.Number, Command: len(m.commands) - 1})
		if m.next.RestartAfter {
			m.next.RestartAfter = false
			m.powerCycle()
			return
		}
	}
	if in < m.opt.VendTime {
		return
	}
	item := w.slot.Number
	if w.fell {
		v.next = append(v.next, sealed(0x13, 0x02, byte(item>>8), byte(item)))
	} else {
		v.next = append(v.next, sealed(0x13, 0x03))
	}
	v.complete()
}

// powerCycle takes the machine's power away for BootTime.
func (m *Machine) powerCycle() {
	m.vmc.next, m.vmc.vend, m.vmc.want = nil, nil, nil
	m.vmc.to(dead)
	life := m.vmc.life
	time.AfterFunc(m.opt.BootTime, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.vmc.life == life && m.vmc.phase == dead {
			m.vmc.boot()
		}
	})
}

// sealed adds the checksum.
func sealed(b ...byte) []byte { return append(b, sum(b)) }

func sum(b []byte) (s byte) {
	for _, c := range b {
		s += c
	}
	return s
}
