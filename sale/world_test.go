package sale_test

import (
	"slices"

	"kioskd/sale"
)

// rules bound or break the world.
type rules struct {
	maxCrashes       int
	effectFirst      bool // a broken runner: effects before the commit
	newRefundNumbers bool // a broken gateway: each refund call uses a new number
	damage           bool // the ledger is damaged once and restored from a copy
	markless         bool // a broken restore: nothing says that steps may be lost
	person           bool // a person decides once: about a question, or about what was dispensed
}

// world is one order and everything around it.
type world struct {
	Order   sale.Order // in memory
	Durable sale.Order // in the ledger
	Copied  sale.Order // in the copy that a restore finds, zero before it knows the order
	around
}

// around is the part of the world that is not the order.
type around struct {
	Pending sale.Effect // what comes next
	Flying  sale.Effect // the call under way, whose result meets whatever state is then
	Sent    bool        // the flying dispense has left
	Crashes int
	Damaged bool // the ledger was restored
	Doubted bool // has been in doubt, whatever the ledger still knows

	Trade    sale.TradeState // at the provider
	Exists   bool            // the provider has the order
	InFlight bool            // a create call that may still arrive
	Scanned  bool            // a phone holds the code
	MoneyIn  int
	Refund   sale.RefundStatus
	MoneyOut int  // by our own refund
	Portal   bool // the operator refunded it in the merchant portal
	Rounds   int  // refunds that the provider has closed, whose numbers are used up
	Decided  bool // the person has
	Off      bool // and has written it off
	Told     bool // the machine has seen that it was refunded there

	Wires   [4]int // dispense commands that reached the board, by slot
	Failed  int    // commands of which the board has proved the failure
	Running bool   // the motor turns
	Done    bool   // the motor has turned
	Drops   int
	Wrong   string // a promise that an action broke
}

// key tells two worlds apart by all that can make a difference to Next or to
// a promise.
type key struct {
	memory, durable, copied orderKey
	rest                    around
}

type orderKey struct {
	state                         sale.State
	cause                         sale.Cause
	code, late, doubted, presumed bool
	refused, restored             bool
	commands, sweeps              int
	slot                          sale.Slot
	failed                        int
	refund                        sale.RefundStatus
	byPerson                      bool
	rounds                        int
}

// keyOf keeps of the cause only what Next reads of it.
func keyOf(o sale.Order) orderKey {
	k := orderKey{
		state: o.State, code: o.CodeURL != "", late: o.Late, doubted: o.Doubted, presumed: o.Presumed,
		refused: o.Refund.Refusal != "", restored: o.Restored, commands: o.Commands, sweeps: o.Sweeps, refund: o.Refund.Status,
		slot: o.Product.Slot, failed: len(o.Failed), byPerson: o.Refund.ByPerson, rounds: o.Refund.Closed,
	}
	if o.State == sale.Closing && o.Cause == sale.CauseRestart {
		k.cause = o.Cause
	}
	return k
}

func (w world) key() key { return key{keyOf(w.Order), keyOf(w.Durable), keyOf(w.Copied), w.around} }

func newWorld(p sale.Policy) world {
	o, lines, effects := sale.Begin(sale.Order{Number: "N", Product: sale.Product{Slot: 1}, Policy: p})
	w := world{around: around{Trade: sale.TradeUnpaid}}
	return w.commit(o, lines, effects)
}

// commit does what Machine.apply does: a change of state forgets what was
// planned; an effect replaces it.
func (w world) commit(o sale.Order, lines []sale.Line, effects []sale.Effect) world {
	w.Order = o
	if len(lines) > 0 {
		w.Durable = o
		w.Pending = 0
		w.Doubted = w.Doubted || o.Doubted
	}
	for _, e := range effects {
		if e != sale.DoAlarm {
			w.Pending = e
		}
	}
	return w
}

func (w world) crashed(before world) bool { return w.Crashes != before.Crashes }

// ended: nothing more happens by itself, and all money is where it belongs.
func (w world) ended() bool {
	return !w.Order.Open() && w.Pending == 0 && w.Flying == 0 && !w.Running
}

// broken names the promise that this world breaks, if any.
func (w world) broken() string {
	o := w.Durable
	switch {
	case w.Wrong != "":
		return w.Wrong
	case w.wire() > 1+w.Failed, w.wire() > 1 && !o.Policy.OtherSlot:
		return "two dispense commands"
	case slices.Max(w.Wires[:]) > 1:
		return "two dispense commands for one slot"
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
	case w.Drops > 0 && w.MoneyOut > 0 && !w.Doubted && !o.Refund.ByPerson:
		return "a product given and refunded without passing unknown"
	case o.State == sale.Refunding && w.Drops > 0 && !w.Doubted && !w.Portal && !o.Refund.ByPerson:
		return "about to refund a product that fell, without passing unknown"
	case o.State == sale.Closed && w.Exists && w.Trade == sale.TradePaid:
		return "closed while paid"
	case o.State == sale.Closed && w.Exists && w.Trade == sale.TradeUnpaid && w.Scanned:
		return "closed while somebody can still pay"
	case o.State.Final() && w.MoneyIn > 0 && o.State == sale.Closed:
		return "paid, and ended as closed"
	case (o.State == sale.Attention || o.State == sale.WrittenOff) && w.MoneyIn == 0:
		return "a person is asked about money that never came"
	}
	return ""
}

// move is a world that can follow, and whether only a forged answer leads
// there: such a way counts as a danger, never as a way out.
type move struct {
	world
	forged bool
}

// mover collects moves.
type mover struct {
	next  nextFunc
	rules rules
	out   []move
}

func (m *mover) add(w world) { m.out = append(m.out, move{world: w}) }

func (m *mover) happen(w world, e sale.Event) {
	o, lines, effects := m.next(w.Order, e)
	if s, ok := e.(sale.TradeSeen); ok && s.Trade.State == sale.TradeRefunded {
		w.Told = true
	}
	if w.Durable.State != sale.Created && w.Durable.State != sale.Awaiting && o.State == sale.Awaiting {
		w.Wrong = "a code is drawn again"
	}
	n := w.commit(o, lines, effects)
	if m.rules.effectFirst && len(lines) > 0 {
		// The broken runner has started the effect and dies before the commit.
		early := n
		early.Durable = w.Durable
		m.add(early)
	}
	m.add(n)
}

// land delivers the result of the flying call.
func (m *mover) land(w world, e sale.Event) {
	w.Flying, w.Sent = 0, false
	m.happen(w, e)
}

func (m *mover) fail(w world, why sale.Failure) {
	m.land(w, sale.CallFailed{Call: w.Flying, Why: why, Settled: !w.InFlight})
}

// steps lists every world that can follow this one.
func (w world) steps(next nextFunc, tells bool, r rules) []move {
	m := &mover{next: next, rules: r}
	if w.Pending != 0 && w.Flying == 0 {
		n := w
		n.Flying, n.Pending = w.Pending, 0
		m.add(n)
	}
	w.flight(m, tells)
	if w.Flying != 0 && w.Flying < sale.DoAwaitReady || w.Flying == sale.DoRefund || w.Flying == sale.DoQueryRefund {
		from := len(m.out)
		for why := sale.FailNotFound; why <= sale.FailNotEnough; why++ {
			m.fail(w, why) // anybody can forge an unsigned error
		}
		for i := from; i < len(m.out); i++ {
			m.out[i].forged = true
		}
	}
	w.board(m)
	w.time(m)
	w.outside(m)
	return m.out
}

// flight is everything that can become of the call under way.
func (w world) flight(m *mover, tells bool) {
	if w.Flying != 0 && w.Flying != sale.DoDispense && w.Flying != sale.DoAwaitReady {
		m.fail(w, sale.FailTemporary) // the request was lost
	}
	switch w.Flying {
	case sale.DoCreate:
		late, made := w, w
		late.InFlight, made.Exists = true, true
		m.fail(late, sale.FailTemporary)
		m.fail(made, sale.FailTemporary)
		m.land(made, sale.CodeReady{CodeURL: "code"})
	case sale.DoQuery:
		if !w.Exists {
			m.fail(w, sale.FailNotFound)
			return
		}
		w.query(m)
	case sale.DoClose:
		w.close(m)
	case sale.DoAwaitReady:
		m.land(w, sale.MachineReady{Ready: false})
		if len(w.Order.Failed) == 0 {
			m.land(w, sale.MachineReady{Ready: true})
			return
		}
		for slot := range sale.Slot(len(w.Wires)) { // no slot and one that has failed, too
			m.land(w, sale.MachineReady{Ready: true, Slot: slot})
		}
	case sale.DoDispense:
		w.dispense(m)
	case sale.DoRecover:
		m.land(w, sale.Recovered{})
		if tells && !w.Running && (w.Done || w.wire() == 0) {
			m.land(w, sale.Recovered{Verdict: w.truth()})
		}
	case sale.DoRefund:
		w.refund(m)
	case sale.DoQueryRefund:
		if w.Refund == "" || w.Order.Refund.Closed > w.Rounds {
			m.fail(w, sale.FailNotFound)
			return
		}
		m.land(w, sale.RefundSeen{Report: sale.RefundReport{Status: w.Refund}})
	}
}

// query is the verified answer. Whether the customer is still there and the
// machine is ready may be anything: no answer may break a promise.
func (w world) query(m *mover) {
	for bits := range 8 {
		m.land(w, sale.TradeSeen{Trade: sale.Trade{State: w.Trade}, InTime: bits&1 > 0, Fresh: bits&2 > 0, Ready: bits&4 > 0})
		if w.Trade != sale.TradePaid {
			break
		}
	}
	m.land(w, sale.TradeSeen{Trade: sale.Trade{State: sale.TradeUnclear}})
	if w.Trade == sale.TradeUnpaid {
		m.land(w, sale.TradeSeen{Trade: sale.Trade{State: sale.TradePaying}})
	}
}

func (w world) close(m *mover) {
	switch {
	case !w.Exists:
		m.fail(w, sale.FailNotFound)
	case w.Trade == sale.TradePaid || w.Trade == sale.TradeRefunded:
		m.fail(w, sale.FailPaid)
	default:
		shut := w
		shut.Trade = sale.TradeClosed
		m.fail(shut, sale.FailTemporary)
		m.land(shut, sale.CloseAccepted{})
	}
}

func (w world) dispense(m *mover) {
	if w.Sent {
		m.land(w, sale.Vended{}) // the result was lost, or the time is up
		if w.Done {
			v := sale.Vended{Verdict: w.truth()}
			if v.Verdict.Outcome == sale.OutcomeNotDispensed {
				w.Failed++
			}
			m.land(w, v)
			v.Elsewhere = true
			m.land(w, v)
		}
		return
	}
	sent := w
	sent.Wires[w.Order.Product.Slot]++
	sent.Sent, sent.Running, sent.Done = true, true, false
	if w.Told {
		sent.Wrong = "a command for what the provider said was refunded"
	}
	m.add(sent)
	m.land(w, sale.Vended{Verdict: sale.Verdict{Outcome: sale.OutcomeNotDispensed, NotSent: true}, Elsewhere: true})
	m.land(w, sale.Vended{})
}

func (w world) refund(m *mover) {
	if w.Portal && w.Refund == "" {
		m.fail(w, sale.FailRefused) // nothing is left to refund
		return
	}
	paid := w
	if w.Order.Refund.Closed > w.Rounds { // under a number of its own
		paid.Rounds, paid.Refund = w.Order.Refund.Closed, ""
	}
	if paid.MoneyIn > 0 && (paid.Refund == "" || m.rules.newRefundNumbers) {
		paid.Refund, paid.Trade = sale.RefundProcessing, sale.TradeRefunded
		if m.rules.newRefundNumbers {
			paid.MoneyOut++
		}
	}
	m.fail(paid, sale.FailTemporary)
	if paid.Refund != "" {
		m.land(paid, sale.RefundSeen{Report: sale.RefundReport{Status: paid.Refund}})
	}
}

func (w world) board(m *mover) {
	if !w.Running {
		return
	}
	fell, not := w, w
	fell.Running, fell.Done, fell.Drops = false, true, fell.Drops+1
	not.Running, not.Done = false, true
	m.add(fell)
	m.add(not)
}

// time is what the machine does by its own clock.
func (w world) time(m *mover) {
	switch {
	case w.Order.State == sale.Created || w.Order.State == sale.Awaiting:
		m.happen(w, sale.Withdraw{Cause: sale.CauseTimeout})
	case w.Order.State == sale.Unknown:
		m.happen(w, sale.Recovered{}) // the board has been silent for long
	case w.Order.State == sale.Closed && w.Pending == 0 && w.Flying == 0 && w.Order.Open():
		m.happen(w, sale.SweepDue{})
	}
}

// outside is what happens without the daemon: the customer, the provider, the
// operator, the power.
func (w world) outside(m *mover) {
	if w.Order.State == sale.Awaiting && !w.Scanned {
		n := w
		n.Scanned = true
		m.add(n)
	}
	if w.Scanned && w.Exists && w.Trade == sale.TradeUnpaid {
		pays, expires := w, w
		pays.Trade, pays.MoneyIn = sale.TradePaid, 1
		expires.Trade = sale.TradeClosed
		m.add(pays)
		m.add(expires)
	}
	if w.InFlight {
		arrives, lost := w, w
		arrives.InFlight, arrives.Exists = false, true
		lost.InFlight = false
		m.add(arrives)
		m.add(lost)
	}
	if w.Trade == sale.TradePaid && w.Refund == "" && w.Order.State != sale.Dispensed {
		n := w
		n.Portal, n.Trade = true, sale.TradeRefunded
		m.add(n)
	}
	if w.Refund == sale.RefundProcessing {
		for _, s := range []sale.RefundStatus{sale.RefundSuccess, sale.RefundAbnormal, sale.RefundClosed} {
			n := w
			n.Refund = s
			if s == sale.RefundSuccess && !m.rules.newRefundNumbers {
				n.MoneyOut++
			}
			m.add(n)
		}
	}
	if w.Crashes < m.rules.maxCrashes {
		n := w
		n.Crashes++
		n.Flying, n.Sent, n.Pending = 0, false, 0
		o, lines, effects := m.next(w.Durable, sale.Restarted{})
		m.add(n.commit(o, lines, effects))
	}
	if m.rules.damage && !w.Damaged {
		w.restore(m)
	}
	if m.rules.person && (!w.Decided || w.Order.State == sale.WrittenOff) {
		w.person(m)
	}
}

// person decides: the money goes back, or it does not, or later it does all the
// same.
func (w world) person(m *mover) {
	w.Decided = true
	switch w.Order.State {
	case sale.Attention:
		m.happen(w, sale.Resolved{As: sale.Refunding})
		m.happen(w, sale.Resolved{As: sale.Dispensed})
		off := w
		off.Off = true
		m.happen(off, sale.Resolved{As: sale.WrittenOff})
	case sale.Dispensed, sale.WrittenOff:
		m.happen(w, sale.Resolved{As: sale.Refunding})
	}
}

// restore is what store.Restore and the next start do. The copy has the order
// as it was at some time, or not at all: then its number was found.
func (w world) restore(m *mover) {
	if w.Copied.State != w.Durable.State {
		n := w
		n.Copied = w.Durable
		m.add(n)
	}
	n := w
	n.Damaged = true
	n.Flying, n.Sent, n.Pending = 0, false, 0
	n.Durable = w.Copied
	if n.Durable.Number == "" {
		n.Durable = sale.Order{Number: w.Durable.Number, State: sale.Closing, Cause: sale.CauseRestored}
	}
	if s := n.Durable.State; !m.rules.markless && n.Durable.Open() && s != sale.Closed && s != sale.Refunding {
		n.Durable.Restored = true
	}
	n.Order = n.Durable
	if !n.Durable.Open() {
		m.add(n)
		return
	}
	o, lines, effects := m.next(n.Durable, sale.Restarted{})
	m.add(n.commit(o, lines, effects))
}

// wire counts the dispense commands that reached the board.
func (w world) wire() (n int) {
	for _, of := range w.Wires {
		n += of
	}
	return n
}

func (w world) truth() sale.Verdict {
	if w.Drops > 0 {
		return sale.Verdict{Outcome: sale.OutcomeDispensed}
	}
	return sale.Verdict{Outcome: sale.OutcomeNotDispensed}
}
