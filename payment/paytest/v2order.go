package paytest

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"time"
)

// v2Time is how API v2 writes a moment, in Beijing time.
const v2Time = "20060102150405"

var v2Amount = matches(regexp.MustCompile(`^[1-9][0-9]{0,9}$`), "not a number of fen from 1")

// v2Tables are the request tables of the documents (unifiedorder, orderquery,
// closeorder, refund, refundquery; as of 2025).
var v2Tables = map[Call][]field{
	CallCreate: {
		{name: "appid", required: true, max: 32},
		{name: "device_info", max: 32},
		{name: "body", required: true, max: 128},
		{name: "detail", max: 6000},
		{name: "attach", max: 127},
		{name: "out_trade_no", required: true, check: checkTradeNumber},
		{name: "fee_type", max: 16, check: checkCurrency},
		{name: "total_fee", required: true, check: v2Amount},
		{name: "spbill_create_ip", required: true, max: 64, check: checkIP},
		{name: "time_start", check: checkV2Time},
		{name: "time_expire", check: checkV2Time},
		{name: "goods_tag", max: 32},
		{name: "notify_url", required: true, max: 256, check: checkNotifyURL},
		{name: "trade_type", required: true, check: oneOf("NATIVE")},
		{name: "product_id", required: true, max: 32},
		{name: "limit_pay", max: 32},
	},
	CallQuery: {{name: "appid", required: true, max: 32}, {name: "transaction_id", max: 32}, {name: "out_trade_no", max: 32}},
	CallClose: {{name: "appid", required: true, max: 32}, {name: "out_trade_no", required: true, max: 32}},
	CallRefund: {
		{name: "appid", required: true, max: 32},
		{name: "transaction_id", max: 32},
		{name: "out_trade_no", check: checkTradeNumber},
		{name: "out_refund_no", required: true, check: checkRefundNumber},
		{name: "total_fee", required: true, check: v2Amount},
		{name: "refund_fee", required: true, check: v2Amount},
		{name: "refund_fee_type", max: 8, check: checkCurrency},
		{name: "refund_desc", max: 80},
		{name: "refund_account", check: oneOf("REFUND_SOURCE_UNSETTLED_FUNDS", "REFUND_SOURCE_RECHARGE_FUNDS")},
		{name: "notify_url", max: 256, check: checkNotifyURL},
	},
	CallQueryRefund: {{name: "appid", required: true, max: 32}},
}

func checkV2Time(s string) string {
	if _, err := time.ParseInLocation(v2Time, s, beijing); err != nil {
		return "not yyyyMMddHHmmss"
	}
	return ""
}

// createV2 answers POST /pay/unifiedorder. The books keep an order as API v3
// describes it. s.mu is held.
func (s *Server) createV2(q *request) (map[string]any, *refusal) {
	f := q.fields
	params := maps.Clone(f)
	delete(params, "nonce_str")
	delete(params, "sign")
	as := map[string]any{}
	for name, value := range params {
		as[name] = value
	}
	text := "v2" + canonical(as)
	m := map[string]any{
		"out_trade_no": f["out_trade_no"], "description": f["body"], "attach": f["attach"],
		"amount":     map[string]any{"total": json.Number(f["total_fee"])},
		"scene_info": map[string]any{"device_id": f["device_info"]},
	}
	if expire, err := time.ParseInLocation(v2Time, f["time_expire"], beijing); err == nil {
		m["time_expire"] = expire.Format(time.RFC3339)
	}
	code, r := s.place(m, text, []byte(text))
	if r != nil {
		return nil, r
	}
	answer := map[string]any{
		"trade_type": "NATIVE", "prepay_id": "wx" + s.token("0123456789abcdef", 34), "code_url": code,
	}
	if f["device_info"] != "" {
		answer["device_info"] = f["device_info"]
	}
	return answer, nil
}

// queryV2 answers POST /pay/orderquery. s.mu is held.
func (s *Server) queryV2(q *request) (map[string]any, *refusal) {
	o := s.orders[q.fields["out_trade_no"]]
	if trade := q.fields["transaction_id"]; trade != "" {
		o = s.byTrade[trade]
	}
	if o == nil || s.clock().Sub(o.created) < s.behaviour.CreateLag {
		return nil, orderNotExist()
	}
	s.settle(o)
	t := s.transaction(o)
	m := map[string]any{"out_trade_no": o.no, "trade_state": t["trade_state"], "trade_state_desc": t["trade_state_desc"]}
	if o.attach != "" {
		m["attach"] = o.attach
	}
	if o.paid.IsZero() || t["trade_state"] == TradeRefund && s.rand.IntN(2) == 0 {
		return m, nil // the documents promise no more in these states
	}
	if o.device != "" {
		m["device_info"] = o.device
	}
	for name, value := range map[string]any{
		"openid": openID(s.merchant.AppID, o.payer), "is_subscribe": "N", "trade_type": "NATIVE", "bank_type": "OTHERS",
		"total_fee": o.total, "fee_type": "CNY", "cash_fee": o.payerTotal, "cash_fee_type": "CNY",
		"transaction_id": o.trade, "time_end": o.paid.Add(s.behaviour.Skew).In(beijing).Format(v2Time),
	} {
		m[name] = value
	}
	if off := o.total - o.payerTotal; off > 0 {
		m["coupon_fee"], m["coupon_count"], m["settlement_total_fee"] = off, 1, o.payerTotal
		m["coupon_id_0"], m["coupon_type_0"], m["coupon_fee_0"] = "10000", "CASH", off
	}
	return m, nil
}

// refundV2 answers POST /secapi/pay/refund. s.mu is held.
func (s *Server) refundV2(q *request) (map[string]any, *refusal) {
	f := q.fields
	m := map[string]any{
		"out_refund_no": f["out_refund_no"], "reason": f["refund_desc"],
		"amount": map[string]any{"refund": json.Number(f["refund_fee"]), "total": json.Number(f["total_fee"])},
	}
	for _, name := range []string{"transaction_id", "out_trade_no"} {
		if f[name] != "" {
			m[name] = f[name]
		}
	}
	if _, r := s.limited(func() (map[string]any, *refusal) { return s.refundAs(m) }); r != nil {
		return nil, r
	}
	answer := s.refundFieldsV2(s.refunds[f["out_refund_no"]], "")
	delete(answer, "refund_status")
	return answer, nil
}

// queryRefundV2 answers POST /pay/refundquery: one refund by its number, or
// all of an order. s.mu is held.
func (s *Server) queryRefundV2(q *request) (map[string]any, *refusal) {
	var found []*refund
	if r := s.refunds[q.fields["out_refund_no"]]; r != nil {
		found = []*refund{r}
	} else if o := s.find(q.no); o != nil && q.fields["out_refund_no"] == "" {
		found = o.refunds
	}
	if len(found) == 0 {
		return nil, &refusal{http.StatusOK, "RESOURCE_NOT_EXISTS", "退款单不存在", internalNotFound, nil}
	}
	s.settle(found[0].order)
	m := map[string]any{"refund_count": len(found)}
	for n, r := range found {
		maps.Copy(m, s.refundFieldsV2(r, "_"+fenText(int64(n))))
	}
	return m, nil
}

var v2Statuses = map[string]string{
	RefundProcessing: "PROCESSING", RefundSuccess: "SUCCESS", RefundAbnormal: "CHANGE", RefundClosed: "REFUNDCLOSE",
}

// refundFieldsV2 is a refund with the given end of the numbered names. s.mu is
// held.
func (s *Server) refundFieldsV2(r *refund, end string) map[string]any {
	o := r.order
	m := map[string]any{
		"transaction_id": o.trade, "out_trade_no": o.no, "total_fee": o.total, "fee_type": "CNY", "cash_fee": o.payerTotal,
		"out_refund_no" + end: r.no, "refund_id" + end: r.id, "refund_fee" + end: r.amount, "refund_channel" + end: "ORIGINAL",
		"refund_status" + end: v2Statuses[r.status],
	}
	if end == "" {
		return m
	}
	m["refund_recv_accout"+end] = "支付用户零钱" // as the provider spells it
	m["refund_account"+end] = "REFUND_SOURCE_UNSETTLED_FUNDS"
	if off := o.total - o.payerTotal; off > 0 {
		m["coupon_refund_fee"+end], m["coupon_refund_count"+end] = off*r.amount/o.total, 1
		m["coupon_refund_id"+end+"_0"] = "10000"
	}
	if r.status == RefundSuccess {
		m["refund_success_time"+end] = r.settled.Add(s.behaviour.Skew).In(beijing).Format("2006-01-02 15:04:05")
	}
	return m
}
