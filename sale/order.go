package sale

import (
	"strconv"
	"time"
)

// Slot is the number of a product's place in the machine, as the customer
// presses it on the keypad and as the controller names it.
type Slot int

func (s Slot) String() string { return strconv.Itoa(int(s)) }

// Number is an order's out_trade_no: 6 to 32 characters of 0-9 A-Z a-z _ -,
// unique for the merchant.
type Number string

// Tail is what a customer reads out on the telephone: the last six characters.
func (n Number) Tail() string { return string(n[max(0, len(n)-6):]) }

// Refund is the out_refund_no of the order's refund, under which it is repeated
// as often as it takes: the provider pays back once for each number.
func (n Number) Refund() string { return string(n) + "R" }

// RefundNumber is the out_refund_no that counts now. It differs from
// Number.Refund only after the provider has verifiably closed a refund without
// paying, and a person has asked for another.
func (o Order) RefundNumber() string {
	n := o.Number.Refund()
	if o.Refund.Closed > 0 {
		n += strconv.Itoa(o.Refund.Closed + 1)
	}
	return n
}

// Product is what a slot sells. Image is a path on this machine or empty.
type Product struct {
	Slot  Slot   `json:"slot"`
	Name  string `json:"name"`
	Price Fen    `json:"price"`
	Image string `json:"image,omitempty"`
}

// State is where an order stands. The names are stored; they never change.
type State string

const (
	Created    State = "created"     // permits: the create call
	Awaiting   State = "awaiting"    // permits: the QR on the screen, queries
	Closing    State = "closing"     // the QR is down; permits: queries and close calls
	Closed     State = "closed"      // final but for two sweeps that look for a late payment
	Paid       State = "paid"        // paid in time, the machine is not ready to dispense yet
	Dispensing State = "dispensing"  // permits: the one dispense command
	Unknown    State = "unknown"     // the motor may have turned; permits: asking, which moves nothing
	Refunding  State = "refunding"   // permits: the refund call with the one fixed number
	Attention  State = "attention"   // a person must settle it
	Dispensed  State = "dispensed"   // final
	Refunded   State = "refunded"    // final
	WrittenOff State = "written_off" // final: a person has settled it outside the machine
)

// States lists every state in the order in which a sale may pass them.
func States() []State {
	return []State{Created, Awaiting, Closing, Closed, Paid, Dispensing, Unknown, Refunding, Attention, Dispensed, Refunded, WrittenOff}
}

// Final reports whether nothing more will happen to the order by itself. A
// closed order is final for the customer and still swept twice.
func (s State) Final() bool {
	return s == Closed || s == Attention || s == Dispensed || s == Refunded || s == WrittenOff
}

// Order is everything the ledger keeps about one sale. It is a value: copies
// are independent as long as nobody writes into Request or Evidence.
type Order struct {
	Number  Number  `json:"number"`
	Seq     uint64  `json:"seq"` // persistent sequence of this machine, from 1
	Product Product `json:"product"`
	State   State   `json:"state"`
	Cause   Cause   `json:"cause,omitempty"` // why it left its last state
	Detail  string  `json:"detail,omitempty"`
	Policy  Policy  `json:"policy"`

	// CreatedAt is wall time. It is shown and written to the provider as part
	// of Request; no decision depends on it.
	CreatedAt time.Time `json:"created_at"`
	// Request is the exact body of the create call, frozen before the first
	// attempt: a repeat with any other byte is refused by the provider.
	Request []byte `json:"request,omitempty"`
	// CodeURL is the text of the QR code, opaque. Empty until the provider
	// answered; an order without one was never payable by anybody.
	CodeURL string `json:"code_url,omitempty"`
	// Evidence is the controller's own, taken by Check before the sale: what
	// Recover compares with after a crash. Opaque to this package.
	Evidence Evidence `json:"evidence,omitempty"`

	// Shown is how long the code was up until it was paid, by the provider's
	// clock, or taken down. 0 if nobody knows.
	Shown time.Duration `json:"shown_ns,omitempty"`

	Payment  Payment `json:"payment,omitzero"`
	Late     bool    `json:"late,omitempty"`     // paid after the QR was taken down
	Commands int     `json:"commands,omitempty"` // dispense commands permitted so far: at most one more than Failed has
	Doubted  bool    `json:"doubted,omitempty"`  // has been Unknown
	Presumed bool    `json:"presumed,omitempty"` // counted as dispensed by a rule, without proof
	Refund   Refund  `json:"refund,omitzero"`
	Sweeps   int     `json:"sweeps,omitempty"` // looks at a closed order so far: 0 to SweepsWanted

	// Failed are the slots in which a vend of this order failed for certain and
	// another slot was tried after, see Policy.OtherSlot. Each had one command.
	Failed []Slot `json:"failed,omitempty"`

	// Restored: the ledger was damaged and this order was taken from a copy, so
	// it may have passed states that nobody knows of. It is never served; what
	// was paid for it is a question for a person. If only its number could be
	// saved, Product is empty until the provider tells the price.
	Restored bool `json:"restored,omitempty"`
}

// SweepsWanted is how often a closed order is looked at again: after ten
// minutes and after a day.
const SweepsWanted = 2

// Open reports whether the order still has work to do by itself.
func (o Order) Open() bool {
	return !o.State.Final() || o.State == Closed && o.Sweeps < SweepsWanted && !o.Test()
}

// Payment is what the verified answer said about the money that came in.
type Payment struct {
	TransactionID string    `json:"transaction_id"`
	PaidAt        time.Time `json:"paid_at"` // the provider's clock
}

// Refund is the state of the one refund that an order can have.
type Refund struct {
	Status RefundStatus `json:"status,omitempty"`
	ID     string       `json:"id,omitempty"` // the provider's refund_id
	// Refusal is why the provider refused the refund call for good.
	Refusal string `json:"refusal,omitempty"`
	// ByPerson: a person asked for it, perhaps for a product that fell.
	ByPerson bool `json:"by_person,omitempty"`
	// Closed counts refunds of this order that the provider has closed without
	// paying: each took its number with it.
	Closed int `json:"closed,omitempty"`
}

// Evidence is a driver's private note of what the board said before a vend
// (sales counter, jam list). It is stored with the order.
type Evidence []byte

// Policy is the operator's choice for the cases that have no right answer. It
// is frozen with the order, so a changed config never changes a sale in hand.
type Policy struct {
	// LateDispense: a payment that came after the QR was taken down may still
	// be served while the customer is presumably there. Otherwise it is refunded.
	LateDispense bool `json:"late_dispense,omitempty"`
	// OnUnknown is what happens when nobody can say whether the product fell.
	OnUnknown UnknownPolicy `json:"on_unknown"`
	// OtherSlot: after a failure that is proved the product is tried from
	// another slot that has it. Otherwise the money goes back.
	OtherSlot bool `json:"other_slot,omitempty"`
	// HoldRefunds: no money goes back by itself; a person decides about each
	// refund.
	HoldRefunds bool `json:"hold_refunds,omitempty"`
}

// UnknownPolicy names who bears the doubt.
type UnknownPolicy string

const (
	UnknownRefund UnknownPolicy = "refund" // the customer gets the money back
	UnknownCharge UnknownPolicy = "charge" // counts as dispensed, as MDB/ICP 4.2 section 7.4.7 does
	UnknownHold   UnknownPolicy = "hold"   // a person decides
)

// Cause is the reason of a transition, for the journal and the screen. The
// names are stored; they never change.
type Cause string

const (
	CauseSelected     Cause = "selected"      // a customer chose the product
	CauseCodeReady    Cause = "code_ready"    // the provider answered with the code
	CauseCreateFailed Cause = "create_failed" // no code in time, or refused
	CauseTimeout      Cause = "timeout"       // the sale window is over
	CauseNetwork      Cause = "network"       // the provider has not answered for seconds
	CauseScreen       Cause = "screen"        // the customer's screen is gone
	CauseCancelled    Cause = "cancelled"     // the customer pressed cancel
	CauseReplaced     Cause = "replaced"      // the customer chose something else or a new code
	CauseRestart      Cause = "restart"       // the process or the power went away
	CauseClosedThere  Cause = "closed_there"  // the provider says the order is closed
	CauseNeverCreated Cause = "never_created" // the provider never had the order
	CausePaid         Cause = "paid"          // a verified payment
	CauseLate         Cause = "late"          // a verified payment after the QR was taken down
	CauseReady        Cause = "ready"         // the machine can dispense now
	CauseNotReady     Cause = "not_ready"     // the machine could not dispense in time
	CauseDropped      Cause = "dropped"       // the board proved the drop
	CauseNotDropped   Cause = "not_dropped"   // the board proved that nothing fell
	CauseNotSent      Cause = "not_sent"      // the command never left: nothing fell, and the slot is as good as before
	CauseOtherSlot    Cause = "other_slot"    // the product is tried from another slot
	CauseNoProof      Cause = "no_proof"      // the board could not say
	CauseRefunded     Cause = "refunded"      // the provider says the money is back
	CauseRefundFailed Cause = "refund_failed" // the provider says it cannot be done
	CauseRefundHeld   Cause = "refund_held"   // refunds are switched off or their cap is reached: a person decides
	CauseRefundThere  Cause = "refund_there"  // somebody refunded it at the provider
	CauseSwept        Cause = "swept"         // a closed order was looked at again
	CauseRestored     Cause = "restored"      // taken from a copy of a damaged ledger; later steps may be lost
	CausePerson       Cause = "person"        // a person decided
)
