package paytest

import (
	"slices"
	"time"
)

// refund answers POST /v3/refund/domestic/refunds. s.mu is held.
func (s *Server) refund(q *request) (map[string]any, *refusal) {
	return s.limited(func() (map[string]any, *refusal) {
		m, r := decodeStrict(q.body, s.table(refundFields, partnerRefundFields))
		if r == nil {
			r = s.checkParty(m)
		}
		if r != nil {
			return nil, r
		}
		return s.refundAs(m)
	})
}

// limited bounds the failing refund calls of a second. s.mu is held.
func (s *Server) limited(try func() (map[string]any, *refusal)) (map[string]any, *refusal) {
	now := s.clock()
	s.failing = slices.DeleteFunc(s.failing, func(t time.Time) bool { return now.Sub(t) >= time.Second })
	if limit := s.behaviour.RefundFailing; limit > 0 && len(s.failing) >= limit {
		return nil, tooFrequent("退款请求失败过于频繁，请稍后再试")
	}
	answer, r := try()
	if r != nil {
		s.failing = append(s.failing, now)
	}
	return answer, r
}

// refundAs carries out a refund whose fields have been checked. s.mu is held.
func (s *Server) refundAs(m map[string]any) (map[string]any, *refusal) {
	o, r := s.refundOrder(m)
	if r == nil {
		r = s.foreign(o, m["sub_mchid"])
	}
	if r != nil {
		return nil, r
	}
	no := m["out_refund_no"].(string)
	if old := s.refunds[no]; old != nil {
		old.posts++
		s.settle(old.order)
		if old.order != o || old.amount != number(m, "amount", "refund") || o.total != number(m, "amount", "total") {
			return nil, invalidRequest("商户退款单号重复：退款金额或订单与之前请求不一致", internalMismatch)
		}
		return s.refundAnswer(old), nil
	}
	if r := s.mayRefund(o, number(m, "amount", "refund"), number(m, "amount", "total")); r != nil {
		return nil, r
	}
	return s.refundAnswer(s.newRefund(o, no, m)), nil
}

// refundOrder finds the order that a refund names by one or both numbers.
func (s *Server) refundOrder(m map[string]any) (*order, *refusal) {
	trade, byTrade := m["transaction_id"].(string)
	no, byNumber := m["out_trade_no"].(string)
	var o *order
	switch {
	case byTrade:
		o = s.byTrade[trade]
	case byNumber:
		o = s.find(no)
	default:
		return nil, paramError(internalParam, &detail{
			Field: "/transaction_id", Issue: "transaction_id or out_trade_no is required", Location: "body"})
	}
	if o == nil {
		return nil, resourceNotExists("订单不存在")
	}
	if byTrade && byNumber && o.no != no {
		return nil, invalidRequest("transaction_id与out_trade_no不是同一笔订单", internalMismatch)
	}
	s.settle(o)
	if !byTrade && !o.paid.IsZero() && s.clock().Sub(o.paid) < s.behaviour.RefundLag {
		return nil, resourceNotExists("订单不存在")
	}
	return o, nil
}

// mayRefund says why a new refund is refused, or nil. s.mu is held.
func (s *Server) mayRefund(o *order, amount, total int64) *refusal {
	now := s.clock()
	switch {
	case o.paid.IsZero():
		return invalidRequest("订单未支付，不能退款", internalMismatch)
	case total != o.total:
		return invalidRequest("订单金额或退款金额与之前请求不一致，请核实后再试", internalMismatch)
	case amount > o.total-o.refunded():
		return invalidRequest("申请退款金额大于订单可退金额", internalMismatch)
	case now.Sub(o.paid) > refundLife:
		return invalidRequest("订单已经超过可退款的最大期限", internalUnspecified)
	case len(o.refunds) >= refundParts:
		return invalidRequest("部分退款次数超过50次", internalUnspecified)
	}
	if n := len(o.refunds); n > 0 && now.Sub(o.refunds[n-1].created) < s.behaviour.RefundSpacing {
		return tooFrequent("同一笔订单多次部分退款需间隔1分钟")
	}
	if s.funds != Unlimited && s.funds < amount {
		return notEnough()
	}
	return nil
}

func (s *Server) newRefund(o *order, no string, m map[string]any) *refund {
	now := s.clock()
	r := &refund{
		no:      no,
		id:      "503000" + s.token("0123456789", 23),
		order:   o,
		amount:  number(m, "amount", "refund"),
		created: now,
		due:     now.Add(s.behaviour.RefundDelay),
		status:  RefundProcessing,
		result:  s.behaviour.RefundResult,
		posts:   1,
	}
	r.reason, _ = m["reason"].(string)
	if s.funds != Unlimited {
		s.funds -= r.amount
	}
	o.refunds = append(o.refunds, r)
	s.refunds[no] = r
	s.settle(o)
	return r
}

// queryRefund answers GET /v3/refund/domestic/refunds/{no}. s.mu is held.
func (s *Server) queryRefund(q *request) (map[string]any, *refusal) {
	if s.partner {
		if r := s.checkQuery(q, "sub_mchid"); r != nil {
			return nil, r
		}
	}
	r := s.refunds[q.refundNo]
	if r == nil {
		return nil, resourceNotExists("退款单不存在")
	}
	if r := s.foreign(r.order, q.http.URL.Query().Get("sub_mchid")); r != nil {
		return nil, r
	}
	s.settle(r.order)
	return s.refundAnswer(r), nil
}

// refundAnswer is the refund object. s.mu is held.
func (s *Server) refundAnswer(r *refund) map[string]any {
	o := r.order
	payerRefund := r.amount * o.payerTotal / o.total // total is at least 1
	m := map[string]any{
		"refund_id":             r.id,
		"out_refund_no":         r.no,
		"transaction_id":        o.trade,
		"out_trade_no":          o.no,
		"channel":               "ORIGINAL",
		"user_received_account": "支付用户零钱",
		"create_time":           s.stamp(r.created),
		"status":                r.status,
		"funds_account":         "UNSETTLED",
		"amount": map[string]any{
			"total": o.total, "refund": r.amount, "from": []any{}, "currency": "CNY",
			"payer_total": o.payerTotal, "payer_refund": payerRefund,
			"settlement_refund": r.amount, "settlement_total": o.total,
			"discount_refund": r.amount - payerRefund,
		},
		"promotion_detail": []any{},
	}
	if r.status == RefundSuccess {
		m["success_time"] = s.stamp(r.settled)
	}
	return m
}
