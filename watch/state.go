package watch

import (
	"time"

	"kioskd/sale"
)

// State is a machine at a moment. It is a value that nobody writes into once
// it is made.
type State struct {
	At time.Time // wall time

	// Opened: the ledger is, and the machine has begun. Until then Starting is
	// why it cannot be, if that is known, and Waiting and Doubted are all else.
	Opened   bool
	Starting *sale.Fault
	// Sale is nil if the machine did not answer, or is not there yet.
	Sale *sale.Status
	// Waiting are the orders that need a person, Doubted those whose vend ended
	// without proof since the process began; both by number.
	Waiting []sale.Order
	Doubted []sale.Order

	Board     error     // of [sale.Dispenser.Health]
	BoardGood time.Time // when Board was last nil; zero: never
	Cabinet   Cabinet

	Provider     error     // why the last call to the provider was no contact
	ProviderGood time.Time // of the last contact; zero: never

	Clock error          // of [sale.Clock.Plausible]
	Skew  *time.Duration // how far the clock is ahead of the provider's; nil: not known

	Bills *Bills // nil: none was compared yet

	// Slots and Ledger are for figures; nil where nobody asked for them.
	Slots  []sale.SlotStatus
	Ledger *Ledger
}

// Cabinet is what a board reports of the machine around it. A nil field is not
// reported.
type Cabinet struct {
	DoorOpen *bool
	Celsius  *int
}

// Bills is what the newest daily comparison of the provider's bills with the
// ledger came to.
type Bills struct {
	Differ []string // days, like 2026-10-01
}

// Ledger is the ledger's size and wear, in bytes where it says nothing else.
type Ledger struct {
	Size, Used int64
	Free       int64 // on its disk, for a program without privileges
	Written    int64 // by this process
	Orders     uint64
	Journal    uint64 // entries
	Starts     uint64 // of the daemon
}
