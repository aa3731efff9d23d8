package sale

import "time"

// SceneKind names a screen. Section 6 of the screen design numbers them.
type SceneKind string

const (
	SceneStarting       SceneKind = "starting"        // 0
	SceneIdle           SceneKind = "idle"            // 1
	SceneCreating       SceneKind = "creating"        // 2
	SceneNoCode         SceneKind = "no-code"         // 2x
	ScenePay            SceneKind = "pay"             // 3
	SceneConfirming     SceneKind = "confirming"      // 4 the network is slow
	SceneTimeUp         SceneKind = "time-up"         // 4t
	SceneCancelling     SceneKind = "cancelling"      // 4c
	SceneNotPaid        SceneKind = "not-paid"        // 4n
	SceneStillOpen      SceneKind = "still-open"      // 4u
	SceneDispensing     SceneKind = "dispensing"      // 5
	SceneChecking       SceneKind = "checking"        // 5u
	SceneTake           SceneKind = "take"            // 6
	SceneRefunding      SceneKind = "refunding"       // 7 proved: nothing fell
	SceneRefundUnproved SceneKind = "refund-unproved" // 7u
	SceneRefundLate     SceneKind = "refund-late"     // 7l
	SceneRefundPerson   SceneKind = "refund-person"   // 7a
	SceneHeld           SceneKind = "held"            // 7h
	SceneRefunded       SceneKind = "refunded"        // 8
	SceneSoldOut        SceneKind = "sold-out"        // 9
	SceneSlotClosed     SceneKind = "slot-closed"     // 9c
	SceneNoSuchSlot     SceneKind = "no-such-slot"    // 9x
	SceneBusy           SceneKind = "busy"            // 9b
	SceneOffline        SceneKind = "offline"         // 10
	SceneProviderDown   SceneKind = "provider-down"   // 10p
	SceneClock          SceneKind = "clock"           // 10c
	SceneOutOfService   SceneKind = "out-of-service"  // 11
	SceneNoRefunds      SceneKind = "no-refunds"      // 11m
	SceneService        SceneKind = "service"         // 12
)

// SceneKinds lists every kind in the order of the design.
func SceneKinds() []SceneKind {
	return []SceneKind{
		SceneStarting, SceneIdle, SceneCreating, SceneNoCode, ScenePay, SceneConfirming, SceneTimeUp, SceneCancelling,
		SceneNotPaid, SceneStillOpen, SceneDispensing, SceneChecking, SceneTake, SceneRefunding, SceneRefundUnproved,
		SceneRefundLate, SceneRefundPerson, SceneHeld, SceneRefunded, SceneSoldOut, SceneSlotClosed, SceneNoSuchSlot,
		SceneBusy, SceneOffline, SceneProviderDown, SceneClock, SceneOutOfService, SceneNoRefunds, SceneService,
	}
}

// Scene is what the screen shall show now: facts, no words and no layout.
// Machine number, help telephone and language belong to the display's own
// settings. A Scene is immutable once shown: nobody writes into its slices.
type Scene struct {
	Kind    SceneKind
	Product Product // of the order in hand, or of the slot that was pressed
	Slot    Slot    // the number that was pressed; set even if no product has it
	SameIn  Slot    // SceneSoldOut: another slot that has the same product, or 0
	Amount  Fen     // paid, or to be paid
	Number  Number  // of the order in hand

	CodeURL string // ScenePay only: the exact text of the QR code

	// Left and Window are whole seconds: of a countdown (ScenePay) or of a
	// bounded wait (the ring of SceneConfirming and its kin, SceneChecking).
	Left, Window time.Duration
	// Beat counts whole seconds since the scene began, modulo 3, where three
	// dots move; elsewhere it stays 0.
	Beat int
	// Page counts the pages turned since the idle scene began; the display
	// takes it modulo the pages that its layout needs.
	Page int

	At     time.Time   // wall time to show, whole minutes
	Code   Code        // SceneOutOfService and its kin
	Offers []Offer     // SceneIdle: all products, by slot
	Note   *RefundNote // SceneIdle: the newest refund of the last ten minutes
	Rows   []Row       // SceneService: the page of facts
	Desk   *Desk       // SceneService
}

// Offer is a product on the idle screen and whether it can be bought.
type Offer struct {
	Product Product
	Stock   Stock
}

// Stock is whether a slot can sell.
type Stock string

const (
	InStock    Stock = ""
	OutOfStock Stock = "sold-out"
	SlotClosed Stock = "closed"
)

// RefundNote tells the customer who just left where the money is.
type RefundNote struct {
	Amount Fen
	Number Number
	At     time.Time
	Done   bool
}

// Row is one line of the service screen.
type Row struct {
	Label RowLabel
	Value string
	OK    bool
}

// RowLabel names a line of the service screen; the display has its words.
type RowLabel string

const (
	RowController RowLabel = "controller"
	RowNetwork    RowLabel = "network"
	RowPayment    RowLabel = "payment"
	RowStorage    RowLabel = "storage"
	RowClock      RowLabel = "clock"
	RowSlots      RowLabel = "closed-slots"
	RowOrders     RowLabel = "open-orders"
	RowQuestions  RowLabel = "questions" // orders that wait for a person
	RowToday      RowLabel = "today"
	RowError      RowLabel = "last-error"
	RowVersion    RowLabel = "version"
)
