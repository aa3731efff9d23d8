package sale

import (
	"errors"
	"slices"
	"time"

	"kioskd/sale/service"
)

// ServiceMode is how a technician opens the menu at the machine, and with what
// numbers it is used. While it is open nothing is sold.
type ServiceMode struct {
	PIN Doorkeeper
	// Chord are numbers that open it when they are pressed one after the other
	// while nobody buys, at most [ChordWithin] from first to last. A cancel
	// between them does not matter. Empty: there is none.
	Chord []Slot
	Door  bool    // it opens with the machine's door
	Keys  [5]Slot // for the four choices of a page and for going back
	Steps bool    // see [service.Setup]
}

// Doorkeeper knows the PIN. Try may take as long as a disk does.
type Doorkeeper interface {
	Digits() int // how many the PIN has
	// Try returns nil for the right PIN and ErrWrongPIN for another. After any
	// other error nobody may be let in.
	Try(pin string) error
	Locked() time.Duration // how long no PIN is looked at, 0 if one is
}

// ErrWrongPIN: that was not the PIN.
var ErrWrongPIN = errors.New("wrong PIN")

// session is a technician at the machine. It ends with the process: after a
// power cut the machine sells as before.
type session struct {
	began time.Time
	in    bool // the PIN was right
	state service.State
	facts []Row // of the page that tells them, as it was opened
}

func (s *session) at() time.Duration { return time.Since(s.began) }

// enter opens the session, which asks for the PIN first. What the numbers of
// the chord began is withdrawn like what a customer cancels: closed at the
// provider, and whoever paid it all the same has the money back. It reports
// false if somebody is being served.
func (m *Machine) enter() bool {
	if m.session != nil || m.draining || m.settling != nil || m.testing != nil {
		return false
	}
	if slices.ContainsFunc(m.orders, func(t *tracked) bool { return m.serves(t) }) {
		return false
	}
	if t := m.stage.order; t != nil && (t.order.State == Created || t.order.State == Awaiting) {
		m.withdraw(t, CauseCancelled)
	}
	m.stage.leave(m.o.Clock.Now())
	m.strokes, m.knocking = nil, false
	m.session = &session{began: time.Now()}
	m.session.state, _ = service.Next(m.setup(), m.session.state, service.Tick{})
	if m.o.Service.PIN.Locked() > 0 {
		m.session.state.Note = service.Locked
	}
	m.log.Info("service mode asks for the PIN")
	return true
}

// serves reports whether a customer has paid, and waits for the product.
func (m *Machine) serves(t *tracked) bool {
	switch t.order.State {
	case Paid, Dispensing:
		return true
	case Unknown:
		return m.stage.holds(t)
	}
	return false
}

func (m *Machine) setup() service.Setup {
	o := m.o.Service
	s := service.Setup{Steps: o.Steps, Digits: o.PIN.Digits(), Slot: m.menuSlot}
	for i, k := range o.Keys {
		s.Keys[i] = int(k)
	}
	return s
}

func (m *Machine) menuSlot(n int) (service.Slot, bool) {
	_, ok := m.product(Slot(n))
	s := m.shelf(Slot(n))
	return service.Slot{Counted: s.Counted, Stock: s.Stock, Closed: s.Closed != ""}, ok
}

// attend is the session's part of the clockwork.
func (m *Machine) attend() {
	if m.knocking && m.unattended() {
		m.enter()
	}
	if m.session != nil {
		m.serve(service.Tick{At: m.session.at()})
	}
}

// serve takes an event of the session and does what comes of it.
func (m *Machine) serve(e service.Event) {
	s := m.session
	was := s.state.Page
	var effects []service.Effect
	s.state, effects = service.Next(m.setup(), s.state, e)
	if s.state.Page == service.Facts && was != service.Facts {
		s.facts = m.facts()
	}
	for _, f := range effects {
		switch f := f.(type) {
		case service.JudgePIN:
			m.judgePIN(s, f.PIN)
		case service.Refill:
			m.change(Slot(f.Slot), Shelving{Stock: &f.Count, By: ByService})
		case service.Lock:
			m.change(Slot(f.Slot), Shelving{Open: &f.Open, By: ByService})
		case service.Test:
			m.testFor(s, Slot(f.Slot))
		case service.Leave:
			m.leaveService(f.Why)
		}
	}
}

func (m *Machine) change(slot Slot, want Shelving) {
	_, err := m.shelve(slot, want)
	if err != nil {
		m.log.Error("service mode could not change a slot", "slot", slot, "error", err)
	}
	m.serve(service.Done{OK: err == nil, At: m.session.at()})
}

// judgePIN asks the doorkeeper beside the machine's other work.
func (m *Machine) judgePIN(s *session, pin string) {
	keeper := m.o.Service.PIN
	m.wg.Go(func() {
		err := keeper.Try(pin)
		locked := keeper.Locked() > 0
		m.post(func() { m.judgedPIN(s, err, locked) })
	})
}

func (m *Machine) judgedPIN(s *session, err error, locked bool) {
	note := service.NoNote
	switch {
	case err == nil:
	case errors.Is(err, ErrWrongPIN):
		note = service.WrongPIN
		_ = m.act(Action{By: ByService, What: DeedWrongPIN})
	default:
		note = service.Failed
		m.log.Warn("service mode lets nobody in", "error", err)
	}
	if err != nil && locked {
		note = service.Locked
	}
	if m.session != s || m.failed != nil {
		return // it has ended meanwhile
	}
	m.serve(service.PINJudged{Note: note, At: s.at()})
	if err == nil {
		s.in = true
		_ = m.act(Action{By: ByService, What: DeedEntered})
	}
}

// testFor turns the motor that the technician has confirmed.
func (m *Machine) testFor(s *session, slot Slot) {
	t := &testRun{slot: slot, by: ByService, done: make(chan testEnd, 1)}
	m.beginTest(t)
	m.wg.Go(func() {
		select {
		case end := <-t.done:
			m.post(func() {
				if m.session == s {
					m.serve(service.TestEnded{Note: m.testNote(end), At: s.at()})
				}
			})
		case <-m.stopped:
		}
	})
}

func (m *Machine) testNote(end testEnd) service.Note {
	switch {
	case end.err != nil:
		m.log.Warn("service mode could not test a slot", "error", end.err)
		return service.Failed
	case end.order.State == Dispensed:
		return service.Fell
	case end.order.Cause == CauseNotDropped:
		return service.NotFell
	case end.order.Cause == CauseNotSent:
		return service.Failed
	}
	return service.Unproved
}

// leaveService ends the session; selling goes on.
func (m *Machine) leaveService(why service.Why) {
	if m.session.in {
		_ = m.act(Action{By: ByService, What: DeedLeft, To: string(why)})
	}
	m.log.Info("service mode ends", "why", why)
	m.session = nil
	m.stage.clear()
}
