package watch

import (
	"errors"
	"slices"
	"strings"
	"time"

	"kioskd/sale"
)

// Kind names what a person is told about. The names stand in configs and in
// messages; they never change.
type Kind string

// The kinds.
const (
	Attention   Kind = "attention"   // an order needs a person
	Unknown     Kind = "unknown"     // nobody can say whether a product fell
	Offline     Kind = "offline"     // the provider cannot be reached, or refuses the merchant
	Controller  Kind = "controller"  // the board does not answer, or reports a fault
	Door        Kind = "door"        // the machine's door is open
	Temperature Kind = "temperature" // the cabinet is too warm or too cold
	Clock       Kind = "clock"       // the clock cannot be right
	Store       Kind = "store"       // the ledger cannot be written or opened
	Bill        Kind = "bill"        // the provider's bill and the ledger differ
	Stopped     Kind = "stopped"     // not selling for any other reason
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{Attention, Unknown, Offline, Controller, Door, Temperature, Clock, Store, Bill, Stopped}
}

// Condition is something in a state that a person should know of. Two are the
// same if Kind, Number and Day are.
type Condition struct {
	Kind   Kind
	Number sale.Number   // of the order, Attention and Unknown only
	Day    string        // of the bill, like 2026-10-01
	After  time.Duration // how long it must last before it is told
	Once   bool          // told when it begins, and never again

	Code    sale.Code // may be empty
	Slot    sale.Slot // of the order
	Cause   sale.Cause
	Celsius int // Temperature only
}

// Limits is how much a machine may bear before a person is told.
type Limits struct {
	On        []Kind        // what is told at all
	After     time.Duration // of everything but orders and the door
	DoorAfter time.Duration
	// Cold and Warm are the least and the most degrees that are well; nil: no limit.
	Cold, Warm *int
}

// Conditions lists what a person should know of, in the order of [Kinds].
func (s State) Conditions(l Limits) (list []Condition) {
	add := func(c Condition) {
		if slices.Contains(l.On, c.Kind) {
			list = append(list, c)
		}
	}
	for _, o := range s.Waiting {
		add(Condition{Kind: Attention, Number: o.Number, Slot: o.Product.Slot, Cause: o.Cause})
	}
	for _, o := range s.doubts() {
		add(Condition{Kind: Unknown, Number: o.Number, Slot: o.Product.Slot, Cause: o.Cause, Once: true})
	}
	if !s.Opened {
		if s.Starting != nil {
			add(Condition{Kind: Store, After: l.After, Code: s.Starting.Code})
		}
		return list
	}
	if s.Provider != nil {
		add(Condition{Kind: Offline, After: l.After, Code: CodeOf(s.Provider, sale.CodeNetDown)})
	}
	if s.Board != nil {
		add(Condition{Kind: Controller, After: l.After, Code: CodeOf(s.Board, sale.CodeSerialSilent)})
	}
	if open := s.Cabinet.DoorOpen; open != nil && *open && s.Board == nil {
		add(Condition{Kind: Door, After: l.DoorAfter})
	}
	if c := s.Cabinet.Celsius; c != nil && s.Board == nil && (l.Cold != nil && *c < *l.Cold || l.Warm != nil && *c > *l.Warm) {
		add(Condition{Kind: Temperature, After: l.After, Celsius: *c})
	}
	if s.Clock != nil {
		add(Condition{Kind: Clock, After: l.After, Code: CodeOf(s.Clock, sale.CodeClock)})
	}
	var code sale.Code
	if s.Sale != nil {
		code = s.Sale.Code
	}
	if strings.HasPrefix(string(code), "E-STORE-") {
		add(Condition{Kind: Store, After: l.After, Code: code})
	}
	if s.Bills != nil {
		for _, day := range s.Bills.Differ {
			add(Condition{Kind: Bill, Day: day, Code: sale.CodeBillDiffers, Once: true})
		}
	}
	if s.Sale == nil || strings.HasPrefix(string(code), "E-SALE-") || strings.HasPrefix(string(code), "E-SCREEN-") {
		add(Condition{Kind: Stopped, After: l.After, Code: code})
	}
	return list
}

// doubts adds the orders that stand in doubt now, which another process may
// have begun.
func (s State) doubts() []sale.Order {
	all := slices.Clone(s.Doubted)
	if s.Sale == nil {
		return all
	}
	for _, o := range s.Sale.Open {
		known := slices.ContainsFunc(all, func(d sale.Order) bool { return d.Number == o.Number })
		if o.State == sale.Unknown && !known && !o.Number.Test() {
			all = append(all, sale.Order{Number: o.Number, State: o.State, Cause: o.Cause, Product: sale.Product{Slot: o.Slot}})
		}
	}
	return all
}

// CodeOf is the code of the fault in an error, or another if it has none.
func CodeOf(err error, or sale.Code) sale.Code {
	if f, ok := errors.AsType[*sale.Fault](err); ok {
		return f.Code
	}
	return or
}
