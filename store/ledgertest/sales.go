package ledgertest

import (
	"fmt"
	"time"

	"kioskd/sale"
)

// Day is when the sales of this package begin.
var Day = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// Order returns a new order as the core would begin it, of the size that
// orders really have.
func Order(seq uint64) sale.Order {
	o := sale.Order{
		Number:    sale.Number(fmt.Sprintf("SH0042-%08d-%05x", seq, seq*7919%0xfffff)),
		Seq:       seq,
		Product:   sale.Product{Slot: sale.Slot(11 + seq%7), Name: "农夫山泉 550ml", Price: 200, Image: "images/water.png"},
		State:     sale.Created,
		Cause:     sale.CauseSelected,
		Policy:    sale.Policy{OnUnknown: sale.UnknownRefund},
		CreatedAt: Day.Add(time.Duration(seq) * time.Minute),
		Evidence:  sale.Evidence("counter 00 00 12 34, jams none"),
	}
	o.Request = fmt.Appendf(nil, `{"appid":"wxd678efh567hg6787","mchid":"1900000109","description":"%s",`+
		`"out_trade_no":"%s","time_expire":"2026-03-01T16:01:30+08:00","notify_url":"https://pay.example.com/notify",`+
		`"amount":{"total":%d,"currency":"CNY"},"attach":"SH0042","goods_tag":"","support_fapiao":false}`,
		o.Product.Name, o.Number, o.Product.Price)
	return o
}

// Walk is one order on its way: each call of To returns the next step.
type Walk struct{ Order sale.Order }

// NewWalk begins with Order(seq) and the step that creates it.
func NewWalk(seq uint64) (*Walk, sale.Step) {
	w := &Walk{Order(seq)}
	return w, sale.Step{
		Order: w.Order, At: w.Order.CreatedAt, Since: time.Second,
		Trail: []sale.Line{{State: sale.Created, Cause: sale.CauseSelected}},
	}
}

// To passes through the states, in one step, and sets in the order what
// belongs to them. It does not look whether the states may follow.
func (w *Walk) To(states ...sale.State) sale.Step {
	s := sale.Step{From: w.Order.State, At: w.Order.CreatedAt.Add(10 * time.Second), Since: 11 * time.Second}
	for _, state := range states {
		w.enter(state)
		s.Trail = append(s.Trail, sale.Line{State: state, Cause: w.Order.Cause, Detail: w.Order.Detail})
	}
	s.Order = w.Order
	return s
}

func (w *Walk) enter(state sale.State) {
	o := &w.Order
	was := o.State
	o.State, o.Cause, o.Detail = state, sale.CauseReady, ""
	switch state {
	case sale.Awaiting:
		o.Cause, o.CodeURL = sale.CauseCodeReady, "weixin://wxpay/bizpayurl?pr="+string(o.Number.Tail())
	case sale.Paid:
		o.Cause = sale.CausePaid
		o.Late = was == sale.Closing || was == sale.Closed
		o.Payment = sale.Payment{TransactionID: "4200001234202603011234567890", PaidAt: o.CreatedAt.Add(9 * time.Second)}
	case sale.Dispensing:
		o.Commands++
	case sale.Unknown:
		o.Cause, o.Doubted, o.Detail = sale.CauseNoProof, true, "no answer in 10 s"
	case sale.Closed:
		o.Cause = sale.CauseClosedThere
		if was == sale.Closed {
			o.Cause = sale.CauseSwept
			o.Sweeps++
		}
	case sale.Refunded:
		o.Refund.Status, o.Refund.ID = sale.RefundSuccess, "50000000382019052709732678859"
	}
}

// Happy returns the steps of a sale that goes well.
func Happy(seq uint64) []sale.Step {
	w, created := NewWalk(seq)
	return []sale.Step{created, w.To(sale.Awaiting), w.To(sale.Paid, sale.Dispensing), w.To(sale.Dispensed)}
}
