package sale_test

import "kioskd/sale"

// rules bound or break the world.
type rules struct {
	maxCrashes       int
	effectFirst      bool // a broken runner: effects before the commit
	newRefundNumbers bool // a broken gateway: each refund call uses a new number
}

// world is one order and everything around it.
type world struct {
	Order   sale.Order // in memory
	Durable sale.Order // in the ledger
	around
}

// around is the part of the world that is not the order.
type around struct {
	Pending sale.Effect
	Crashes int

	Trade    sale.TradeState // at the provider
	Exists   bool            // the provider has the order
	InFlight bool            // a create call that may still arrive
	Scanned  bool            // a phone holds the code
	MoneyIn  int
	Refund   sale.RefundStatus
	MoneyOut int

	Wire    int  // dispense commands that reached the board
	Running bool // the motor turns
	Done    bool // the motor has turned
	Drops   int
}

// key tells two worlds apart by all that can make a difference to Next or to
// a promise.
type key struct {
	memory, durable orderKey
	rest            around
}

type orderKey struct {
	state                             sale.State
	code, late, doubted, presumed, no bool
	held                              bool
	commands, sweeps                  int
	refund                            sale.RefundStatus
}

func keyOf(o sale.Order) orderKey {
	return orderKey{o.State, o.CodeURL != "", o.Late, o.Doubted, o.Presumed, o.Refund.Refusal != "", o.Payment.TransactionID != "",
		o.Commands, o.Sweeps, o.Refund.Status}
}

func (w world) key() key { return key{keyOf(w.Order), keyOf(w.Durable), w.around} }

func newWorld(p sale.Policy) world {
	o, lines, effects := sale.Begin(sale.Order{Number: "N", Policy: p})
	w := world{around: around{Trade: sale.TradeUnpaid}}
	return w.commit(o, lines, effects)
}

func (w world) commit(o sale.Order, lines []sale.Line, effects []sale.Effect) world {
	w.Order = o
	if len(lines) > 0 {
		w.Durable = o
	}
	w.Pending = 0
	for _, e := range effects {
		if e != sale.DoAlarm {
			w.Pending = e
		}
	}
	return w
}

func (w world) crashed(before world) bool { return w.Crashes != before.Crashes }

// ended: nothing more happens by itself, and all money is where it belongs.
func (w world) ended() bool { return !w.Order.Open() && w.Pending == 0 && !w.Running }

// broken names the promise that this world breaks, if any.
func (w world) broken() string {
	o := w.Durable
	switch {
	case w.Wire > 1:
		return "two dispense commands"
	case w.Drops > 1:
		return "two drops"
	case w.Drops > 0 && w.MoneyIn == 0:
		return "a drop without a payment"
	case w.MoneyOut > w.MoneyIn:
		return "more refunded than paid"
	case o.State == sale.Dispensed && w.MoneyOut > 0:
		return "dispensed and refunded"
	case o.State == sale.Dispensed && !o.Presumed && w.Drops == 0:
		return "dispensed without a drop and without saying so"
	case o.State == sale.Refunded && w.MoneyOut == 0:
		return "refunded without a refund"
	case w.Drops > 0 && w.MoneyOut > 0 && !o.Doubted:
		return "a product given and refunded without passing unknown"
	case o.State == sale.Refunding && w.Drops > 0 && !o.Doubted:
		return "about to refund a product that fell, without passing unknown"
	case o.State == sale.Closed && w.Exists && w.Trade == sale.TradePaid:
		return "closed while paid"
	case o.State == sale.Closed && w.Exists && w.Trade == sale.TradeUnpaid && w.Scanned:
		return "closed while somebody can still pay"
	case w.Order.State == sale.Attention && w.MoneyIn == 0:
		return "a person is asked about money that never came"
	}
	return ""
}

// steps lists every world that can follow this one.
func (w world) steps(next nextFunc, tells bool, r rules) (out []world) {
	happen := func(w world, e sale.Event) {
		o, lines, effects := next(w.Order, e)
		n := w.commit(o, lines, effects)
		if r.effectFirst && len(lines) > 0 {
			// The broken runner has started the effect and dies before the commit.
			early := n
			early.Durable = w.Durable
			out = append(out, early)
		}
		out = append(out, n)
	}
	fail := func(w world, why sale.Failure) {
		happen(w, sale.CallFailed{Call: w.Pending, Why: why, Settled: !w.InFlight})
	}

	if w.Pending != 0 && w.Pending != sale.DoDispense && w.Pending != sale.DoAwaitReady {
		fail(w, sale.FailTemporary) // the request was lost
		if w.Pending != sale.DoRecover {
			for why := sale.FailNotFound; why <= sale.FailNotEnough; why++ {
				fail(w, why) // anybody can forge an unsigned error
			}
		}
	}
	switch w.Pending {
	case sale.DoCreate:
		late := w
		late.InFlight = true
		fail(late, sale.FailTemporary)
		made := w
		made.Exists = true
		fail(made, sale.FailTemporary)
		happen(made, sale.CodeReady{CodeURL: "code"})
	case sale.DoQuery:
		if w.Exists {
			w.query(happen)
		}
	case sale.DoClose:
		if w.Exists && w.Trade != sale.TradePaid && w.Trade != sale.TradeRefunded {
			shut := w
			shut.Trade = sale.TradeClosed
			fail(shut, sale.FailTemporary)
			happen(shut, sale.CloseAccepted{})
		}
	case sale.DoAwaitReady:
		happen(w, sale.MachineReady{Ready: true})
		happen(w, sale.MachineReady{Ready: false})
	case sale.DoDispense:
		sent := w
		sent.Wire++
		sent.Running = true
		sent.Pending = 0
		out = append(out, sent)
		happen(w, sale.Vended{Verdict: sale.Verdict{Outcome: sale.OutcomeNotDispensed}}) // no byte left
		happen(w, sale.Vended{})
	case sale.DoRecover:
		happen(w, sale.Recovered{})
		if tells && !w.Running && (w.Done || w.Wire == 0) {
			happen(w, sale.Recovered{Verdict: w.truth()})
		}
	case sale.DoRefund:
		paid := w
		if paid.Refund == "" || r.newRefundNumbers {
			if paid.MoneyIn > 0 {
				paid.Refund = sale.RefundProcessing
				paid.Trade = sale.TradeRefunded
				if r.newRefundNumbers {
					paid.MoneyOut++
				}
			}
		}
		fail(paid, sale.FailTemporary)
		if paid.Refund != "" {
			happen(paid, sale.RefundSeen{Report: sale.RefundReport{Status: paid.Refund}})
		}
	case sale.DoQueryRefund:
		if w.Refund != "" {
			happen(w, sale.RefundSeen{Report: sale.RefundReport{Status: w.Refund}})
		}
	}

	// The board.
	if w.Running {
		fell, not := w, w
		fell.Running, fell.Done, fell.Drops = false, true, fell.Drops+1
		not.Running, not.Done = false, true
		out = append(out, fell, not)
	}
	if w.Order.State == sale.Dispensing && w.Pending == 0 && w.Wire > 0 {
		happen(w, sale.Vended{}) // the result was lost, or the time is up
		if w.Done {
			happen(w, sale.Vended{Verdict: w.truth()})
		}
	}
	// Time.
	if w.Order.State == sale.Created || w.Order.State == sale.Awaiting {
		happen(w, sale.Withdraw{Cause: sale.CauseTimeout})
	}
	if w.Order.State == sale.Closed && w.Pending == 0 && w.Order.Open() {
		happen(w, sale.SweepDue{})
	}
	return append(out, w.outside(next, r)...)
}

// query is the verified answer. Whether the customer is still there and the
// machine is ready may be anything: no answer may break a promise.
func (w world) query(happen func(world, sale.Event)) {
	for bits := range 8 {
		happen(w, sale.TradeSeen{Trade: sale.Trade{State: w.Trade}, InTime: bits&1 > 0, Fresh: bits&2 > 0, Ready: bits&4 > 0})
		if w.Trade != sale.TradePaid {
			break
		}
	}
	happen(w, sale.TradeSeen{Trade: sale.Trade{State: sale.TradeUnclear}})
	if w.Trade == sale.TradeUnpaid {
		happen(w, sale.TradeSeen{Trade: sale.Trade{State: sale.TradePaying}})
	}
}

// outside is what happens without the daemon: the customer, the provider, the
// power.
func (w world) outside(next nextFunc, r rules) (out []world) {
	if w.Order.State == sale.Awaiting && !w.Scanned {
		n := w
		n.Scanned = true
		out = append(out, n)
	}
	if w.Scanned && w.Exists && w.Trade == sale.TradeUnpaid {
		pays, expires := w, w
		pays.Trade, pays.MoneyIn = sale.TradePaid, 1
		expires.Trade = sale.TradeClosed
		out = append(out, pays, expires)
	}
	if w.InFlight {
		arrives, lost := w, w
		arrives.InFlight, arrives.Exists = false, true
		lost.InFlight = false
		out = append(out, arrives, lost)
	}
	if w.Refund == sale.RefundProcessing {
		for _, s := range []sale.RefundStatus{sale.RefundSuccess, sale.RefundAbnormal, sale.RefundClosed} {
			n := w
			n.Refund = s
			if s == sale.RefundSuccess && !r.newRefundNumbers {
				n.MoneyOut++
			}
			out = append(out, n)
		}
	}
	if w.Crashes < r.maxCrashes {
		n := w
		n.Crashes++
		o, lines, effects := next(w.Durable, sale.Restarted{})
		out = append(out, n.commit(o, lines, effects))
	}
	return out
}

func (w world) truth() sale.Verdict {
	if w.Drops > 0 {
		return sale.Verdict{Outcome: sale.OutcomeDispensed}
	}
	return sale.Verdict{Outcome: sale.OutcomeNotDispensed}
}
