package sale

// A stranger who scans a code first binds the order to a phone of his own, and
// whoever scans it then is told to order again. So a customer can ask for a new
// code: the old order is closed, and only when the provider has proved that
// nobody can pay it any more, a new one begins. If it was paid meanwhile, the
// customer has what he wanted.

// asksAnew reports whether a number asks for a new code of the product in hand.
func (m *Machine) asksAnew(pressed Slot) bool {
	return pressed == m.stage.slot || pressed == m.o.NewCode && pressed != 0
}

// awaitsNew reports whether a new code follows the one that is being closed.
func (s *stage) awaitsNew() bool { return s.renews && s.order.order.Cause != CauseCancelled }

// renewed begins the next order of a customer whose old code is closed.
func (m *Machine) renewed() {
	s := &m.stage
	if !s.renews || s.order.order.State != Closed || m.draining {
		return
	}
	slot := s.slot
	s.leave(m.o.Clock.Now())
	refusal, p, code := m.refusal(slot)
	if refusal != "" {
		m.stage.notice(refusal, p, code)
		return
	}
	m.check(p, m.candidates(slot))
}
