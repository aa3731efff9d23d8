package watch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kioskd/sale"
	"kioskd/sale/saletest"
	"kioskd/watch"
)

const after, doorAfter = 10 * time.Minute, 30 * time.Minute

func limits() watch.Limits {
	return watch.Limits{On: watch.Kinds(), After: after, DoorAfter: doorAfter, Cold: new(2), Warm: new(8)}
}

// well is the state of a machine that sells.
func well() watch.State { return watch.State{Opened: true, Sale: &sale.Status{Selling: true}} }

func fault(c sale.Code) *sale.Fault { return &sale.Fault{Code: c, What: "it is so"} }

func order(number sale.Number, state sale.State, cause sale.Cause) sale.Order {
	return sale.Order{Number: number, State: state, Cause: cause, Product: sale.Product{Slot: 11, Price: 350}}
}

func TestConditions(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*watch.State)
		want   []watch.Condition
	}{
		{"well", func(*watch.State) {}, nil},
		{"before the ledger is opened", func(s *watch.State) { *s = watch.State{} }, nil},
		{"the ledger is damaged", func(s *watch.State) { *s = watch.State{Starting: fault(sale.CodeStoreDamaged)} },
			[]watch.Condition{{Kind: watch.Store, After: after, Code: sale.CodeStoreDamaged}}},
		{"the machine hangs", func(s *watch.State) { s.Sale = nil }, []watch.Condition{{Kind: watch.Stopped, After: after}}},
		{"an order needs a person", func(s *watch.State) { s.Waiting = []sale.Order{order("A1", sale.Attention, sale.CauseRefundFailed)} },
			[]watch.Condition{{Kind: watch.Attention, Number: "A1", Slot: 11, Cause: sale.CauseRefundFailed}}},
		{"a doubt that the policy has settled", func(s *watch.State) { s.Doubted = []sale.Order{order("A1", sale.Refunding, sale.CauseNoProof)} },
			[]watch.Condition{{Kind: watch.Unknown, Number: "A1", Slot: 11, Cause: sale.CauseNoProof, Once: true}}},
		{"a doubt of an earlier process", func(s *watch.State) {
			s.Sale.Open = []sale.OpenOrder{{Number: "A1", State: sale.Unknown, Slot: 12, Cause: sale.CauseRestart}, {Number: "A2", State: sale.Refunding}}
		}, []watch.Condition{{Kind: watch.Unknown, Number: "A1", Slot: 12, Cause: sale.CauseRestart, Once: true}}},
		{"no way to the provider", func(s *watch.State) { s.Provider = context.DeadlineExceeded },
			[]watch.Condition{{Kind: watch.Offline, After: after, Code: sale.CodeNetDown}}},
		{"the provider refuses the merchant, and the board is silent", func(s *watch.State) {
			s.Provider, s.Board = fault(sale.CodePayMerchant), fault(sale.CodeSerialMissing)
		}, []watch.Condition{{Kind: watch.Offline, After: after, Code: sale.CodePayMerchant}, {Kind: watch.Controller, After: after, Code: sale.CodeSerialMissing}}},
		{"the door is open", func(s *watch.State) { s.Cabinet.DoorOpen = new(true) }, []watch.Condition{{Kind: watch.Door, After: doorAfter}}},
		{"the door is closed", func(s *watch.State) { s.Cabinet.DoorOpen = new(false) }, nil},
		{"a silent board said that the door is open and that it is warm", func(s *watch.State) {
			s.Cabinet, s.Board = watch.Cabinet{DoorOpen: new(true), Celsius: new(30)}, fault(sale.CodeSerialSilent)
		}, []watch.Condition{{Kind: watch.Controller, After: after, Code: sale.CodeSerialSilent}}},
		{"too warm", func(s *watch.State) { s.Cabinet.Celsius = new(9) }, []watch.Condition{{Kind: watch.Temperature, After: after, Celsius: 9}}},
		{"too cold", func(s *watch.State) { s.Cabinet.Celsius = new(1) }, []watch.Condition{{Kind: watch.Temperature, After: after, Celsius: 1}}},
		{"just well", func(s *watch.State) { s.Cabinet.Celsius = new(8) }, nil},
		{"a wrong clock", func(s *watch.State) { s.Clock = fault(sale.CodeClock) }, []watch.Condition{{Kind: watch.Clock, After: after, Code: sale.CodeClock}}},
		{"a full disk", func(s *watch.State) { s.Sale = &sale.Status{Code: sale.CodeStoreSpace} },
			[]watch.Condition{{Kind: watch.Store, After: after, Code: sale.CodeStoreSpace}}},
		{"bills that agree", func(s *watch.State) { s.Bills = &watch.Bills{} }, nil},
		{"a bill that differs, and nothing is sold", func(s *watch.State) {
			s.Bills, s.Sale = &watch.Bills{Differ: []string{"2026-10-01"}}, &sale.Status{Code: sale.CodeDoubts}
		}, []watch.Condition{{Kind: watch.Bill, Day: "2026-10-01", Code: sale.CodeBillDiffers, Once: true}, {Kind: watch.Stopped, After: after, Code: sale.CodeDoubts}}},
		{"too many doubts", func(s *watch.State) { s.Sale = &sale.Status{Code: sale.CodeDoubts} },
			[]watch.Condition{{Kind: watch.Stopped, After: after, Code: sale.CodeDoubts}}},
		{"a code that another kind tells", func(s *watch.State) { s.Sale = &sale.Status{Code: sale.CodeNetDown} }, nil},
	} {
		s := well()
		c.change(&s)
		if diff := cmp.Diff(c.want, s.Conditions(limits()), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if got := s.Conditions(watch.Limits{}); len(got) > 0 {
			t.Errorf("%s: nothing is wanted, and %v is told", c.name, got)
		}
	}
}

func step(from sale.State, o sale.Order, trail ...sale.State) sale.Step {
	s := sale.Step{From: from, Order: o}
	for _, state := range append(trail, o.State) {
		s.Trail = append(s.Trail, sale.Line{State: state, Cause: o.Cause})
	}
	return s
}

func TestCases(t *testing.T) {
	numbers := func(list []sale.Order) (n []sale.Number) {
		for _, o := range list {
			n = append(n, o.Number)
		}
		return n
	}
	var c watch.Cases
	c.Begin([]sale.Order{order("A0", sale.Attention, sale.CausePerson)})
	for _, one := range []struct {
		name             string
		step             sale.Step
		news             bool
		waiting, doubted []sale.Number
	}{
		{"a sale", step(sale.Awaiting, order("A1", sale.Dispensing, sale.CausePaid), sale.Paid), false, []sale.Number{"A0"}, nil},
		{"no answer from the board", step(sale.Dispensing, order("A1", sale.Unknown, sale.CauseNoProof)), true, []sale.Number{"A0"}, []sale.Number{"A1"}},
		{"the policy", step(sale.Unknown, order("A1", sale.Refunding, sale.CauseNoProof)), false, []sale.Number{"A0"}, []sale.Number{"A1"}},
		{"the refund is refused", step(sale.Refunding, order("A1", sale.Attention, sale.CauseRefundFailed)), true, []sale.Number{"A0", "A1"}, []sale.Number{"A1"}},
		{"told again", step(sale.Attention, order("A1", sale.Attention, sale.CauseRefundFailed)), false, []sale.Number{"A0", "A1"}, []sale.Number{"A1"}},
		{"a person", step(sale.Attention, order("A1", sale.Refunding, sale.CausePerson)), true, []sale.Number{"A0"}, []sale.Number{"A1"}},
		{"another doubt", step(sale.Dispensing, order("A2", sale.Unknown, sale.CauseNoProof)), true, []sale.Number{"A0"}, []sale.Number{"A1", "A2"}},
		{"that is proved", step(sale.Unknown, order("A2", sale.Dispensed, sale.CauseDropped)), false, []sale.Number{"A0"}, []sale.Number{"A1"}},
		{"a test vend in doubt", step(sale.Dispensing, order("T1-00000001-T-ABCDEF", sale.Unknown, sale.CauseNoProof)), false, []sale.Number{"A0"}, []sale.Number{"A1"}},
	} {
		news := c.Saw(one.step)
		waiting, doubted := c.Lists()
		if diff := cmp.Diff([]any{one.news, one.waiting, one.doubted}, []any{news, numbers(waiting), numbers(doubted)}, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: news, waiting, doubted (-want +got):\n%s", one.name, diff)
		}
	}
	c.Needs(order("A3", sale.Refunding, sale.CauseLate))
	if waiting, _ := c.Lists(); len(waiting) != 2 {
		t.Errorf("%d orders wait, want the one that goes on as well", len(waiting))
	}
	c.Saw(step(sale.Refunding, order("A3", sale.Refunded, sale.CauseRefunded)))
	if waiting, _ := c.Lists(); len(waiting) != 1 {
		t.Errorf("%d orders wait after one was refunded", len(waiting))
	}
	for i := range 2000 {
		c.Needs(order(sale.Number(rune('一'+i)), sale.Attention, ""))
	}
	if waiting, _ := c.Lists(); len(waiting) != 1000 {
		t.Errorf("%d orders are kept, want a bound of 1000", len(waiting))
	}
}

func TestReach(t *testing.T) {
	var r watch.Reach
	for _, c := range []struct {
		err  error
		well bool
	}{
		{nil, true}, {fault(sale.CodeNetDown), false}, {context.Canceled, false}, {sale.ErrNotFound, true},
		{context.DeadlineExceeded, false}, {context.Canceled, false}, {sale.ErrRefused, true}, {errors.Join(sale.ErrMerchant, fault(sale.CodePayMerchant)), false},
	} {
		r.Saw(watch.Call{Name: "ping", Err: c.err})
		if good, why := r.Last(); (why == nil) != c.well || good.IsZero() {
			t.Errorf("after %v: %v, last good %v", c.err, why, good)
		}
	}
}

// What is observed stays what it was.
func TestObserved(t *testing.T) {
	provider, book := saletest.NewProvider(), saletest.NewLedger()
	var calls []string
	g := watch.ObserveGateway(provider, func(c watch.Call) { calls = append(calls, c.Name) })
	steps := 0
	l := watch.ObserveLedger(book, func(sale.Step, time.Duration) { steps++ })
	o, lines, _ := sale.Begin(sale.Order{Number: "T1-00000001-ABCDEF", Seq: 1, Product: sale.Product{Slot: 11, Price: 200}})
	if err := l.Commit(sale.Step{Order: o, Trail: lines}); err != nil {
		t.Fatal(err)
	}
	if err := l.Commit(sale.Step{Order: o, Trail: lines}); err == nil || steps != 1 {
		t.Errorf("the second commit: %v, %d steps were seen", err, steps)
	}
	var err error
	if o.Request, err = g.Prepare(o, time.Now()); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	url, err := g.Create(ctx, o)
	trade, err2 := g.Query(ctx, o)
	if err := errors.Join(err, err2, g.Close(ctx, o), g.Ping(ctx)); err != nil || url == "" || trade.State != sale.TradeUnpaid {
		t.Errorf("%q, %v, %v", url, trade.State, err)
	}
	_, err = g.Refund(ctx, o)
	_, err2 = g.QueryRefund(ctx, o)
	if err == nil || !errors.Is(err2, sale.ErrNotFound) {
		t.Errorf("refund of what nobody paid: %v, %v", err, err2)
	}
	if diff := cmp.Diff([]string{"create", "query", "close", "ping", "refund", "query_refund"}, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}
