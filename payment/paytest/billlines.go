package paytest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
)

// BillLine is one line of a trade bill of the type ALL. Amounts are fen.
type BillLine struct {
	At                                            time.Time // of the payment, or of the request for the refund
	AppID, MchID, DeviceID                        string
	TransactionID, OutTradeNo, OpenID, State      string // SUCCESS or REFUND
	Settled, Coupon, Total                        int64  // of a payment
	RefundID, OutRefundNo, RefundType, RefundWord string // the last is the status
	Refund, RefundAsked                           int64  // of a refund
	Product, Attach                               string
}

// The header of a bill of the type ALL, and the one above its sums.
// (pay.weixin.qq.com/docs/merchant/products/bill-download, format-trade)
const (
	billHeader = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类," +
		"应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
	billSums = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)

// RenderBill writes a bill as the provider does: a byte order mark, lines that
// end in CR and LF, a back-quote before each value and nothing behind it,
// amounts in yuan, and the sums at the end, of which the first counts the lines.
func RenderBill(lines []BillLine) []byte {
	var b bytes.Buffer
	b.WriteString("\uFEFF" + billHeader + "\r\n")
	var settled, refund, total, asked int64
	for _, l := range lines {
		none := func(s string) string {
			if l.State == TradeSuccess {
				return "0"
			}
			return s
		}
		writeBill(&b,
			l.At.In(beijing).Format(time.DateTime), l.AppID, l.MchID, "0", l.DeviceID, l.TransactionID, l.OutTradeNo, l.OpenID, "NATIVE", l.State,
			"OTHERS", "CNY", yuan(l.Settled), yuan(l.Coupon), none(l.RefundID), none(l.OutRefundNo), yuan(l.Refund), "0.00", l.RefundType, l.RefundWord,
			l.Product, l.Attach, "0.00000", "0.60%", yuan(l.Total), yuan(l.RefundAsked), "")
		settled, refund, total, asked = settled+l.Settled, refund+l.Refund, total+l.Total, asked+l.RefundAsked
	}
	b.WriteString(billSums + "\r\n")
	writeBill(&b, fmt.Sprintf("%d.0", len(lines)), yuan(settled), yuan(refund), "0.0", "0.0", yuan(total), yuan(asked))
	return b.Bytes()
}

func writeBill(b *bytes.Buffer, values ...string) {
	b.WriteString("`" + strings.Join(values, ",`") + "\r\n")
}

func yuan(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

// billLines is what the books have of a day, in the order of time. s.mu is
// held.
func (s *Server) billLines(day, next time.Time) (lines []BillLine) {
	within := func(t time.Time) bool {
		at := t.Add(s.behaviour.Skew)
		return !t.IsZero() && !at.Before(day) && at.Before(next)
	}
	for _, o := range s.sequence {
		s.settle(o)
		l := BillLine{
			AppID: s.merchant.AppID, MchID: s.merchant.MchID, DeviceID: o.device,
			TransactionID: o.trade, OutTradeNo: o.no, OpenID: openID(s.merchant.AppID, o.payer),
			Product: o.description, Attach: o.attach,
		}
		if within(o.paid) {
			p := l
			p.At, p.State = o.paid.Add(s.behaviour.Skew), TradeSuccess
			p.Settled, p.Total = o.total, o.total
			p.Coupon = o.total - o.payerTotal
			lines = append(lines, p)
		}
		for _, r := range o.refunds {
			if !within(r.created) {
				continue
			}
			b := l
			b.At, b.State = r.created.Add(s.behaviour.Skew), TradeRefund
			b.RefundID, b.OutRefundNo, b.RefundType, b.RefundWord = r.id, r.no, "ORIGINAL", billStatus(r, next.Add(billsMade-s.behaviour.Skew))
			b.Refund, b.RefundAsked = r.amount, r.amount
			lines = append(lines, b)
		}
	}
	slices.SortStableFunc(lines, func(a, b BillLine) int { return a.At.Compare(b.At) })
	return lines
}

// billStatus is a refund's status when the bill was made, in the words of
// bills. It is never mended.
func billStatus(r *refund, made time.Time) string {
	if r.settled.IsZero() || r.settled.After(made) {
		return RefundProcessing
	}
	switch r.status {
	case RefundAbnormal:
		return "CHANGE"
	case RefundClosed:
		return "REFUNDCLOSE"
	}
	return r.status
}
