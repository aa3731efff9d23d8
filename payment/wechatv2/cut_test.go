package wechatv2_test

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kioskd/payment/wechatv2"
	"kioskd/sale"
)

// A signed text says nothing about where a value ends: whoever can change an
// answer on its way may hide fields in the value of the one before, and the
// signature stays good. Nothing that the provider did not say comes of it.
func TestFieldsHiddenInOthers(t *testing.T) {
	o := sale.Order{Number: number, Product: sale.Product{Slot: 11, Price: 200}}
	base := map[string]string{"return_code": "SUCCESS", "return_msg": "OK", "appid": appID, "mch_id": mchID, "nonce_str": "ibuaiVcKdpRxkhJA"}
	with := func(pairs ...string) map[string]string {
		f := maps.Clone(base)
		for i := 0; i < len(pairs); i += 2 {
			f[pairs[i]] = pairs[i+1]
		}
		return f
	}
	unpaid := with("result_code", "SUCCESS", "out_trade_no", number, "trade_state", "NOTPAY", "trade_state_desc", "订单未支付", "attach", "machine=SH0042,slot=11", "total_fee", "200")
	refused := with("result_code", "FAIL", "err_code", "REFUNDNOTEXIST", "err_code_des", "退款单不存在")
	rapid.Check(t, func(t *rapid.T) {
		f := hide(t, rapid.SampledFrom([]map[string]string{unpaid, refused}).Draw(t, "answer"))
		f["sign"] = wechatv2.Sign(apiKey, "HMAC-SHA256", unpaid)
		if f["sign"] != wechatv2.Sign(apiKey, "HMAC-SHA256", f) { // it was the other one
			f["sign"] = wechatv2.Sign(apiKey, "HMAC-SHA256", refused)
		}
		if err := wechatv2.Verify(apiKey, "HMAC-SHA256", f); err != nil {
			t.Fatalf("the signature broke: %v", err) // then this test tests nothing
		}
		if f["result_code"] != "SUCCESS" {
			return // refused before it is read
		}
		if trade, err := wechatv2.ReadTrade(f, o); err == nil && trade.State != sale.TradeUnpaid && trade.State != sale.TradeUnclear {
			t.Errorf("%q is %s", f, trade.State)
		}
		for _, read := range []func(map[string]string, sale.Order) (sale.RefundReport, error){wechatv2.ReadRefund, wechatv2.ReadRefunds} {
			if report, err := read(f, o); err == nil {
				t.Errorf("%q is %+v", f, report)
			}
		}
	})
}

// hide joins some fields with those before them, in the order of their names.
func hide(t *rapid.T, f map[string]string) map[string]string {
	names := slices.Sorted(maps.Keys(f))
	joined, last := map[string]string{}, ""
	for i, name := range names {
		if i > 0 && rapid.Bool().Draw(t, name) {
			joined[last] += "&" + name + "=" + f[name]
			continue
		}
		joined[name], last = f[name], name
	}
	return joined
}
