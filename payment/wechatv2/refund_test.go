package wechatv2_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kioskd/payment/wechatv2"
	"kioskd/sale"
)

func refundFields(pairs ...string) string {
	return signed(append([]string{
		"transaction_id", "4200001234202611231234567890", "out_trade_no", number, "total_fee", "200", "fee_type", "CNY", "cash_fee", "150",
		"out_refund_no", number + "R", "refund_id", "50000000382019052709732678859", "refund_fee", "200", "coupon_refund_fee", "50",
	}, pairs...)...)
}

func refundsFields(pairs ...string) string {
	return signed(append([]string{
		"transaction_id", "4200001234202611231234567890", "out_trade_no", number, "total_fee", "200", "refund_count", "2",
		"out_refund_no_0", "another", "refund_id_0", "1", "refund_fee_0", "7", "refund_status_0", "SUCCESS",
		"out_refund_no_1", number + "R", "refund_id_1", "50000000382019052709732678859", "refund_fee_1", "200", "refund_status_1", "PROCESSING",
		"refund_recv_accout_1", "支付用户零钱", "coupon_refund_id_1_0", "10000",
	}, pairs...)...)
}

func owed(t *testing.T, g *wechatv2.Client) sale.Order {
	o := order(t, g)
	o.Payment.TransactionID, o.Cause = "4200001234202611231234567890", sale.CauseNotDropped
	return o
}

func TestRefund(t *testing.T) {
	s := newStub(t, says(refundFields()))
	g := client(t, settings(t, s.URL))
	o := owed(t, g)
	want := sale.RefundReport{Status: sale.RefundProcessing, ID: "50000000382019052709732678859"}
	if got, err := g.Refund(t.Context(), o); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	o.Payment.TransactionID, o.Cause = "", sale.CauseLate // lost with a ledger
	if got, err := g.Refund(t.Context(), o); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	base := map[string]string{
		"appid": appID, "mch_id": mchID, "sign_type": "HMAC-SHA256", "out_refund_no": number + "R",
		"total_fee": "200", "refund_fee": "200", "refund_fee_type": "CNY",
	}
	for i, more := range []map[string]string{
		{"transaction_id": "4200001234202611231234567890", "refund_desc": "商品未能出货，款项退回"},
		{"out_trade_no": number, "refund_desc": "订单已超时，款项退回"},
	} {
		f, err := wechatv2.Decode([]byte(s.requests()[i].body))
		delete(f, "nonce_str")
		delete(f, "sign")
		for name, value := range base {
			more[name] = value
		}
		if diff := cmp.Diff(more, f); err != nil || diff != "" || s.requests()[i].path != "/secapi/pay/refund" {
			t.Errorf("%s %v %s", s.requests()[i].path, err, diff)
		}
	}
}

func TestQueryRefund(t *testing.T) {
	s := newStub(t, nil)
	g := client(t, settings(t, s.URL))
	for status, want := range map[string]sale.RefundStatus{
		"PROCESSING": sale.RefundProcessing, "SUCCESS": sale.RefundSuccess, "CHANGE": sale.RefundAbnormal, "REFUNDCLOSE": sale.RefundClosed,
	} {
		s.answer = says(refundsFields("refund_status_1", status))
		got, err := g.QueryRefund(t.Context(), owed(t, g))
		if err != nil || got != (sale.RefundReport{Status: want, ID: "50000000382019052709732678859"}) {
			t.Errorf("%s: %+v, %v", status, got, err)
		}
	}
	if r := s.requests()[0]; r.path != "/pay/refundquery" || !strings.Contains(r.body, "<out_refund_no><![CDATA["+number+"R]]>") {
		t.Errorf("%+v", r)
	}
}

func TestNoReportFrom(t *testing.T) {
	s := newStub(t, nil)
	g := client(t, settings(t, s.URL))
	refund := func() (sale.RefundReport, error) { return g.Refund(t.Context(), owed(t, g)) }
	query := func() (sale.RefundReport, error) { return g.QueryRefund(t.Context(), owed(t, g)) }
	for _, c := range []struct {
		name, answer string
		call         func() (sale.RefundReport, error)
		want         string
	}{
		{"another refund", refundFields("out_refund_no", "another"), refund, `the answer's out_refund_no is "another", the order's is "SH0042-000017-x7k2pR"`},
		{"another order", refundFields("out_trade_no", "another"), refund, `the answer's out_trade_no is "another", the order's is "SH0042-000017-x7k2p"`},
		{"another payment", refundFields("transaction_id", "1"), refund, `the answer's transaction_id is "…1", the order's is "…567890"`},
		{"less", refundFields("refund_fee", "1"), refund, `the answer's refund_fee is "1", the order's is "200"`},
		{"total", refundFields("total_fee", "1"), refund, `the answer's total_fee is "1", the order's is "200"`},
		{"currency", refundFields("refund_fee_type", "USD"), refund, `the answer's refund_fee_type is "USD", the order's is "CNY"`},
		{"no id", refundFields("refund_id", ""), refund, "the answer has no refund_id"},
		{"an answer to a query of orders", paidFields(), refund, `the answer's out_refund_no is "", the order's is "SH0042-000017-x7k2pR"`},
		{"not among them", refundsFields("out_refund_no_1", "another"), query, "the answer has no refund SH0042-000017-x7k2pR"},
		{"twice", refundsFields("out_refund_no_0", number+"R"), query, "the answer has the refund twice"},
		{"none", signed("out_trade_no", number, "total_fee", "200", "transaction_id", "4200001234202611231234567890"), query, "the answer has no refund SH0042-000017-x7k2pR"},
		{"less of it", refundsFields("refund_fee_1", "1"), query, `the answer's refund_fee_1 is "1", the order's is "200"`},
		{"status", refundsFields("refund_status_1", "DONE"), query, `the answer's refund_status_1 "DONE" is not a listed one`},
		{"the wrong one's status", refundsFields("refund_status_1", ""), query, `the answer's refund_status_1 "" is not a listed one`},
	} {
		s.answer = says(c.answer)
		got, err := c.call()
		if got != (sale.RefundReport{}) || !errors.Is(err, sale.ErrTemporary) || !strings.Contains(err.Error(), ": "+c.want+" (") {
			t.Errorf("%s: %+v, %v; want %s", c.name, got, err, c.want)
		}
	}
}

// Whatever an answer says, reading it ends well, and what it yields is about
// this order.
func FuzzRead(f *testing.F) {
	f.Add([]byte(paidFields()))
	f.Add([]byte(refundFields()))
	f.Add([]byte(refundsFields()))
	f.Fuzz(func(t *testing.T, text []byte) {
		fields, err := wechatv2.Decode(text)
		if err != nil {
			return
		}
		o := sale.Order{Number: number, Product: sale.Product{Price: 200}}
		o.Payment.TransactionID = "4200001234202611231234567890"
		trade, err := wechatv2.ReadTrade(fields, o)
		if err != nil && trade != (sale.Trade{}) {
			t.Errorf("%+v came with %v", trade, err)
		}
		if trade.State != sale.TradeUnclear && fields["out_trade_no"] != number {
			t.Errorf("%+v of %q", trade, fields)
		}
		if trade.State == sale.TradePaid && (trade.Total != 200 || fields["total_fee"] != "200" || trade.PaidAt.IsZero() || trade.TransactionID == "") {
			t.Errorf("%+v of %q", trade, fields)
		}
		for _, read := range []func(map[string]string, sale.Order) (sale.RefundReport, error){wechatv2.ReadRefund, wechatv2.ReadRefunds} {
			report, err := read(fields, o)
			if err != nil && report != (sale.RefundReport{}) {
				t.Errorf("%+v came with %v", report, err)
			}
			if report.Status == sale.RefundSuccess && (fields["total_fee"] != "200" || fields["transaction_id"] != o.Payment.TransactionID) {
				t.Errorf("%+v of %q", report, fields)
			}
		}
	})
}
