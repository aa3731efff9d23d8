package ledgertest

import (
	"errors"
	"testing"

	"kioskd/sale"
	"kioskd/store"
)

// refusals brings an order into a state and tries a step that must not be: the
// error is exact, and nothing has changed.
func refusals(t *testing.T, b *bench) {
	for _, c := range refusalCases() {
		last, _ := b.LastSeq()
		w, s := NewWalk(last + 1)
		b.commit(s)
		for _, state := range c.path {
			b.commit(w.To(state))
		}
		before, err := b.Ledger.Open()
		if err != nil {
			t.Fatal(err)
		}
		seq, _ := b.LastSeq()
		err = b.Commit(c.step(w))
		want := store.ErrRefused.Error() + `: order "` + string(w.Order.Number) + `": ` + c.want
		switch {
		case !errors.Is(err, store.ErrRefused):
			t.Errorf("want a refusal (%s), got %v", c.want, err)
		case err.Error() != want:
			t.Errorf("refused with\n  %s\nwant\n  %s", err, want)
		}
		b.wantOpen(before...)
		b.wantSeq(seq)
	}
	if err := b.Health(); err != nil {
		t.Errorf("a refusal harmed the ledger: %v", err)
	}
	before, _ := b.Ledger.Open()
	b.Ledger = b.reopen()
	b.wantOpen(before...)
}

type refusalCase struct {
	path []sale.State
	step func(*Walk) sale.Step
	want string
}

func refusalCases() []refusalCase {
	to := func(states ...sale.State) func(*Walk) sale.Step {
		return func(w *Walk) sale.Step { return w.To(states...) }
	}
	change := func(f func(*sale.Step), states ...sale.State) func(*Walk) sale.Step {
		return func(w *Walk) sale.Step {
			s := w.To(states...)
			f(&s)
			return s
		}
	}
	paid := []sale.State{sale.Awaiting, sale.Paid}
	vending := append(paid[:2:2], sale.Dispensing)
	dispensed := append(vending[:3:3], sale.Dispensed)
	refunded := append(vending[:3:3], sale.Refunding, sale.Refunded)
	fixed := func(what string) string { return "its " + what + " changed, which was fixed when it was created" }
	return []refusalCase{
		{nil, change(func(s *sale.Step) { s.From = "" }, sale.Awaiting), "is new, but there is one in state created"},
		{nil, change(func(s *sale.Step) { s.From = sale.Closing }, sale.Closed), "leaves closing, but is in state created"},
		{nil, change(func(s *sale.Step) { s.Trail = nil }, sale.Awaiting), "has no journal line"},
		{nil, change(func(s *sale.Step) { s.Trail[0].State = sale.Closing }, sale.Awaiting),
			"is in state awaiting, but its trail ends in closing"},
		{nil, change(func(s *sale.Step) { s.Order.Seq++ }, sale.Awaiting), fixed("sequence")},
		{nil, change(func(s *sale.Step) { s.Order.Product.Price = 1 }, sale.Awaiting), fixed("product")},
		{nil, change(func(s *sale.Step) { s.Order.Request = []byte("{}") }, sale.Awaiting), fixed("request")},
		{nil, change(func(s *sale.Step) { s.Order.Policy.LateDispense = true }, sale.Awaiting), fixed("policy")},
		{nil, to(sale.Dispensing), `nothing leads from "created" to "dispensing"`},
		{nil, to(sale.Awaiting, sale.Dispensing), `nothing leads from "awaiting" to "dispensing"`},
		{nil, to(sale.Created), `nothing leads from "created" to "created"`},
		{nil, to("sold"), `nothing leads from "created" to "sold"`},
		{paid, change(func(s *sale.Step) { s.Order.Commands = 2 }, sale.Dispensing),
			"counts 2 dispense commands, but its states permit 1"},
		{paid, change(func(s *sale.Step) { s.Order.Commands = 0 }, sale.Dispensing),
			"counts 0 dispense commands, but its states permit 1"},
		{vending, change(func(s *sale.Step) { s.Order.Commands = 0 }, sale.Unknown),
			"counts 0 dispense commands, but its states permit 1"},
		{vending, to(sale.Dispensing), `nothing leads from "dispensing" to "dispensing"`},
		{vending, to(sale.Unknown, sale.Dispensing), `nothing leads from "unknown" to "dispensing"`},
		{vending, to(sale.Refunded), `nothing leads from "dispensing" to "refunded"`},
		{dispensed, to(sale.Refunding), "is dispensed, and no person asks for the money back"},
		{append(vending[:3:3], sale.Unknown, sale.Attention, sale.WrittenOff), to(sale.Refunding), "is written_off, and no person asks for the money back"},
		{append(vending[:3:3], sale.Unknown), to(sale.WrittenOff), `nothing leads from "unknown" to "written_off"`},
		{vending, change(func(s *sale.Step) { s.Order.Refund.Closed = 1 }, sale.Refunding), "asks under a new number, and its refund is not closed"},
		{append(vending[:3:3], sale.Unknown, sale.Attention), func(w *Walk) sale.Step {
			w.Order.Refund.Closed = 2
			return w.To(sale.Refunding)
		}, "asks under a new number, and its refund is not closed"},
		{dispensed, to(sale.Dispensed), `nothing leads from "dispensed" to "dispensed"`},
		{refunded, to(sale.Dispensing), `nothing leads from "refunded" to "dispensing"`},
		{refunded, to(sale.Refunding), `nothing leads from "refunded" to "refunding"`},
		{[]sale.State{sale.Closing, sale.Closed}, to(sale.Awaiting), `nothing leads from "closed" to "awaiting"`},
		{nil, func(w *Walk) sale.Step {
			w.Order.Number = "NEVER-SEEN"
			return w.To(sale.Awaiting)
		}, "leaves created, but there is no such order"},
		{nil, func(w *Walk) sale.Step {
			w.Order.Number = "蛇0042"
			return w.To(sale.Awaiting)
		}, "a number has 1 to 32 characters of 0-9 A-Z a-z _ -"},
	}
}
