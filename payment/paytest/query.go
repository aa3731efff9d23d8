package paytest

import "time"

var beijing = time.FixedZone("CST", 8*60*60)

// stamp writes a moment as the provider's clock shows it. s.mu is held.
func (s *Server) stamp(t time.Time) string {
	return t.Add(s.behaviour.Skew).In(beijing).Format(time.RFC3339)
}

// query answers both order queries. s.mu is held.
func (s *Server) query(q *request) (map[string]any, *refusal) {
	if r := s.checkQuery(q, s.numbers()...); r != nil {
		return nil, r
	}
	o := s.orders[q.no]
	if q.trade != "" {
		o = s.byTrade[q.trade]
	}
	if o == nil || s.clock().Sub(o.created) < s.behaviour.CreateLag {
		return nil, orderNotExist()
	}
	if r := s.foreign(o, q.http.URL.Query().Get("sub_mchid")); r != nil {
		return nil, r
	}
	s.settle(o)
	return s.transaction(o), nil
}

var stateText = map[string]string{
	TradeNotPay: "订单未支付", TradeSuccess: "支付成功", TradeClosed: "订单已关闭",
	TradeRefund: "转入退款", TradeUserPaying: "用户支付中，需要输入密码",
}

// transaction is the answer about an order. s.mu is held.
func (s *Server) transaction(o *order) map[string]any {
	state := o.state()
	if state == TradeNotPay && !o.pinUntil.IsZero() && s.behaviour.PINShowsPaying {
		state = TradeUserPaying
	}
	m := s.parties(o)
	m["out_trade_no"], m["trade_state"], m["trade_state_desc"] = o.no, state, stateText[state]
	amount := map[string]any{"total": o.total, "currency": "CNY"}
	if o.paid.IsZero() {
		// Real answers about unpaid orders carry these or not: a client may
		// depend on neither.
		if s.rand.IntN(2) == 0 {
			m["amount"], m["payer"], m["attach"] = amount, map[string]any{}, o.attach
		}
		return m
	}
	amount["payer_total"], amount["payer_currency"] = o.payerTotal, "CNY"
	m["amount"] = amount
	m["transaction_id"], m["trade_type"], m["bank_type"] = o.trade, "NATIVE", "OTHERS"
	if o.attach != "" {
		m["attach"] = o.attach
	}
	m["success_time"] = s.stamp(o.paid)
	m["payer"] = s.payer(o)
	if o.device != "" {
		m["scene_info"] = map[string]any{"device_id": o.device}
	}
	m["promotion_detail"] = []any{}
	if off := o.total - o.payerTotal; off > 0 {
		m["promotion_detail"] = []any{map[string]any{
			"coupon_id": "109519", "name": "立减", "scope": "GLOBAL", "type": "CASH",
			"amount": off, "wechatpay_contribute": off, "currency": "CNY",
		}}
	}
	return m
}
