package store_test

import (
	"testing"

	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

func TestAdmitCountsCommands(t *testing.T) {
	w, _ := ledgertest.NewWalk(1)
	w.Order.State, w.Order.Commands = sale.Paid, 1
	was := w.Order
	wantText(t, store.Admit(&was, 1, w.To(sale.Dispensing)), string(was.Number),
		`the ledger refuses the step: order "$": a second dispense command`)
	if err := store.Admit(&was, 1, func() sale.Step { w.Order = was; return w.To(sale.Unknown) }()); err != nil {
		t.Errorf("doubt about a second command must be recorded: %v", err)
	}
}

// TestAdmitTakesWhatNextDecides: the ledger's own table of transitions must
// never stop a sale that goes right.
func TestAdmitTakesWhatNextDecides(t *testing.T) {
	steps := 0
	for _, from := range sale.States() {
		for _, policy := range []sale.UnknownPolicy{sale.UnknownRefund, sale.UnknownCharge, sale.UnknownHold} {
			for variant := range 8 {
				commands, held, asked := variant&1, variant&2 > 0, variant&4 > 0
				if commands == 0 && (from == sale.Dispensing || from == sale.Unknown) {
					continue
				}
				o := ledgertest.Order(1)
				o.State, o.Commands = from, commands
				o.Policy = sale.Policy{OnUnknown: policy, LateDispense: commands == 0, HoldRefunds: held}
				if asked && (from == sale.Refunding || from == sale.Attention) {
					o.Refund = sale.Refund{ByPerson: true, Status: sale.RefundClosed}
				}
				for _, e := range allEvents() {
					next, lines, _ := sale.Next(o, e)
					if len(lines) == 0 {
						continue
					}
					steps++
					if err := store.Admit(&o, 1, sale.Step{From: from, Order: next, Trail: lines}); err != nil {
						t.Errorf("%s, %T: %v", from, e, err)
					}
				}
			}
		}
	}
	if steps < 200 {
		t.Errorf("only %d steps: the events do not reach the core", steps)
	}
}

// TestAdmitTakesTestVends walks every state that a test vend can reach, whatever
// happens to it. The ledger takes each step; one command is permitted; nothing
// else but asking the board is; and an order of another kind may not go there.
func TestAdmitTakesTestVends(t *testing.T) {
	born := ledgertest.Order(1)
	born.Number, born.Product.Price, born.Request = "SH0042-1-T-K7QM3X", 0, nil
	o, lines, effects := sale.BeginTest(born)
	if err := store.Admit(nil, 0, sale.Step{Order: o, Trail: lines}); err != nil {
		t.Fatal(err)
	}
	if len(effects) != 1 || effects[0] != sale.DoDispense || o.Commands != 1 {
		t.Fatalf("it begins with %v and %d commands", effects, o.Commands)
	}
	lost := born
	lost.State, lost.Restored = sale.Closing, true // a restore found its number only
	copied := o
	copied.Restored = true
	ends := map[sale.State]bool{}
	seen := map[string]bool{}
	for todo := []sale.Order{o, lost, copied}; len(todo) > 0; {
		o := todo[0]
		todo = todo[1:]
		for _, e := range allEvents() {
			next, lines, effects := sale.Next(o, e)
			for _, effect := range effects {
				if effect != sale.DoRecover {
					t.Errorf("%s, %T permits %q", o.State, e, effect)
				}
			}
			if len(lines) == 0 {
				continue
			}
			if err := store.Admit(&o, 1, sale.Step{From: o.State, Order: next, Trail: lines}); err != nil {
				t.Errorf("%s, %T: %v", o.State, e, err)
			}
			if id := string(next.State) + string(next.Cause); !seen[id] {
				seen[id] = true
				todo = append(todo, next)
			}
			if next.State.Final() {
				ends[next.State] = true
				if next.Open() {
					t.Errorf("%s (%s) is still open", next.State, next.Cause)
				}
			}
		}
	}
	if len(ends) != 2 || !ends[sale.Dispensed] || !ends[sale.Closed] {
		t.Errorf("it ends as %v", ends)
	}
}

func TestAdmitKeepsTestVendsFromMoney(t *testing.T) {
	o := ledgertest.Order(1)
	o.Number, o.Request = "SH0042-1-T-K7QM3X", nil
	begun, lines, _ := sale.BeginTest(o)
	wantText(t, store.Admit(nil, 0, sale.Step{Order: begun, Trail: lines}), string(o.Number),
		`the ledger refuses the step: order "$": a test vend has no price and nothing to do with a payment`)
	begun.Product.Price = 0
	again := begun
	again.Commands = 2
	wantText(t, store.Admit(&begun, 1, sale.Step{From: sale.Dispensing, Order: again, Trail: []sale.Line{{State: sale.Dispensing}}}), string(o.Number),
		`the ledger refuses the step: order "$": nothing leads from "dispensing" to "dispensing"`)
	refund := begun
	refund.State = sale.Refunding
	wantText(t, store.Admit(&begun, 1, sale.Step{From: sale.Dispensing, Order: refund, Trail: []sale.Line{{State: sale.Refunding}}}), string(o.Number),
		`the ledger refuses the step: order "$": nothing leads from "dispensing" to "refunding"`)
	sold := begun
	sold.Number = "SH0042-1-K7QM3X"
	wantText(t, store.Admit(nil, 0, sale.Step{Order: sold, Trail: lines}), string(sold.Number),
		`the ledger refuses the step: order "$": nothing leads from "created" to "dispensing"`)
}

func allEvents() []sale.Event {
	events := []sale.Event{
		sale.CodeReady{CodeURL: "weixin://"}, sale.Withdraw{Cause: sale.CauseTimeout}, sale.CloseAccepted{},
		sale.MachineReady{Ready: true}, sale.MachineReady{}, sale.SweepDue{}, sale.Restarted{},
		sale.Resolved{As: sale.Dispensed}, sale.Resolved{As: sale.Refunding},
	}
	for trade := sale.TradeUnclear; trade <= sale.TradeRefunded; trade++ {
		for bits := range 8 {
			events = append(events, sale.TradeSeen{Trade: sale.Trade{State: trade}, InTime: bits&1 > 0, Fresh: bits&2 > 0, Ready: bits&4 > 0})
		}
	}
	for call := sale.DoCreate; call <= sale.DoAlarm; call++ {
		for why := sale.FailTemporary; why <= sale.FailNotEnough; why++ {
			events = append(events, sale.CallFailed{Call: call, Why: why}, sale.CallFailed{Call: call, Why: why, Settled: true})
		}
	}
	for _, outcome := range []sale.Outcome{sale.OutcomeUnknown, sale.OutcomeDispensed, sale.OutcomeNotDispensed} {
		for _, v := range []sale.Verdict{{Outcome: outcome}, {Outcome: outcome, NotSent: true}, {Outcome: outcome, Presumed: true}} {
			events = append(events, sale.Vended{Verdict: v}, sale.Recovered{Verdict: v})
		}
	}
	for _, status := range []sale.RefundStatus{sale.RefundProcessing, sale.RefundSuccess, sale.RefundAbnormal, sale.RefundClosed} {
		events = append(events, sale.RefundSeen{Report: sale.RefundReport{Status: status}})
	}
	return events
}
