package device

import (
	"errors"

	"kioskd/sale"
)

// Shelf is what a board says of its slots, for a technician. A driver may offer
//
//	Slots(ctx context.Context, also []sale.Slot) (Shelf, error)
//
// which asks the board, moving nothing, about the slots that it is known to
// have and about those in also. A sale goes before: the question waits for its
// turn slot by slot. The error is a *sale.Fault, or ctx's.
type Shelf struct {
	Slots []Slot   `json:"slots"` // by number
	Notes []string `json:"notes,omitempty"`
}

// Slot is one slot of a Shelf. What is nil the board did not say.
type Slot struct {
	Number   sale.Slot `json:"slot"`
	State    SlotState `json:"state"`
	Detail   string    `json:"detail,omitempty"`
	Price    *sale.Fen `json:"price,omitempty"` // in the board's own list
	Stock    *int      `json:"stock,omitempty"`
	Capacity *int      `json:"capacity,omitempty"`
}

// SlotState is whether a slot could vend now.
type SlotState string

// The states of a slot.
const (
	SlotReady   SlotState = "ready"
	SlotSoldOut SlotState = "sold out"
	SlotClosed  SlotState = "closed"
	SlotMissing SlotState = "missing"
	SlotFault   SlotState = "fault" // Detail says which
)

// Say puts what a Check of the slot would return into its state.
func (s *Slot) Say(err error) {
	switch {
	case err == nil:
		s.State = SlotReady
	case errors.Is(err, sale.ErrSoldOut):
		s.State = SlotSoldOut
	case errors.Is(err, sale.ErrSlotClosed):
		s.State = SlotClosed
	case errors.Is(err, sale.ErrNoSlot):
		s.State = SlotMissing
	default:
		s.State, s.Detail = SlotFault, err.Error()
	}
}
