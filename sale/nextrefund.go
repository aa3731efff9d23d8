package sale

import "cmp"

func (s *step) refunding(e Event) {
	switch e := e.(type) {
	case RefundSeen:
		s.order.Refund.ID = e.Report.ID
		s.refundReport(e.Report)
	case CallFailed:
		s.refundFailed(e)
	}
}

// DetailRefundTaken is the journal's word for a refund that the provider has
// taken and not finished.
const DetailRefundTaken = "accepted by the provider"

// DetailRefundClosed is the journal's word for a refund that the provider has
// ended without paying: if one follows it has another number.
const DetailRefundClosed = "closed: the provider has ended the refund and no money moved; kioskd refund asks again, or use the merchant portal"

func (s *step) refundReport(r RefundReport) {
	was := s.order.Refund.Status
	s.order.Refund.Status = r.Status
	switch r.Status {
	case RefundSuccess:
		s.to(Refunded, CauseRefunded, "")
	case RefundAbnormal:
		s.to(Attention, CauseRefundFailed, "abnormal: the customer's bank has refused the money; send it to another card of his in the merchant portal")
		s.do(DoAlarm)
	case RefundClosed:
		s.to(Attention, CauseRefundFailed, DetailRefundClosed)
		s.do(DoAlarm)
	default:
		if was != r.Status {
			s.to(Refunding, s.order.Cause, DetailRefundTaken)
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
	case e.Call == DoQueryRefund && e.Why == FailNotFound && s.order.Policy.HoldRefunds && !s.order.Refund.ByPerson:
		// Money went back under a number of somebody else's, if any did.
		s.to(Attention, CauseRefundHeld, "a refund was asked for at the provider: look there what has become of it")
		s.do(DoAlarm)
	case e.Call == DoQueryRefund && e.Why != FailNotFound:
		if e.Why == FailMerchant {
			s.do(DoAlarm)
		}
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
		if s.order.Cause == CauseRefundFailed {
			return // a refund was asked for, and what refused it may have been forged
		}
		s.order.Presumed = true
		s.to(Dispensed, CausePerson, r.Reason)
	case WrittenOff:
		s.to(WrittenOff, CausePerson, r.Reason)
	case Refunding:
		s.giveBack(r.Reason)
	}
}

// writtenOff: the customer may turn up after all.
func (s *step) writtenOff(e Event) {
	if r, ok := e.(Resolved); ok && r.As == Refunding {
		s.giveBack(r.Reason)
	}
}

// dispensed: nothing happens to it any more, unless a person gives the money
// back for a product that fell.
func (s *step) dispensed(e Event) {
	if r, ok := e.(Resolved); ok && r.As == Refunding && s.order.Refund == (Refund{}) {
		s.giveBack(r.Reason)
	}
}

// giveBack looks first for what a person may have done in the portal. A refund
// that was closed there has used up its number, and moved no money.
func (s *step) giveBack(reason string) {
	r := &s.order.Refund
	if r.Status == RefundClosed {
		r.Closed++
		r.ID = ""
	}
	r.ByPerson, r.Refusal, r.Status = true, "", ""
	s.to(Refunding, CausePerson, reason)
	s.do(DoQueryRefund)
}

// refund is the only way in which money goes back by itself. Where that is not
// wanted, no call has left yet, so that a person may still decide either way.
func (s *step) refund(c Cause, detail string) {
	if s.order.Policy.HoldRefunds {
		s.to(Attention, CauseRefundHeld, cmp.Or(detail, string(c)))
		s.do(DoAlarm)
		return
	}
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
