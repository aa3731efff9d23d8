package sale

import (
	"cmp"
	"slices"
)

// Next decides. Given an order and an event it returns the order as it shall
// be, the journal lines that lead there, and what may be done once that is
// durable. It reads no clock, does no I/O, and knows nothing of other orders.
//
// No lines means that nothing durable changed: there is nothing to commit, and
// the effects continue what the stored state already permits. An event that
// means nothing in the order's state returns the order, no lines, no effects.
func Next(o Order, e Event) (Order, []Line, []Effect) {
	s := step{order: o}
	if o.Test() {
		s.test(e)
		return s.result()
	}
	if _, again := e.(Restarted); again {
		s.restarted()
		return s.result()
	}
	if o.Restored && (o.State == Paid || o.State == Unknown) {
		s.lookedUp(e)
		return s.result()
	}
	switch o.State {
	case Created:
		s.created(e)
	case Awaiting:
		s.awaiting(e)
	case Closing:
		s.closing(e)
	case Closed:
		s.closed(e)
	case Paid:
		s.paid(e)
	case Dispensing:
		s.dispensing(e)
	case Unknown:
		s.unknown(e)
	case Refunding:
		s.refunding(e)
	case Attention:
		s.attention(e)
	}
	return s.result()
}

// Begin is the first step of a new order.
func Begin(o Order) (Order, []Line, []Effect) {
	s := step{order: o}
	s.to(Created, CauseSelected, "")
	s.do(DoCreate)
	return s.result()
}

// step collects what one call of Next decides.
type step struct {
	order   Order
	lines   []Line
	effects []Effect
}

func (s *step) to(state State, cause Cause, detail string) {
	s.order.State, s.order.Cause, s.order.Detail = state, cause, detail
	s.lines = append(s.lines, Line{state, cause, detail})
}

func (s *step) do(effects ...Effect) { s.effects = append(s.effects, effects...) }

func (s *step) result() (Order, []Line, []Effect) { return s.order, s.lines, s.effects }

// restarted takes an order up where the ledger has it. What was on the screen
// or on the wire is gone; what was permitted may have happened.
func (s *step) restarted() {
	switch s.order.State {
	case Created, Awaiting:
		s.withdraw(CauseRestart)
	case Closing, Paid:
		s.do(DoQuery)
	case Dispensing:
		s.doubt(CauseRestart, "the command may have left before the restart")
	case Unknown:
		s.investigate()
	case Refunding:
		s.do(DoQueryRefund)
	}
}

// lookedUp settles an order from a copy that had been paid. It may have been
// served since, and the board's evidence may be about later sales that nobody
// remembers. Only money that is on its way back is no question any more.
func (s *step) lookedUp(e Event) {
	switch e := e.(type) {
	case CallFailed:
		s.do(DoQuery)
	case TradeSeen:
		switch e.Trade.State {
		case TradePaid:
			s.ask()
		case TradeRefunded:
			s.to(Refunding, CauseRefundThere, "")
			s.do(DoQueryRefund)
		default:
			s.do(DoQuery)
		}
	}
}

// ask leaves a paid order from a copy to a person.
func (s *step) ask() {
	s.to(Attention, CauseRestored, "paid; whether it was served is not in the copy")
	s.do(DoAlarm)
}

func (s *step) created(e Event) {
	switch e := e.(type) {
	case CodeReady:
		s.order.CodeURL = e.CodeURL
		s.to(Awaiting, CauseCodeReady, "")
		s.do(DoQuery)
	case Withdraw:
		s.withdraw(e.Cause)
	case CallFailed:
		switch e.Why {
		case FailTemporary:
			s.do(DoCreate)
		default:
			s.to(Closing, CauseCreateFailed, e.Detail)
			s.do(DoQuery)
		}
	}
}

func (s *step) awaiting(e Event) {
	switch e := e.(type) {
	case Withdraw:
		s.withdraw(e.Cause)
	case CallFailed:
		s.do(DoQuery)
	case TradeSeen:
		switch e.Trade.State {
		case TradePaid:
			s.receive(e, CausePaid)
			s.serve(e.Ready)
		case TradeClosed:
			s.to(Closed, CauseClosedThere, "")
		case TradeRefunded:
			s.refundedThere(e)
		default:
			s.do(DoQuery)
		}
	}
}

// closing goes query, close, query, until the provider's verified word is
// paid or closed. A refused close decides nothing: it leads back to the query.
func (s *step) closing(e Event) {
	switch e := e.(type) {
	case CloseAccepted:
		s.do(DoQuery)
	case CodeReady:
		if s.order.Restored { // it is there now, if it was not: close it
			s.do(DoQuery)
		}
	case CallFailed:
		if s.order.Restored && e.Call == DoQuery && e.Why == FailNotFound {
			// Its code may have been shown, and "not found" is unsigned. An
			// order that is made now and closed is proof; one that exists
			// cannot be made again.
			s.do(DoCreate)
			return
		}
		// An order whose code nobody ever had cannot be paid; "not found" is
		// unsigned, so it closes only what was never payable.
		if e.Call == DoQuery && e.Why == FailNotFound && e.Settled && s.order.CodeURL == "" {
			s.to(Closed, CauseNeverCreated, "")
			return
		}
		s.do(DoQuery)
	case TradeSeen:
		switch e.Trade.State {
		case TradeUnpaid:
			s.do(DoClose)
		case TradeClosed:
			s.to(Closed, CauseClosedThere, "")
		case TradePaid:
			s.lateMoney(e)
		case TradeRefunded:
			s.refundedThere(e)
		default:
			s.do(DoQuery)
		}
	}
}

func (s *step) lateMoney(e TradeSeen) {
	if s.order.Restored {
		s.receive(e, CausePaid)
		s.ask()
		return
	}
	if e.InTime {
		s.receive(e, CausePaid)
		s.serve(e.Ready)
		return
	}
	was := s.order.Cause
	// The slot may have sold again since: the evidence of then would credit
	// this order with that product.
	s.order.Evidence = nil
	switch was {
	case CauseRestart, CauseNetwork, CauseScreen:
		// The code went for a reason of ours: the customer may have paid well
		// in time, and must not be told otherwise.
		s.receive(e, CausePaid)
	default:
		s.order.Late = true
		s.receive(e, CauseLate)
		was = CauseLate
	}
	if s.order.Policy.LateDispense && e.Fresh {
		s.serve(e.Ready)
		return
	}
	s.refund(was, "")
}

// closed looks twice more, because a payment after the close would otherwise
// be found only in the bill.
func (s *step) closed(e Event) {
	switch e := e.(type) {
	case SweepDue:
		if s.order.Sweeps < SweepsWanted {
			s.do(DoQuery)
		}
	case CallFailed:
		if e.Why == FailNotFound || e.Why == FailRefused {
			s.swept()
			return
		}
		s.do(DoQuery)
	case TradeSeen:
		switch e.Trade.State {
		case TradePaid:
			if s.order.Restored {
				s.lateMoney(e)
				return
			}
			s.order.Late = true
			s.receive(e, CauseLate)
			s.refund(CauseLate, "")
			s.do(DoAlarm)
		case TradeRefunded:
			s.refundedThere(e)
			s.do(DoAlarm)
		case TradeClosed, TradeUnpaid:
			s.swept()
		default:
			s.do(DoQuery)
		}
	}
}

func (s *step) swept() {
	s.order.Sweeps++
	s.to(Closed, CauseSwept, "")
}

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
		switch s.order.Policy.OnUnknown {
		case UnknownCharge:
			s.order.Presumed = true
			s.to(Dispensed, CauseNoProof, e.Verdict.Detail)
		case UnknownHold:
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

func (s *step) refunding(e Event) {
	switch e := e.(type) {
	case RefundSeen:
		s.order.Refund.ID = e.Report.ID
		s.refundReport(e.Report)
	case CallFailed:
		s.refundFailed(e)
	}
}

func (s *step) refundReport(r RefundReport) {
	was := s.order.Refund.Status
	s.order.Refund.Status = r.Status
	switch r.Status {
	case RefundSuccess:
		s.to(Refunded, CauseRefunded, "")
	case RefundAbnormal, RefundClosed:
		s.to(Attention, CauseRefundFailed, "the provider says: "+string(r.Status))
		s.do(DoAlarm)
	default:
		if was != r.Status {
			s.to(Refunding, s.order.Cause, "accepted by the provider")
		}
		s.do(DoQueryRefund)
	}
}

// refundFailed repeats with the same number for ever, but for a refusal: that
// is kept, the provider is asked once whether the refund exists all the same,
// and if not, a person must act.
func (s *step) refundFailed(e CallFailed) {
	switch {
	case e.Call == DoRefund && e.Why == FailRefused:
		s.order.Refund.Refusal = cmp.Or(e.Detail, "refused")
		s.to(Refunding, s.order.Cause, "refused: "+e.Detail)
		s.do(DoQueryRefund)
	case e.Call == DoQueryRefund && e.Why == FailNotFound && s.order.Refund.Refusal != "":
		s.to(Attention, CauseRefundFailed, s.order.Refund.Refusal)
		s.do(DoAlarm)
	case e.Call == DoQueryRefund && e.Why != FailNotFound:
		s.do(DoQueryRefund)
	default:
		if e.Call == DoRefund && (e.Why == FailNotEnough || e.Why == FailMerchant) {
			s.do(DoAlarm)
		}
		s.do(DoRefund)
	}
}

func (s *step) attention(e Event) {
	r, ok := e.(Resolved)
	if !ok {
		return
	}
	switch r.As {
	case Dispensed:
		s.order.Presumed = true
		s.to(Dispensed, CausePerson, r.Reason)
	case Refunding:
		s.order.Refund.Refusal = ""
		s.to(Refunding, CausePerson, r.Reason)
		s.do(DoQueryRefund)
	}
}

func (s *step) withdraw(c Cause) {
	s.to(Closing, c, "")
	s.do(DoQuery)
}

func (s *step) receive(e TradeSeen, c Cause) {
	if s.order.Product.Price == 0 {
		s.order.Product.Price = e.Trade.Total
	}
	s.order.Payment = Payment{TransactionID: e.Trade.TransactionID, PaidAt: e.Trade.PaidAt}
	s.to(Paid, c, "")
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

func (s *step) refund(c Cause, detail string) {
	s.to(Refunding, c, detail)
	s.do(DoRefund)
}

// refundedThere: somebody asked for a refund at the provider. Whatever it is,
// nothing is dispensed; our own refund is looked for and, if it is not the
// one, asked for: the provider refuses to pay back more than was paid.
func (s *step) refundedThere(e TradeSeen) {
	s.receive(e, CauseRefundThere)
	s.to(Refunding, CauseRefundThere, "")
	s.do(DoQueryRefund)
}
