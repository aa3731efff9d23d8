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
			for _, commands := range []int{0, 1} {
				if commands == 0 && (from == sale.Dispensing || from == sale.Unknown) {
					continue
				}
				o := ledgertest.Order(1)
				o.State, o.Commands = from, commands
				o.Policy = sale.Policy{OnUnknown: policy, LateDispense: commands == 0}
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
		v := sale.Verdict{Outcome: outcome}
		events = append(events, sale.Vended{Verdict: v}, sale.Recovered{Verdict: v})
	}
	for _, status := range []sale.RefundStatus{sale.RefundProcessing, sale.RefundSuccess, sale.RefundAbnormal, sale.RefundClosed} {
		events = append(events, sale.RefundSeen{Report: sale.RefundReport{Status: status}})
	}
	return events
}
