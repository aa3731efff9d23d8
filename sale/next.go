package sale

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
	case Dispensed:
		s.dispensed(e)
	case WrittenOff:
		s.writtenOff(e)
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
	if s.order.TestSale() {
		switch s.order.State {
		case Paid, Dispensing, Unknown: // the board here was never told, and must not be
			s.refund(CauseNotSent, "a test sale: nothing is dispensed")
			return
		}
	}
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
		s.order.Shown = e.Shown
		s.withdraw(e.Cause)
	case CallFailed:
		s.do(DoQuery)
	case TradeSeen:
		switch e.Trade.State {
		case TradePaid:
			s.order.Shown = e.Shown
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
