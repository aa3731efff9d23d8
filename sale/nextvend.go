package sale

import "slices"

// paid waits for the machine. It is entered only while the machine is not
// ready, and left by a restart only after a new look at the payment.
func (s *step) paid(e Event) {
	switch e := e.(type) {
	case MachineReady:
		switch {
		case len(s.order.Failed) > 0:
			s.elsewhere(e)
		case e.Ready:
			s.dispense(CauseReady)
		default:
			s.refund(CauseNotReady, "")
		}
	case CallFailed:
		s.do(DoQuery)
	case TradeSeen:
		switch {
		case e.Trade.State == TradeRefunded:
			s.refundedThere(e)
		case e.Trade.State != TradePaid:
			s.do(DoQuery)
		case !e.Fresh:
			s.refund(CauseNotReady, "the customer has presumably gone")
		default:
			s.serve(e.Ready)
		}
	}
}

func (s *step) dispensing(e Event) {
	v, ok := e.(Vended)
	if !ok {
		return
	}
	failed := v.Verdict.Outcome == OutcomeNotDispensed && !v.Verdict.NotSent
	switch {
	case v.Verdict.Outcome == OutcomeUnknown:
		s.doubt(CauseNoProof, v.Verdict.Detail)
	case failed && v.Elsewhere && s.order.Policy.OtherSlot && len(s.order.Failed) < mostFailures:
		s.order.Failed = append(slices.Clone(s.order.Failed), s.order.Product.Slot)
		s.order.Evidence = nil
		s.to(Paid, CauseNotDropped, v.Verdict.Detail)
		s.do(DoAwaitReady)
	default:
		s.proved(v.Verdict)
	}
}

// mostFailures bounds how long a customer waits for a product that does not
// come out of one slot after the other.
const mostFailures = 2

// elsewhere goes on in a slot where this order has had no command.
func (s *step) elsewhere(e MachineReady) {
	if !e.Ready || e.Slot == 0 || slices.Contains(s.order.Failed, e.Slot) {
		s.refund(CauseNotDropped, "no other slot can serve it")
		return
	}
	s.order.Product.Slot, s.order.Evidence = e.Slot, e.Evidence
	s.dispense(CauseOtherSlot)
}

func (s *step) unknown(e Event) {
	switch e := e.(type) {
	case CallFailed:
		s.do(DoRecover)
	case Recovered:
		if e.Verdict.Outcome != OutcomeUnknown {
			s.proved(e.Verdict)
			return
		}
		policy := s.order.Policy
		switch {
		case policy.OnUnknown == UnknownCharge:
			s.order.Presumed = true
			s.to(Dispensed, CauseNoProof, e.Verdict.Detail)
		case policy.OnUnknown == UnknownHold, policy.HoldRefunds: // nothing is owed for certain
			s.to(Attention, CauseNoProof, e.Verdict.Detail)
			s.do(DoAlarm)
		default:
			s.refund(CauseNoProof, e.Verdict.Detail)
		}
	}
}

func (s *step) proved(v Verdict) {
	switch {
	case v.Outcome == OutcomeDispensed && v.Presumed:
		s.order.Presumed = true
		s.to(Dispensed, CauseNoProof, v.Detail)
	case v.Outcome == OutcomeDispensed:
		s.to(Dispensed, CauseDropped, v.Detail)
	case v.NotSent:
		s.refund(CauseNotSent, v.Detail)
	default:
		s.refund(CauseNotDropped, v.Detail)
	}
}

// serve gives the customer what was paid for, now or as soon as the machine
// can.
func (s *step) serve(ready bool) {
	if ready && len(s.order.Failed) == 0 {
		s.dispense(CauseReady)
		return
	}
	s.do(DoAwaitReady)
}

// dispense is the only place that permits the command, and it does so once in
// an order's life; after a failure that was proved, once more in another slot.
func (s *step) dispense(c Cause) {
	if s.order.Restored {
		s.ask()
		return
	}
	if s.order.Commands > len(s.order.Failed) || slices.Contains(s.order.Failed, s.order.Product.Slot) {
		s.doubt(c, "a command was permitted before")
		return
	}
	s.order.Commands++
	s.to(Dispensing, c, "")
	s.do(DoDispense)
}

func (s *step) doubt(c Cause, detail string) {
	s.order.Doubted = true
	s.to(Unknown, c, detail)
	s.investigate()
}

// investigate looks for evidence of what became of the command.
func (s *step) investigate() {
	if s.order.Restored {
		s.do(DoQuery)
		return
	}
	s.do(DoRecover)
}
