package sale

import (
	"context"
	"errors"
	"time"
)

// Ledger is the durable memory. Only the Machine calls it, from one goroutine.
type Ledger interface {
	// Commit makes a step durable (synced to the medium) before it returns:
	// order, journal lines and sequence in one transaction. It refuses, with
	// an error and without effect, a step whose From is not the stored state.
	// Any error means that nobody knows whether the step is durable: the
	// Machine stops and the process must read the ledger anew.
	Commit(Step) error
	// Open returns every order for which Order.Open holds, oldest first.
	Open() ([]Order, error)
	// LastSeq is the highest Order.Seq ever committed, 0 for none.
	LastSeq() (uint64, error)
	// Find looks for an order by its number or by the end of it, of four
	// characters or more. An error says that there is none, or several.
	Find(number string) (Order, error)
	// Recent returns the newest orders, at most n of them, newest first.
	Recent(n int) ([]Order, error)
	// Doubts counts orders that entered Unknown at or after since, and those
	// dated in the future: a clock set back must not hide any.
	Doubts(since time.Time) (int, error)
	// Shelves returns what was last kept of each slot.
	Shelves() ([]Shelf, error)
	// SaveShelf makes a person's change of a slot durable before it returns,
	// and in the same transaction who changed it. Its errors are those of Commit.
	SaveShelf(Shelf, Action) error
	// SaveAction does the same for what changes no slot. N and Boot are the
	// ledger's own; the newest [KeepActions] are kept.
	SaveAction(Action) error
	// Health returns nil if a new order may be begun: writable, undamaged,
	// free space above the reserve. Otherwise a *Fault.
	Health() error
}

// Step is one transition to be made durable. From is empty for a new order.
// Trail names each state passed and why, the last one being Order.State; a
// payment that can be served at once passes Paid and ends in Dispensing.
type Step struct {
	From  State
	Order Order
	Trail []Line
	// Shelves are the slots that the step changes, as they are then: durable in
	// the same transaction.
	Shelves []Shelf
	At      time.Time     // wall time, for people
	Since   time.Duration // monotonic, since this process started
}

// Line is one entry of the journal.
type Line struct {
	State  State  `json:"state"`
	Cause  Cause  `json:"cause"`
	Detail string `json:"detail,omitempty"`
}

// Gateway is a payment provider. All calls may be made concurrently for
// different orders; the Machine never has two calls in flight for one order.
// A call makes one attempt (over to a second domain at most); repeating is the
// Machine's business. Errors wrap one of the Err… sentinels below, and an
// error that wraps none counts as [ErrTemporary].
type Gateway interface {
	// Prepare freezes the body of the create call. It does no I/O. expire is
	// the last moment at which the customer may pay.
	Prepare(o Order, expire time.Time) ([]byte, error)
	// Create registers the order with exactly o.Request and returns the text
	// of its QR code. Repeating it with the same bytes is safe: it yields a
	// fresh code and kills the old one. A lost answer means: perhaps created.
	Create(ctx context.Context, o Order) (codeURL string, err error)
	// Query asks what became of the order. The Trade is verified: good
	// signature, and appid, mchid, number, total and currency are the order's.
	// Of an order without a price (see Order.Restored) any total is taken.
	Query(ctx context.Context, o Order) (Trade, error)
	// Close asks the provider to accept no payment any more. nil means a
	// verified "closed"; it still takes a Query to prove it. A lost answer
	// means: perhaps closed.
	Close(ctx context.Context, o Order) error
	// Refund asks for the full amount back under o.RefundNumber(). Repeating
	// it is safe. A lost answer means: perhaps refunded. The report says how
	// far it is; an accepted refund is usually still RefundProcessing.
	Refund(ctx context.Context, o Order) (RefundReport, error)
	// QueryRefund asks how far the refund is. ErrNotFound: there is none.
	QueryRefund(ctx context.Context, o Order) (RefundReport, error)
	// Ping proves that the provider is reachable and knows this merchant
	// without touching an order. Called about twice a minute while idle.
	Ping(ctx context.Context) error
}

// What an error of a Gateway means for the next attempt. Error answers are
// not signed, so none of them moves money or goods by itself.
var (
	// ErrTemporary: try the same again later. The effect may have happened.
	ErrTemporary = errors.New("temporary")
	// ErrNotFound: the provider says that it has no such order or refund.
	ErrNotFound = errors.New("not found at the provider")
	// ErrPaid: refused because the order is paid. Query it.
	ErrPaid = errors.New("already paid")
	// ErrPaying: the customer is in the middle of paying. Query in 5 s.
	ErrPaying = errors.New("customer is paying")
	// ErrAlreadyClosed: the order is closed at the provider. Query it.
	ErrAlreadyClosed = errors.New("already closed")
	// ErrRefused: this order or refund will never be accepted like this.
	ErrRefused = errors.New("refused by the provider")
	// ErrMerchant: key, serial, clock, contract or permission: no order can
	// work until a person mends it. Also a *Fault.
	ErrMerchant = errors.New("merchant set-up")
	// ErrNotEnough: the merchant's balance cannot cover the refund. Retry
	// slowly with the same number, and raise an alarm.
	ErrNotEnough = errors.New("merchant balance too low")
)

// Trade is a verified statement of the provider about one order.
type Trade struct {
	State         TradeState
	TransactionID string
	Total         Fen       // only when paid or refunded
	PaidAt        time.Time // only when paid; the provider's clock
	AsOf          time.Time // when the provider said so; the provider's signed clock
}

// Age is how long ago the customer paid, by the provider's clock alone.
func (t Trade) Age() time.Duration { return t.AsOf.Sub(t.PaidAt) }

// TradeState is trade_state reduced to what the core must tell apart. The
// zero value is the harmless one: keep asking.
type TradeState int

const (
	TradeUnclear  TradeState = iota // an unlisted state: keep asking, dispense nothing
	TradeUnpaid                     // NOTPAY, PAYERROR, REVOKED
	TradePaying                     // USERPAYING, ACCEPT: do not close now
	TradePaid                       // SUCCESS
	TradeClosed                     // CLOSED
	TradeRefunded                   // REFUND: a refund was requested, done or not
)

func (s TradeState) String() string {
	return [...]string{"unclear", "unpaid", "paying", "paid", "closed", "refunded"}[s]
}

// RefundStatus is the provider's word on a refund. The names are stored.
type RefundStatus string

const (
	RefundProcessing RefundStatus = "processing"
	RefundSuccess    RefundStatus = "success"
	RefundAbnormal   RefundStatus = "abnormal" // the bank refused: a person must act
	RefundClosed     RefundStatus = "closed"   // no money moved: a person must act
)

// RefundReport is a verified statement of the provider about one refund.
type RefundReport struct {
	Status RefundStatus
	ID     string
}

// Dispenser is a controller board behind a driver. One command is in flight at
// most; Check may be called beside it and then waits for its turn.
type Dispenser interface {
	// Check asks the board whether the slot can vend now, moving nothing, and
	// returns the evidence to store with the order. Errors: ErrSoldOut,
	// ErrSlotClosed, ErrNoSlot, or a *Fault. No answer is a *Fault: no sale.
	Check(ctx context.Context, slot Slot) (Evidence, error)
	// Dispense sends the command once and waits for its result, for as long
	// as ctx allows. The Machine calls it at most once for an order, ever,
	// and only after the intent is durable. The driver sends no second
	// command for it either, whatever happens on the line. The zero Verdict
	// is unknown; NotDispensed is proof, not silence. Only after such proof may
	// the Machine call it again for the order, with another slot and token.
	Dispense(ctx context.Context, c Command) Verdict
	// Recover asks the board what became of a command that may or may not
	// have left. It moves nothing. An error means that the board did not
	// answer: ask again later. A Verdict of OutcomeUnknown means that the
	// board answers and cannot say.
	Recover(ctx context.Context, c Command) (Verdict, error)
	// Events is what happens at the machine. The channel lives as long as the
	// driver and is closed by it. The driver never blocks on it for long:
	// when it is full it drops the oldest keypad event.
	Events() <-chan BoardEvent
	// Health is nil while the board answers, else a *Fault. It does no I/O.
	Health() error
}

// Decliner is a Dispenser whose machine waits for the end of each sale: it, and
// not this host, made the choice that Selected tells of, and turns the motor
// when it is told of a payment. Its Check answers ErrSlotClosed where the machine
// does not ask for the slot; that says nothing about the slot.
type Decliner interface {
	// Decline tells that nothing will be dispensed for the evidence that Check
	// returned: no order was made of it, or its order ended without a command.
	// It does no I/O, and the Machine may call it more than once.
	Decline(Evidence)
}

// Command is the one dispense of an order.
type Command struct {
	Number   Number
	Token    uint32 // from Order.Seq and the number of failures before, never reused by this machine
	Slot     Slot
	Evidence Evidence
}

// Outcome is what became of a dispense command. The zero value is Unknown.
type Outcome int

const (
	OutcomeUnknown      Outcome = iota // the motor may have turned
	OutcomeDispensed                   // the board says that the product fell (or, without a sensor, that the motor turned)
	OutcomeNotDispensed                // proved: nothing fell
)

func (o Outcome) String() string {
	return [...]string{"unknown", "dispensed", "not dispensed"}[o]
}

// Verdict is an outcome with the driver's words for the journal, such as
// "status 03: selection jammed".
type Verdict struct {
	Outcome Outcome
	Detail  string
	// NotSent, with NotDispensed: no byte of the command left. The slot is not
	// to blame and goes on selling; otherwise it is closed.
	NotSent bool
	// Presumed: OutcomeDispensed by a rule of the controller's protocol, and
	// not because anything was seen. The order is marked, see Order.Presumed.
	Presumed bool
}

// What Check says about a slot.
var (
	ErrSoldOut    = errors.New("slot is sold out")
	ErrSlotClosed = errors.New("slot is closed")
	ErrNoSlot     = errors.New("no such slot")
)

// BoardEvent is one of Selected, CancelPressed, DoorMoved and SlotReport.
type BoardEvent interface{ boardEvent() }

// Selected: a customer pressed a product's number.
type Selected struct{ Slot Slot }

// CancelPressed: a customer pressed the cancel key.
type CancelPressed struct{}

// DoorMoved: the machine's door was opened or closed. A door that was open when
// the driver first heard of it has not moved.
type DoorMoved struct{ Open bool }

// SlotReport: the board told a slot's state unasked.
type SlotReport struct {
	Slot    Slot
	SoldOut bool
	Closed  bool
}

func (Selected) boardEvent()      {}
func (CancelPressed) boardEvent() {}
func (DoorMoved) boardEvent()     {}
func (SlotReport) boardEvent()    {}

// Panel is the customer screen. Show never blocks and may be called at any
// rate; only the newest scene counts.
type Panel interface{ Show(Scene) }

// Clock is wall time. Deadlines never use it.
type Clock interface {
	Now() time.Time
	// Plausible is nil if requests may be signed with Now, else a *Fault.
	Plausible() error
}
