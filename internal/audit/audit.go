// Package audit compares three books that know nothing of each other: the
// ledger of kioskd, the simulated provider's and the simulated cabinet's. It
// is the judge of the demo and of every test that kills or disturbs the
// daemon.
package audit

import (
	"fmt"
	"slices"
	"time"

	"kioskd/device/devicetest"
	"kioskd/payment/paytest"
	"kioskd/sale"
)

// Books are what each side wrote down. All times come from one clock.
type Books struct {
	Orders   []sale.Order // the ledger's, all of them
	Trades   []paytest.Order
	Refunds  []paytest.Refund
	Commands []devicetest.Command
	Drops    []devicetest.Drop
}

// Figures count how orders ended. Test vends count for nothing but Tests.
type Figures struct {
	Tests                                                int
	Orders, Dispensed, Refunded, Closed, Attention, Open int
	Doubted                                              int // of them, once unknown
	DroppedAndRefunded                                   int // all through unknown
	PaidFen, RefundedFen                                 int64
}

// Deal is one order with what the other sides know of it.
type Deal struct {
	Order    sale.Order
	Trade    paytest.Order // zero if the provider never had it
	Refunds  []paytest.Refund
	Commands []devicetest.Command
	Drops    []devicetest.Drop
}

// Deals puts the books side by side. The cabinet does not know order numbers:
// what it did in a slot belongs to the newest order of that slot that was
// created before, which is exact because a machine serves one customer at a
// time.
func (b Books) Deals() ([]Deal, []string) {
	orders := slices.Clone(b.Orders)
	slices.SortFunc(orders, func(a, c sale.Order) int { return int(a.Seq) - int(c.Seq) })
	deals := make([]Deal, len(orders))
	index := map[string]int{}
	for i, o := range orders {
		deals[i].Order = o
		index[string(o.Number)] = i
	}
	var stray []string
	for _, t := range b.Trades {
		if i, ok := index[t.OutTradeNo]; ok {
			deals[i].Trade = t
		} else {
			stray = append(stray, fmt.Sprintf("order %s: the provider has it and the ledger does not", t.OutTradeNo))
		}
	}
	for _, r := range b.Refunds {
		if i, ok := index[r.OutTradeNo]; ok {
			deals[i].Refunds = append(deals[i].Refunds, r)
		}
	}
	owner := func(slot int, at time.Time) int {
		for i := len(orders) - 1; i >= 0; i-- {
			if used(orders[i], slot) && !orders[i].CreatedAt.After(at) {
				return i
			}
		}
		return -1
	}
	for _, c := range b.Commands {
		if i := owner(c.Slot, c.At); i >= 0 {
			deals[i].Commands = append(deals[i].Commands, c)
		} else {
			stray = append(stray, fmt.Sprintf("slot %d: a command at %s belongs to no order", c.Slot, c.At.Format(time.TimeOnly)))
		}
	}
	for _, d := range b.Drops {
		at := d.At
		if d.Command >= 0 && d.Command < len(b.Commands) {
			at = b.Commands[d.Command].At
		}
		if i := owner(d.Slot, at); i >= 0 {
			deals[i].Drops = append(deals[i].Drops, d)
		} else {
			stray = append(stray, fmt.Sprintf("slot %d: a drop at %s belongs to no order", d.Slot, d.At.Format(time.TimeOnly)))
		}
	}
	return deals, stray
}

// used reports whether an order had a command in a slot, or could have had.
func used(o sale.Order, slot int) bool {
	return o.Product.Slot == sale.Slot(slot) || slices.Contains(o.Failed, sale.Slot(slot))
}

// Check returns the figures and every broken promise, in words.
func (b Books) Check() (f Figures, broken []string) {
	deals, broken := b.Deals()
	for _, d := range deals {
		f.count(d)
		for _, what := range d.broken() {
			broken = append(broken, fmt.Sprintf("order %s (%s): %s", d.Order.Number, d.Order.State, what))
		}
	}
	return f, broken
}

func (d Deal) paid() bool { return !d.Trade.PaidAt.IsZero() }

func (f *Figures) count(d Deal) {
	if d.Order.Test() {
		f.Tests++
		return
	}
	f.Orders++
	switch d.Order.State {
	case sale.Dispensed:
		f.Dispensed++
	case sale.Refunded:
		f.Refunded++
	case sale.Closed:
		f.Closed++
	case sale.Attention, sale.WrittenOff:
		f.Attention++
	default:
		f.Open++
	}
	if d.Order.Doubted {
		f.Doubted++
	}
	if len(d.Drops) > 0 && len(d.Refunds) > 0 {
		f.DroppedAndRefunded++
	}
	if d.paid() {
		f.PaidFen += d.Trade.Total
	}
	for _, r := range d.Refunds {
		if r.Status == paytest.RefundSuccess {
			f.RefundedFen += r.Amount
		}
	}
}

// broken lists the promises that one deal breaks.
func (d Deal) broken() (out []string) {
	say := func(when bool, format string, args ...any) {
		if when {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	o := d.Order
	if o.Test() {
		return d.brokenTest()
	}
	say(len(d.Commands) > 1+len(o.Failed), "%d dispense commands on the wire", len(d.Commands))
	for i, c := range d.Commands {
		say(slices.ContainsFunc(d.Commands[:i], func(b devicetest.Command) bool { return b.Slot == c.Slot }), "two dispense commands for slot %d", c.Slot)
	}
	say(len(d.Commands) > o.Commands, "a command on the wire and none in the ledger")
	say(len(d.Drops) > 1, "%d products fell", len(d.Drops))
	say(len(d.Drops) > 0 && !d.paid(), "a product fell and nobody paid")
	say(len(d.Commands) > 0 && d.paid() && d.Commands[0].At.Before(d.Trade.PaidAt), "the command came before the payment")
	say(len(d.Refunds) > 1+o.Refund.Closed, "%d refunds", len(d.Refunds))
	for i, r := range d.Refunds {
		say(r.Amount != int64(o.Product.Price), "refund of %d fen for a price of %d", r.Amount, o.Product.Price)
		numbered := o
		numbered.Refund.Closed = i
		say(r.OutRefundNo != numbered.RefundNumber(), "refund under the number %s", r.OutRefundNo)
		say(i < o.Refund.Closed && r.Status != paytest.RefundClosed, "another refund was asked for while the one before is %s", r.Status)
	}
	say(len(d.Drops) > 0 && len(d.Refunds) > 0 && !o.Doubted && !o.Refund.ByPerson, "a product fell and the money went back, without passing unknown")
	say(d.Trade.OutTradeNo != "" && d.Trade.Total != int64(o.Product.Price), "%d fen at the provider, %d in the ledger", d.Trade.Total, o.Product.Price)
	say(d.Trade.Calls.MaxConcurrent > 1, "%d calls at once", d.Trade.Calls.MaxConcurrent)
	switch o.State {
	case sale.Dispensed:
		say(len(d.Refunds) > 0, "and refunded")
		say(!d.paid(), "and nobody paid")
		say(len(d.Drops) == 0 && !o.Presumed, "and nothing fell")
	case sale.Refunded:
		say(len(d.Refunds) == 0 || d.Refunds[0].Status != paytest.RefundSuccess, "and the provider has no finished refund")
	case sale.Closed:
		say(d.paid(), "and paid")
		say(d.Trade.OutTradeNo != "" && d.Trade.TradeState == paytest.TradeNotPay && o.CodeURL != "", "and still payable")
	case sale.Attention, sale.WrittenOff:
		say(!d.paid(), "and nobody paid")
	}
	return out
}

// brokenTest is the same for a test vend: one command, no money.
func (d Deal) brokenTest() (out []string) {
	say := func(when bool, format string, args ...any) {
		if when {
			out = append(out, fmt.Sprintf("test vend: "+format, args...))
		}
	}
	o := d.Order
	say(len(d.Commands) > 1, "%d dispense commands on the wire", len(d.Commands))
	say(len(d.Commands) > o.Commands, "a command on the wire and none in the ledger")
	say(len(d.Drops) > 1, "%d products fell", len(d.Drops))
	say(d.Trade.OutTradeNo != "" || len(d.Refunds) > 0, "the provider knows it")
	say(o.Product.Price != 0, "it costs %d fen", o.Product.Price)
	say(o.State == sale.Dispensed && len(d.Drops) == 0, "called dispensed, and nothing fell")
	say(o.Cause == sale.CauseNotDropped && len(d.Drops) > 0, "called not dropped, and a product fell")
	return out
}

// Balance is what the machine has kept, in fen: by the provider's books, what
// was paid less what went back; by the ledger, the prices of all orders that
// it calls dispensed, or left to a person with the money still here. They must
// agree once no order is open.
func (b Books) Balance() (provider, ledger int64) {
	f, _ := b.Check()
	for _, o := range b.Orders {
		if o.State == sale.Dispensed || o.State == sale.Attention || o.State == sale.WrittenOff {
			ledger += int64(o.Product.Price)
		}
	}
	return f.PaidFen - f.RefundedFen, ledger
}

// Add sums figures.
func (f *Figures) Add(g Figures) {
	f.Orders += g.Orders
	f.Tests += g.Tests
	f.Dispensed += g.Dispensed
	f.Refunded += g.Refunded
	f.Closed += g.Closed
	f.Attention += g.Attention
	f.Open += g.Open
	f.Doubted += g.Doubted
	f.DroppedAndRefunded += g.DroppedAndRefunded
	f.PaidFen += g.PaidFen
	f.RefundedFen += g.RefundedFen
}
