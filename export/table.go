package export

import (
	"time"

	"kioskd/sale"
)

// Column is one column of the two table formats.
type Column struct {
	Name  string // as in JSON, but that money is in yuan
	Title string // in Chinese, for a sheet
	Width float64
	// Value is a string, a sale.Fen, a sale.Slot or a time.Time; the zero time is
	// an empty cell.
	Value func(Row) any
}

// Columns are those of a table, from the left.
func Columns() []Column {
	return []Column{
		{"out_trade_no", "商户订单号", 26, func(r Row) any { return string(r.Number) }},
		{"created_at", "下单时间", 20, func(r Row) any { return r.CreatedAt }},
		{"slot", "货道", 7, func(r Row) any { return r.Slot }},
		{"product", "商品", 24, func(r Row) any { return r.Product }},
		{"price_yuan", "单价", 9, func(r Row) any { return r.Price }},
		{"state", "状态", 12, func(r Row) any { return string(r.State) }},
		{"cause", "原因", 14, func(r Row) any { return string(r.Cause) }},
		{"transaction_id", "微信支付订单号", 30, func(r Row) any { return r.TransactionID }},
		{"paid_at", "支付时间", 20, func(r Row) any { return paidAt(r) }},
		{"paid_yuan", "收款", 9, func(r Row) any { return r.Paid }},
		{"out_refund_no", "商户退款单号", 27, func(r Row) any { return r.RefundNumber }},
		{"refund_id", "微信退款单号", 30, func(r Row) any { return r.RefundID }},
		{"refund_status", "退款状态", 12, func(r Row) any { return string(r.RefundStatus) }},
		{"refunded_yuan", "退款", 9, func(r Row) any { return r.Refunded }},
		{"kept_yuan", "实收", 9, func(r Row) any { return r.Kept }},
		{"test", "测试", 7, func(r Row) any { return test(r) }},
		{"detail", "说明", 40, func(r Row) any { return r.Detail }},
	}
}

func paidAt(r Row) time.Time {
	if r.PaidAt == nil {
		return time.Time{}
	}
	return *r.PaidAt
}

func test(r Row) string {
	if r.Test {
		return "test"
	}
	return ""
}

// beijing is the time of bills; machines often lack tzdata.
var beijing = time.FixedZone("CST", 8*60*60)

const clockLayout = "2006-01-02 15:04:05"

// text is a value as it stands in a file of text.
func text(v any) string {
	switch v := v.(type) {
	case sale.Fen:
		return v.String()
	case sale.Slot:
		return v.String()
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.In(beijing).Format(clockLayout)
	}
	return v.(string)
}
