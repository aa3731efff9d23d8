package store

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kioskd/sale"
)

// ErrRefused is wrapped by every error of [Store.Commit] that had no effect.
// It means a mistake in the caller, not in the medium.
var ErrRefused = errors.New("the ledger refuses the step")

// follows lists the states that an order may pass into. It repeats what
// sale.Next decides, on purpose: the ledger is the last place where a second
// dispense command or a resurrected order can be stopped.
func follows(from sale.State) []sale.State {
	switch from {
	case "":
		return []sale.State{sale.Created}
	case sale.Created:
		return []sale.State{sale.Awaiting, sale.Closing}
	case sale.Awaiting:
		return []sale.State{sale.Closing, sale.Closed, sale.Paid}
	case sale.Closing:
		return []sale.State{sale.Closed, sale.Paid}
	case sale.Closed:
		return []sale.State{sale.Closed, sale.Paid}
	case sale.Paid:
		return []sale.State{sale.Paid, sale.Dispensing, sale.Unknown, sale.Refunding, sale.Attention}
	case sale.Dispensing:
		return []sale.State{sale.Dispensed, sale.Refunding, sale.Attention, sale.Unknown, sale.Paid}
	case sale.Unknown:
		return []sale.State{sale.Dispensed, sale.Refunding, sale.Attention}
	case sale.Refunding:
		return []sale.State{sale.Refunding, sale.Refunded, sale.Attention}
	case sale.Attention:
		return []sale.State{sale.Dispensed, sale.Refunding, sale.WrittenOff}
	case sale.Dispensed, sale.WrittenOff:
		return []sale.State{sale.Refunding} // by a person, see admitReturn
	}
	return nil
}

// testFollows is the same for a test vend: nothing that knows of money.
func testFollows(from sale.State) []sale.State {
	switch from {
	case "":
		return []sale.State{sale.Created}
	case sale.Created:
		return []sale.State{sale.Dispensing, sale.Closed}
	case sale.Dispensing:
		return []sale.State{sale.Dispensed, sale.Closed, sale.Unknown}
	case sale.Unknown:
		return []sale.State{sale.Dispensed, sale.Closed}
	case sale.Closing: // of which a damaged ledger had the number only
		return []sale.State{sale.Closed}
	}
	return nil
}

// Admit returns nil if the step may be made durable. stored is the order of
// that number as the ledger has it, nil if it has none; last is the highest
// sequence. Other implementations of sale.Ledger use it to refuse alike.
func Admit(stored *sale.Order, last uint64, s sale.Step) error {
	refuse := func(format string, a ...any) error {
		return fmt.Errorf("%w: order %q: %s", ErrRefused, s.Order.Number, fmt.Sprintf(format, a...))
	}
	o := s.Order
	switch {
	case !validNumber(o.Number):
		return refuse("a number has 1 to 32 characters of 0-9 A-Z a-z _ -")
	case stored == nil && s.From != "":
		return refuse("leaves %s, but there is no such order", s.From)
	case stored != nil && s.From == "":
		return refuse("is new, but there is one in state %s", stored.State)
	case stored != nil && s.From != stored.State:
		return refuse("leaves %s, but is in state %s", s.From, stored.State)
	case stored == nil && o.Seq <= last:
		return refuse("has sequence %d, but %d was used before", o.Seq, last)
	case len(s.Trail) == 0:
		return refuse("has no journal line")
	case s.Trail[len(s.Trail)-1].State != o.State:
		return refuse("is in state %s, but its trail ends in %s", o.State, s.Trail[len(s.Trail)-1].State)
	}
	if what := changed(stored, o); what != "" {
		return refuse("its %s changed, which was fixed when it was created", what)
	}
	if err := admitFailure(stored, s, refuse); err != nil {
		return err
	}
	if o.Test() && (o.Product.Price != 0 || len(o.Request) > 0 || o.CodeURL != "" || o.Payment != sale.Payment{} || o.Refund != sale.Refund{}) {
		return refuse("a test vend has no price and nothing to do with a payment")
	}
	if err := admitTrail(stored, s, refuse); err != nil {
		return err
	}
	return admitReturn(stored, o, refuse)
}

// admitReturn guards what is said of a refund: money for a product that fell
// goes back on a person's word alone, and a new refund number follows only a
// refund that the provider has closed.
func admitReturn(stored *sale.Order, o sale.Order, refuse func(string, ...any) error) error {
	if stored == nil {
		return nil
	}
	was, now := stored.Refund, o.Refund
	switch {
	case (stored.State == sale.Dispensed || stored.State == sale.WrittenOff) && !now.ByPerson:
		return refuse("is %s, and no person asks for the money back", stored.State)
	case was.ByPerson && !now.ByPerson:
		return refuse("forgets that a person asked for the refund")
	case now.Closed != was.Closed && (now.Closed != was.Closed+1 || was.Status != sale.RefundClosed):
		return refuse("asks under a new number, and its refund is not closed")
	}
	return nil
}

// admitTrail follows the states and counts the commands they permit.
func admitTrail(stored *sale.Order, s sale.Step, refuse func(string, ...any) error) error {
	commands, from, follows := 0, s.From, follows
	if s.Order.Test() {
		follows = testFollows
	}
	if stored != nil {
		commands = stored.Commands
	}
	for _, l := range s.Trail {
		if !slices.Contains(follows(from), l.State) {
			return refuse("nothing leads from %q to %q", from, l.State)
		}
		if l.State == sale.Dispensing {
			commands++
		}
		from = l.State
	}
	switch {
	case commands > 1+len(s.Order.Failed):
		return refuse("a second dispense command")
	case s.Order.Commands != commands:
		return refuse("counts %d dispense commands, but its states permit %d", s.Order.Commands, commands)
	}
	return nil
}

// admitFailure permits one more command after each failure that was proved, in a
// slot that has had none, if that was the policy.
func admitFailure(stored *sale.Order, s sale.Step, refuse func(string, ...any) error) error {
	o, before := s.Order, []sale.Slot(nil)
	if stored != nil {
		before = stored.Failed
	}
	grown := s.From == sale.Dispensing && o.State == sale.Paid
	if grown {
		if !o.Policy.OtherSlot {
			return refuse("goes back to paid, and its policy is to try no other slot")
		}
		before = append(slices.Clone(before), stored.Product.Slot)
	}
	switch {
	case !slices.Equal(before, o.Failed):
		return refuse("has failed in slots %v, not in %v", before, o.Failed)
	case len(o.Failed) > 0 && s.From == sale.Paid && o.State == sale.Dispensing && slices.Contains(o.Failed, o.Product.Slot):
		return refuse("a second dispense command in slot %s", o.Product.Slot)
	}
	return nil
}

// moves reports whether a step takes an order to another slot after a failure.
func moves(stored *sale.Order, o sale.Order) bool {
	p := o.Product
	p.Slot = stored.Product.Slot
	return stored.State == sale.Paid && o.State == sale.Dispensing && len(stored.Failed) > 0 && p == stored.Product
}

func changed(stored *sale.Order, o sale.Order) string {
	switch {
	case stored == nil:
		return ""
	case stored.Seq != o.Seq:
		return "sequence"
	case stored.Product != o.Product && !moves(stored, o) && (!stored.Restored || stored.Product.Price != 0):
		return "product"
	case stored.Restored != o.Restored:
		return "origin"
	case stored.Policy != o.Policy:
		return "policy"
	case !bytes.Equal(stored.Request, o.Request):
		return "request"
	}
	return ""
}

func validNumber(n sale.Number) bool {
	const allowed = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-"
	return len(n) >= 1 && len(n) <= 32 && strings.Trim(string(n), allowed) == ""
}
