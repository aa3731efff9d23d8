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
