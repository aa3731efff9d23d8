package reconcile

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kioskd/sale"
)

// header is where the columns are.
type header struct {
	columns    []string
	free, past int // the first free text, and the first column behind the last; 0 without any
	at         map[string]int
}

// The columns that are used. Merchants of old have total where others have
// order amounts before and after coupons.
var (
	colTime         = []string{"交易时间"}
	colTransaction  = []string{"微信订单号"}
	colNumber       = []string{"商户订单号"}
	colState        = []string{"交易状态"}
	colTotal        = []string{"订单金额", "总金额", "应结订单金额"}
	colRefundID     = []string{"微信退款单号"}
	colRefundNo     = []string{"商户退款单号"}
	colRefund       = []string{"申请退款金额", "退款金额"}
	colRefundStatus = []string{"退款状态"}
)

// The free texts, which stand side by side.
const (
	colProduct = "商品名称"
	colAttach  = "商户数据包"
)

func parseHeader(line string) (*header, error) {
	h := &header{columns: strings.Split(line, ","), at: map[string]int{}}
	for i, c := range h.columns {
		h.at[strings.TrimSpace(c)] = i
	}
	for _, names := range [][]string{colTime, colTransaction, colNumber, colState, colTotal, colRefundID, colRefundNo, colRefund, colRefundStatus} {
		if h.column(names) < 0 {
			return nil, fmt.Errorf("the bill has no column %s: this is no trade bill of the type ALL", names[0])
		}
	}
	for _, name := range []string{colProduct, colAttach} {
		if i, ok := h.at[name]; ok {
			if h.past == 0 || i < h.free {
				h.free = i
			}
			h.past = max(h.past, i+1)
		}
	}
	return h, nil
}

// column returns the first of the names that there is, or -1.
func (h *header) column(names []string) int {
	for _, n := range names {
		if i, ok := h.at[n]; ok {
			return i
		}
	}
	return -1
}

// line reads a record. ours is false when the machine's code only stands in a
// text of somebody else's.
func (h *header) line(record, begin string) (l Line, ours bool, err error) {
	values := strings.Split(strings.TrimPrefix(record, "`"), ",`")
	extra := len(values) - len(h.columns)
	if extra > 0 && h.free < h.past { // a comma and a back-quote within a free text
		values = slices.Concat(values[:h.free], make([]string, h.past-h.free), values[h.past+extra:])
		extra = 0
	}
	if extra != 0 {
		return l, false, fmt.Errorf("%d values for %d columns", len(values), len(h.columns))
	}
	value := func(names []string) string { return strings.TrimSpace(values[h.column(names)]) }
	l = Line{
		Number: sale.Number(value(colNumber)), TransactionID: value(colTransaction), State: value(colState),
		RefundNo: value(colRefundNo), RefundID: value(colRefundID), RefundStatus: value(colRefundStatus),
	}
	if !strings.HasPrefix(string(l.Number), begin) {
		return l, false, nil
	}
	if l.At, err = time.ParseInLocation("2006-01-02 15:04:05", value(colTime), beijing); err != nil {
		return l, true, fmt.Errorf("%q is no time", value(colTime))
	}
	if l.Total, err = yuan(value(colTotal)); err == nil {
		l.Refund, err = yuan(value(colRefund))
	}
	return l, true, err
}
