package paytest

import "time"

var beijing = time.FixedZone("CST", 8*60*60)

// stamp writes a moment as the provider's clock shows it. s.mu is held.
func (s *Server) stamp(t time.Time) string {
	return t.Add(s.behaviour.Skew).In(beijing).Format(time.RFC3339)
}

// checkMchID checks a query's only parameter.
func (s *Server) checkMchID(q *request) *refusal {
	values := q.http.URL.Query()["mchid"]
	switch {
	case len(values) != 1:
		return paramError(internalParam, &detail{Field: "mchid", Issue: "required once", Location: "query"})
	case values[0] != s.merchant.MchID:
		return wrongMchID(values[0], "query")
	}
	return nil
}

// query answers both order queries. s.mu is held.
func (s *Server) query(q *request) (map[string]any, *refusal) {
	if r := s.checkMchID(q); r != nil {
		return nil, r
	}
	o := s.orders[q.no]
	if q.trade != "" {
		o = s.byTrade[q.trade]
	}
	if o == nil || s.clock().Sub(o.created) < s.behaviour.CreateLag {
		return nil, orderNotExist()
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
	m := map[string]any{
		"appid":            s.merchant.AppID,
		"mchid":            s.merchant.MchID,
		"out_trade_no":     o.no,
		"trade_state":      state,
		"trade_state_desc": stateText[state],
	}
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
	m["payer"] = map[string]any{"openid": openID(s.merchant.AppID, o.payer)}
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
