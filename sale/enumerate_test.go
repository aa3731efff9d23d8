package sale_test

import (
	"fmt"
	"testing"

	"kioskd/sale"
)

// This file enumerates every reachable state of the production Next against a
// model of everything around it: a customer who may pay late, a provider, a
// board, lost requests and answers, forged error answers, and crashes between
// any two steps. world_test.go is the model; here it is searched.

type nextFunc func(sale.Order, sale.Event) (sale.Order, []sale.Line, []sale.Effect)

func TestNextAgainstTheWorld(t *testing.T) {
	for _, policy := range append(policies(), otherSlots()...) {
		for _, board := range []string{"tells", "mute"} {
			t.Run(fmt.Sprintf("%s/late=%v/other=%v/board %s", policy.OnUnknown, policy.LateDispense, policy.OtherSlot, board), func(t *testing.T) {
				g := explore(sale.Next, policy, board == "tells", rules{maxCrashes: crashesWorthSearching})
				for _, v := range g.violations {
					t.Error(v)
				}
				for _, s := range g.stuck() {
					t.Error("stuck for ever: " + s)
				}
				for _, want := range sale.States() {
					if !g.reached[want] && want != sale.WrittenOff { // a person's word
						t.Errorf("the model never reached %s: it proves nothing about it", want)
					}
				}
				doubled, most := 0, 0
				for _, w := range g.worlds {
					most = max(most, w.wire())
					if w.Drops == 1 && w.MoneyOut == 1 {
						doubled++
					}
				}
				if policy.OtherSlot && most != 3 {
					t.Errorf("at most %d slots were tried for one order", most)
				}
				t.Logf("%d worlds, %d with a product fallen and refunded, all through unknown", len(g.worlds), doubled)
				if board == "tells" && policy.OnUnknown == sale.UnknownCharge && doubled > 0 {
					t.Errorf("policy charge refunded a fallen product in %d worlds", doubled)
				}
			})
		}
	}
}

// TestNextAfterARestore lets the ledger be damaged at any time, and be restored
// from a copy of any time before, with any step lost.
func TestNextAfterARestore(t *testing.T) {
	searched := policies()
	if crashesBesideDamage == 0 {
		searched = searched[1:2]
	}
	for _, policy := range searched {
		t.Run(fmt.Sprintf("%s/late=%v", policy.OnUnknown, policy.LateDispense), func(t *testing.T) {
			g := explore(sale.Next, policy, true, rules{maxCrashes: crashesBesideDamage, damage: true})
			for _, v := range append(g.violations, g.stuck()...) {
				t.Error(v)
			}
			if len(g.worlds) >= maxWorlds {
				t.Error("the search was cut short")
			}
			t.Logf("%d worlds", len(g.worlds))
		})
	}
	g := explore(sale.Next, policies()[1], true, rules{damage: true, markless: true})
	if len(g.violations) == 0 {
		t.Error("a restore that marks nothing was not caught")
	} else {
		t.Log(g.violations[0])
	}
}

// TestNextWithAPerson lets a person decide about a question, or give back the
// money for what was dispensed, after any refund that the provider has ended,
// and with refunds that wait for a person at first.
func TestNextWithAPerson(t *testing.T) {
	for _, policy := range append(policies()[1:4], sale.Policy{OnUnknown: sale.UnknownRefund, LateDispense: true, HoldRefunds: true}) {
		t.Run(fmt.Sprintf("%s/late=%v/held=%v", policy.OnUnknown, policy.LateDispense, policy.HoldRefunds), func(t *testing.T) {
			g := explore(sale.Next, policy, true, rules{maxCrashes: crashesWorthSearching, person: true})
			for _, v := range append(g.violations, g.stuck()...) {
				t.Error(v)
			}
			given, twice, turnedUp := 0, 0, 0
			for _, w := range g.worlds {
				if w.Off && w.Durable.State == sale.Refunded {
					turnedUp++
				}
				if w.Drops == 1 && w.MoneyOut == 1 && w.Durable.Refund.ByPerson {
					given++
				}
				if w.Rounds > 0 && w.MoneyOut == 1 {
					twice++
				}
				if w.Refund != "" && policy.HoldRefunds && !w.Durable.Refund.ByPerson {
					t.Fatalf("a refund without a person's word: %+v", w)
				}
			}
			if turnedUp == 0 {
				t.Error("the model never gave back the money of an order that was written off")
			}
			if given == 0 || twice == 0 && !policy.HoldRefunds {
				t.Errorf("%d worlds with a product and the money given back, %d with a second refund after a closed one: the model proves nothing", given, twice)
			}
			t.Logf("%d worlds", len(g.worlds))
		})
	}
}

func policies() (all []sale.Policy) {
	for _, u := range []sale.UnknownPolicy{sale.UnknownRefund, sale.UnknownCharge, sale.UnknownHold} {
		for _, late := range []bool{false, true} {
			all = append(all, sale.Policy{OnUnknown: u, LateDispense: late})
		}
	}
	return all
}

// otherSlots are the policies that go on in another slot.
func otherSlots() []sale.Policy {
	return []sale.Policy{{OnUnknown: sale.UnknownRefund, OtherSlot: true}, {OnUnknown: sale.UnknownCharge, LateDispense: true, OtherSlot: true}}
}

// TestBrokenVariantsAreCaught proves that the search can see: each variant
// breaks one rule, as a hurried change might, and must be found out.
func TestBrokenVariantsAreCaught(t *testing.T) {
	policy := sale.Policy{OnUnknown: sale.UnknownRefund, LateDispense: true, OtherSlot: true}
	for _, m := range mutants() {
		t.Run(m.name, func(t *testing.T) {
			g := explore(m.next, policy, true, m.rules)
			found := append(append([]string(nil), g.violations...), g.stuck()...)
			if len(found) == 0 {
				t.Fatalf("not caught in %d worlds", len(g.worlds))
			}
			t.Log(found[0])
		})
	}
}

type mutant struct {
	name  string
	next  nextFunc
	rules rules
}

func mutants() []mutant {
	crash := rules{maxCrashes: 2}
	on := func(name string, swap func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect, bool)) mutant {
		return mutant{name, func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect) {
			if n, l, f, ok := swap(o, e); ok {
				return n, l, f
			}
			return sale.Next(o, e)
		}, crash}
	}
	to := func(o sale.Order, s sale.State, f ...sale.Effect) (sale.Order, []sale.Line, []sale.Effect, bool) {
		o.State = s
		return o, []sale.Line{{State: s}}, f, true
	}
	no := func(o sale.Order) (sale.Order, []sale.Line, []sale.Effect, bool) { return o, nil, nil, false }
	return []mutant{
		on("a restart sends the command again", func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect, bool) {
			if _, again := e.(sale.Restarted); again && o.State == sale.Dispensing {
				return o, nil, []sale.Effect{sale.DoDispense}, true
			}
			return no(o)
		}),
		on("doubt tries the motor again", func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect, bool) {
			if r, ok := e.(sale.Recovered); ok && r.Verdict.Outcome == sale.OutcomeUnknown {
				return to(o, sale.Dispensing, sale.DoDispense)
			}
			return no(o)
		}),
		on("a time-out closes without asking", func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect, bool) {
			if _, ok := e.(sale.Withdraw); ok && o.State == sale.Awaiting {
				return to(o, sale.Closed)
			}
			return no(o)
		}),
		on("202 while paying counts as closed", func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect, bool) {
			if f, ok := e.(sale.CallFailed); ok && o.State == sale.Closing && f.Why == sale.FailPaying {
				return to(o, sale.Closed)
			}
			return no(o)
		}),
		on("an unsigned word of payment dispenses", func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect, bool) {
			if f, ok := e.(sale.CallFailed); ok && o.State == sale.Awaiting && f.Why == sale.FailPaid {
				o.Commands++
				return to(o, sale.Dispensing, sale.DoDispense)
			}
			return no(o)
		}),
		on("an unsigned not-found closes a code that was shown", func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect, bool) {
			if f, ok := e.(sale.CallFailed); ok && o.State == sale.Closing && f.Why == sale.FailNotFound {
				return to(o, sale.Closed)
			}
			return no(o)
		}),
		on("silence counts as nothing fallen", func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect, bool) {
			if v, ok := e.(sale.Vended); ok && v.Verdict.Outcome == sale.OutcomeUnknown {
				return to(o, sale.Refunding, sale.DoRefund)
			}
			return no(o)
		}),
		on("silence counts as fallen", func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect, bool) {
			if v, ok := e.(sale.Vended); ok && v.Verdict.Outcome == sale.OutcomeUnknown {
				return to(o, sale.Dispensed)
			}
			return no(o)
		}),
		on("a late payment is overlooked", func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect, bool) {
			if s, ok := e.(sale.TradeSeen); ok && o.State == sale.Closing && s.Trade.State == sale.TradePaid {
				return to(o, sale.Closed)
			}
			return no(o)
		}),
		on("an accepted refund counts as arrived", func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect, bool) {
			if r, ok := e.(sale.RefundSeen); ok && r.Report.Status == sale.RefundProcessing {
				return to(o, sale.Refunded)
			}
			return no(o)
		}),
		on("a failed close is given up", func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect, bool) {
			if f, ok := e.(sale.CallFailed); ok && o.State == sale.Closing && f.Call == sale.DoClose {
				return o, nil, nil, true
			}
			return no(o)
		}),
		{"a person's refund takes a new number before the old one is closed", func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect) {
			o, lines, effects := sale.Next(o, e)
			if r, ok := e.(sale.Resolved); ok && r.As == sale.Refunding && len(lines) > 0 {
				o.Refund.Closed++
			}
			return o, lines, effects
		}, rules{person: true}},
		{"a person keeps the money of a refund that failed", func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect) {
			if r, ok := e.(sale.Resolved); ok && r.As == sale.Dispensed && o.State == sale.Attention {
				o.State = sale.Dispensed
				return o, []sale.Line{{State: sale.Dispensed}}, nil
			}
			return sale.Next(o, e)
		}, rules{person: true}},
		on("a proved failure is tried again", func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect, bool) {
			if v, ok := e.(sale.Recovered); ok && o.State == sale.Unknown && v.Verdict.Outcome == sale.OutcomeNotDispensed {
				return to(o, sale.Dispensing, sale.DoDispense)
			}
			return no(o)
		}),
		on("a doubt is tried from another slot", func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect, bool) {
			if v, ok := e.(sale.Vended); ok && v.Verdict.Outcome == sale.OutcomeUnknown && len(o.Failed) == 0 {
				o.Failed = []sale.Slot{o.Product.Slot}
				return to(o, sale.Paid, sale.DoAwaitReady)
			}
			return no(o)
		}),
		on("a failed slot is tried again", func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect, bool) {
			if r, ok := e.(sale.MachineReady); ok && r.Ready && len(o.Failed) == 1 {
				o.Commands++
				return to(o, sale.Dispensing, sale.DoDispense)
			}
			return no(o)
		}),
		on("a failure is forgotten", func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect, bool) {
			if v, ok := e.(sale.Vended); ok && v.Verdict.Outcome == sale.OutcomeNotDispensed && !v.Verdict.NotSent {
				o.Commands = 0
				return to(o, sale.Paid, sale.DoAwaitReady)
			}
			return no(o)
		}),
		on("a late code is drawn again", func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect, bool) {
			if c, ok := e.(sale.CodeReady); ok && o.State == sale.Closing {
				o.CodeURL = c.CodeURL
				return to(o, sale.Awaiting, sale.DoQuery)
			}
			return no(o)
		}),
		on("what was refunded in the portal is dispensed", func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect, bool) {
			if s, ok := e.(sale.TradeSeen); ok && o.State == sale.Awaiting && s.Trade.State == sale.TradeRefunded {
				o.Commands++
				return to(o, sale.Dispensing, sale.DoDispense)
			}
			return no(o)
		}),
		on("only a forged word ends the closing", func(o sale.Order, e sale.Event) (sale.Order, []sale.Line, []sale.Effect, bool) {
			if s, ok := e.(sale.TradeSeen); ok && o.State == sale.Closing && s.Trade.State == sale.TradeClosed {
				return o, nil, []sale.Effect{sale.DoQuery}, true
			}
			return no(o)
		}),
		{"the effect comes before the commit", sale.Next, rules{maxCrashes: 2, effectFirst: true}},
		{"a second refund number after a lost answer", sale.Next, rules{maxCrashes: 1, newRefundNumbers: true}},
	}
}

// maxWorlds ends a search that a broken variant made endless.
const maxWorlds = 100_000

// graph is what a search saw.
type graph struct {
	worlds     map[key]world
	edges      map[key][]key
	reached    map[sale.State]bool
	violations []string
}

func explore(next nextFunc, policy sale.Policy, tells bool, r rules) *graph {
	g := &graph{worlds: map[key]world{}, edges: map[key][]key{}, reached: map[sale.State]bool{}}
	start := newWorld(policy)
	queue := []world{start}
	g.worlds[start.key()] = start
	for len(queue) > 0 && len(g.violations) == 0 && len(g.worlds) < maxWorlds {
		w := queue[0]
		queue = queue[1:]
		g.reached[w.Order.State] = true
		from := w.key()
		if broken := w.broken(); broken != "" {
			g.violations = append(g.violations, fmt.Sprintf("%s: %+v", broken, w))
			return g
		}
		for _, n := range w.steps(next, tells, r) {
			k := n.key()
			if !n.forged && !n.crashed(w) {
				g.edges[k] = append(g.edges[k], from) // backwards, for stuck
			}
			if _, seen := g.worlds[k]; !seen {
				g.worlds[k] = n.world
				queue = append(queue, n.world)
			}
		}
	}
	return g
}

// stuck lists worlds from which no end can be reached even if nothing crashes
// any more and every message arrives.
func (g *graph) stuck() (out []string) {
	ends := map[key]bool{}
	var queue []key
	for k, w := range g.worlds {
		if w.ended() {
			ends[k] = true
			queue = append(queue, k)
		}
	}
	for len(queue) > 0 {
		k := queue[0]
		queue = queue[1:]
		for _, from := range g.edges[k] {
			if !ends[from] {
				ends[from] = true
				queue = append(queue, from)
			}
		}
	}
	if len(g.violations) > 0 {
		return nil // the search was cut short
	}
	for k := range g.worlds {
		if !ends[k] && len(out) < 5 {
			out = append(out, fmt.Sprintf("%+v", g.worlds[k]))
		}
	}
	return out
}
