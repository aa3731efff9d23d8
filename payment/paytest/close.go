package paytest

import (
	"fmt"
	"net/http"
	"time"
)

// close answers POST …/out-trade-no/{no}/close. s.mu is held. Nothing and no
// refusal means 204.
func (s *Server) close(q *request) *refusal {
	m, r := decodeStrict(q.body, s.table(closeFields, partnerCloseFields))
	if r == nil {
		r = s.checkParty(m)
	}
	if r != nil {
		return r
	}
	return s.closeOrder(q.no, m["sub_mchid"])
}

// closeOrder closes an order or says why not. s.mu is held.
func (s *Server) closeOrder(no string, sub any) *refusal {
	o := s.find(no)
	if o == nil {
		return orderNotExist()
	}
	if r := s.foreign(o, sub); r != nil {
		return r
	}
	switch age := s.clock().Sub(o.created); {
	case !o.paid.IsZero():
		return orderPaid(http.StatusBadRequest)
	case !o.closed.IsZero() && s.behaviour.CloseAgainFails:
		return orderClosed()
	case !o.closed.IsZero():
		return nil
	case !o.pinUntil.IsZero():
		return userPaying()
	case age < s.behaviour.CloseAge:
		return invalidRequest(fmt.Sprintf("订单生成后不能马上调用关单接口，最短调用时间间隔为%d分钟", int(s.behaviour.CloseAge/time.Minute)), internalUnspecified)
	}
	o.closed = s.clock()
	return nil
}
