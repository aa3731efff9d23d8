package reconcile

import (
	"cmp"
	"slices"

	"kioskd/sale"
)

// dayBill is the bill of a day, or what stands for one.
type dayBill struct {
	day  Day
	bill Bill
	none bool
}

// comparison holds the bills of days against what the ledger has.
type comparison struct {
	bills   []dayBill // those that are reported
	records map[sale.Number]Record
	// refunds are the refund numbers on all bills that were read, and read the
	// days of those bills.
	refunds map[string]bool
	read    map[Day]bool
}

func (c *comparison) reports() []DayReport {
	days := make([]DayReport, 0, len(c.bills))
	for _, b := range c.bills {
		d := &dayCheck{comparison: c, dayBill: b, paid: map[sale.Number]Line{}, gone: map[string]bool{}}
		d.report = DayReport{Day: b.day, Others: b.bill.Others, NoBill: b.none, Differences: []Difference{}, Open: []Difference{}}
		d.there()
		d.here()
		for _, list := range [][]Difference{d.report.Differences, d.report.Open} {
			slices.SortStableFunc(list, func(a, b Difference) int {
				return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Number, b.Number), cmp.Compare(a.BillLine, b.BillLine))
			})
		}
		days = append(days, d.report)
	}
	return days
}

// dayCheck is the comparison of one day.
type dayCheck struct {
	*comparison
	dayBill
	paid   map[sale.Number]Line // payments on the bill
	gone   map[string]bool      // refunds on the bill
	report DayReport
}

func (d *dayCheck) differs(x Difference) {
	d.report.Differences = append(d.report.Differences, said(x))
}

func (d *dayCheck) open(x Difference) { d.report.Open = append(d.report.Open, said(x)) }

func said(x Difference) Difference {
	x.Means, x.Do = x.Kind.Means(), x.Kind.Do()
	return x
}

// there goes through the bill.
func (d *dayCheck) there() {
	for _, l := range d.bill.Lines {
		r, known := d.records[l.Number]
		switch l.State {
		case linePaid:
			d.report.There.pay(l.Total)
			d.payment(l, r, known)
		case lineRefund:
			d.report.There.refund(l.Refund)
			d.refund(l, r, known)
		default:
			d.differs(about(UnclearThere, l, r))
		}
	}
}

// about is a finding at a line, whose amount is the payment's.
func about(k Kind, l Line, r Record) Difference {
	return Difference{
		Kind: k, Number: l.Number, At: l.At, There: l.Total, State: r.Order.State, Restored: r.Order.Restored,
		TransactionID: l.TransactionID, BillLine: l.N,
	}
}

func (d *dayCheck) payment(l Line, r Record, known bool) {
	_, twice := d.paid[l.Number]
	d.paid[l.Number] = l
	x := about("", l, r)
	is := func(k Kind) {
		x.Kind = k
		d.differs(x)
	}
	if twice {
		is(PaidTwice)
		return
	}
	switch {
	case !known:
		is(PaidUnknownHere)
		return
	case !r.paid():
		is(PaidThereNotHere)
		return
	}
	price := r.Order.Product.Price
	x.Here = price
	if price == 0 && r.Order.Restored {
		price = l.Total // its own was lost
	}
	d.report.Here.pay(price)
	switch {
	case l.Total != price:
		is(AmountDiffers)
	case l.TransactionID != r.Order.Payment.TransactionID:
		is(TransactionDiffers)
	}
	d.unsettled(x, r)
}

// unsettled lists an order that a person has to look at, whatever the bill says.
func (d *dayCheck) unsettled(x Difference, r Record) {
	switch {
	case r.Order.State == sale.Attention:
		x.Kind = InAttention
	case r.Order.Restored:
		x.Kind = FromCopy
	default:
		return
	}
	d.open(x)
}

func (d *dayCheck) refund(l Line, r Record, known bool) {
	own := known && l.RefundNo == r.Order.RefundNumber()
	x := about("", l, r)
	x.There, x.RefundNo, x.RefundID, x.RefundStatus = l.Refund, l.RefundNo, l.RefundID, l.RefundStatus
	is := func(k Kind) {
		x.Kind = k
		d.differs(x)
	}
	twice := d.gone[l.RefundNo]
	d.gone[l.RefundNo] = true
	switch {
	case twice:
		is(RefundTwice)
		return
	case !known:
		is(RefundUnknownHere)
		return
	case own && r.refunded():
		x.Here = r.Order.Product.Price
		if x.Here == 0 && r.Order.Restored {
			x.Here = l.Refund
		}
		d.report.Here.refund(x.Here)
		if l.Refund != x.Here {
			is(RefundAmountDiffers)
		}
	}
	d.refundState(x, l, r, own)
}

// refundState judges what a refund has come to. The ledger has asked last, so
// a refund that it knows to be done is done, whatever stands on the bill.
func (d *dayCheck) refundState(x Difference, l Line, r Record, own bool) {
	o := r.Order
	is := func(k Kind) {
		x.Kind = k
		d.differs(x)
	}
	state := l.refundState()
	switch {
	case o.State == sale.Dispensed:
		if state != refundFailed {
			is(DispensedAndRefunded)
		}
	case own && o.Refund.Status == sale.RefundSuccess:
	case state == refundFailed && closedBefore(o, l.RefundNo):
	case state == refundFailed && o.State == sale.WrittenOff:
	case state == refundFailed:
		is(RefundFailedThere)
	case own && (o.Refund.Status == sale.RefundAbnormal || o.Refund.Status == sale.RefundClosed):
		if state == refundDone {
			is(RefundStateDiffers)
			return
		}
		d.unsettled(x, r)
	case own && o.State == sale.Refunding:
		x.Kind = RefundUnderWay
		d.open(x)
	default:
		is(RefundThereNotHere)
	}
}

// closedBefore reports whether a refund is one that the provider closed, and
// that a person had asked for again under another number.
func closedBefore(o sale.Order, number string) bool {
	for o.Refund.Closed > 0 {
		if o.Refund.Closed--; o.RefundNumber() == number {
			return true
		}
	}
	return false
}

// here goes through the ledger: what it has of the day and the bill has not.
func (d *dayCheck) here() {
	for _, r := range d.records {
		o := r.Order
		x := Difference{
			Number: o.Number, At: o.Payment.PaidAt, Here: o.Product.Price, State: o.State, Restored: o.Restored,
			TransactionID: o.Payment.TransactionID,
		}
		if _, found := d.paid[o.Number]; !found && r.paid() && d.day.Has(o.Payment.PaidAt) {
			d.report.Here.pay(o.Product.Price)
			x.Kind = PaidHereMissing
			d.differs(x)
		}
		if r.refunded() && !d.refunds[o.RefundNumber()] {
			x.At = r.RefundTaken
			x.RefundNo, x.RefundID = o.RefundNumber(), o.Refund.ID
			d.lostRefund(x, r)
		}
	}
}

// lostRefund is for a refund that is on none of the bills. It is judged on the
// last day on which it can be.
func (d *dayCheck) lostRefund(x Difference, r Record) {
	first, last := r.span()
	if d.day != last {
		return
	}
	d.report.Here.refund(x.Here)
	for day := first; !last.Before(day); day = day.Next() {
		if !d.read[day] {
			x.Kind = RefundUnplaced
			d.open(x)
			return
		}
	}
	x.Kind = RefundHereMissing
	d.differs(x)
}
