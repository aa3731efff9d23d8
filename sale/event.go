package sale

import "time"

// Event is something that happened to one order. Time-outs are events too: the
// Machine measures them with monotonic time, so that Next needs no clock.
type Event interface{ event() }

// CodeReady: the provider answered the create call.
type CodeReady struct{ CodeURL string }

// Withdraw: the code shall be taken down, because of a time-out, the cancel
// key, another selection or because no code came.
type Withdraw struct {
	Cause Cause
	Shown time.Duration // see Order.Shown
}

// TradeSeen: a verified answer about the order arrived.
type TradeSeen struct {
	Trade Trade
	// InTime: paid before the QR was taken down, and the customer has waited
	// at the screen since.
	InTime bool
	// Fresh: paid so recently, by the provider's clock alone, that the
	// customer is presumably still there.
	Fresh bool
	// Ready: the board answers and the motor is free.
	Ready bool
	Shown time.Duration // see Order.Shown
}

// CallFailed: an effect that asks the provider or the board brought no
// verified answer. Nothing is known about its effect.
type CallFailed struct {
	Call Effect
	Why  Failure
	// Settled: no create call of this order can still be under way.
	Settled bool
	Detail  string
}

// Failure is what an error of a port means for the next step.
type Failure int

const (
	FailTemporary Failure = iota
	FailNotFound
	FailPaid
	FailPaying
	FailClosed
	FailRefused
	FailMerchant
	FailNotEnough
)

// CloseAccepted: the provider verifiably accepted the close call.
type CloseAccepted struct{}

// MachineReady: the wait for the machine is over, one way or the other. An
// order whose vend has failed goes on in Slot, about which the board has said
// Evidence.
type MachineReady struct {
	Ready    bool
	Slot     Slot
	Evidence Evidence
}

// Vended: the dispense command ended.
type Vended struct {
	Verdict Verdict
	// Elsewhere: another slot has the product.
	Elsewhere bool
}

// Recovered: the board told what it knows about a command in doubt, or has
// been silent for so long that the policy decides.
type Recovered struct{ Verdict Verdict }

// RefundSeen: a verified answer about the refund arrived.
type RefundSeen struct{ Report RefundReport }

// SweepDue: it is time to look at a closed order again.
type SweepDue struct{}

// Restarted: the process began anew and found the order in the ledger.
type Restarted struct{}

// Resolved: a person settles an order in attention, as Dispensed (keep the
// money), Refunding (give it back) or WrittenOff (settled outside the machine,
// whatever has become of the money). The money of a dispensed one, and of one
// that was written off, can be given back later.
type Resolved struct {
	As     State
	Reason string
}

func (CodeReady) event()     {}
func (Withdraw) event()      {}
func (TradeSeen) event()     {}
func (CallFailed) event()    {}
func (CloseAccepted) event() {}
func (MachineReady) event()  {}
func (Vended) event()        {}
func (Recovered) event()     {}
func (RefundSeen) event()    {}
func (SweepDue) event()      {}
func (Restarted) event()     {}
func (Resolved) event()      {}

// Effect is something to do for an order once its state is durable. What it
// needs to know stands in the order.
type Effect int

const (
	DoCreate      Effect = iota + 1 // Gateway.Create
	DoQuery                         // Gateway.Query
	DoClose                         // Gateway.Close
	DoAwaitReady                    // wait until the machine can dispense, for a bounded time
	DoDispense                      // Dispenser.Dispense: once in an order's life, and once more for each proved failure
	DoRecover                       // Dispenser.Recover: moves nothing
	DoRefund                        // Gateway.Refund
	DoQueryRefund                   // Gateway.QueryRefund
	DoAlarm                         // tell a person
)

func (e Effect) String() string {
	return [...]string{"none", "create", "query", "close", "await ready", "dispense", "recover", "refund", "query refund", "alarm"}[e]
}
