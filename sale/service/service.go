// Package service is the menu of service mode: what a technician at the machine
// may do with its keypad, and nothing that customers see.
//
// A keypad reports whole numbers and, mostly, a cancel key. So every step takes
// one number: a choice, a slot or a count. [Next] decides and knows no clock, no
// machine and no screen; whoever drives it carries out the effects and tells
// [Next] what came of them.
//
// It promises that no motor turns without a confirmation on a page of its own,
// which does not take the number that opened it if it bounces, and that a
// session nobody attends to ends.
package service

import "time"

// Page is what the technician sees.
type Page string

const (
	PIN        Page = "pin"
	Menu       Page = "menu"
	RefillSlot Page = "refill-slot"
	Count      Page = "count"
	CountOK    Page = "count-ok"
	TestSlot   Page = "test-slot"
	TestOK     Page = "test-ok"
	Testing    Page = "testing"
	Tested     Page = "tested"
	LockSlot   Page = "lock-slot"
	LockOK     Page = "lock-ok"
	Facts      Page = "facts"
)

// Pages lists them all.
func Pages() []Page {
	return []Page{PIN, Menu, RefillSlot, Count, CountOK, TestSlot, TestOK, Testing, Tested, LockSlot, LockOK, Facts}
}

// Note is what came of the last step.
type Note string

const (
	NoNote   Note = ""
	WrongPIN Note = "wrong-pin"
	Locked   Note = "locked" // too many wrong PINs
	NoSlot   Note = "no-slot"
	BadCount Note = "bad-count"
	Saved    Note = "saved"
	Failed   Note = "failed" // the machine refused; the log says why
	Fell     Note = "fell"
	NotFell  Note = "not-fell"
	Unproved Note = "unproved" // nobody can say whether it fell
)

// How long a page waits for a key.
const (
	// PINWithin bounds the page of the PIN as a whole, whatever is pressed there.
	PINWithin  = 45 * time.Second
	IdleWithin = 2 * time.Minute
	// TestWithin is far above what a test vend may take.
	TestWithin = 15 * time.Minute
	// Settle is how long a page that asks for a confirmation takes none: a key
	// that bounces must not say yes.
	Settle = time.Second
)

// MaxCount is the most that a slot can hold.
const MaxCount = 999

// Setup is what a session knows of its machine.
type Setup struct {
	// Keys are the numbers for the four choices of a page and for going back.
	Keys [5]int
	// Steps: the keypad cannot give any number, so that a count is put together
	// from the choices +1, +5, 0 and done.
	Steps  bool
	Digits int // of the PIN
	// Slot tells about a slot; false: the machine has none such.
	Slot func(slot int) (Slot, bool)
}

// Slot is what the menu must know about a slot.
type Slot struct {
	Counted bool
	Stock   int
	Closed  bool
}

// State is a session. The zero value is one that has just been opened.
type State struct {
	Page   Page
	Typed  string // digits of the PIN
	Judged bool   // the PIN is being looked at
	Slot   int
	Count  int
	Was    Slot // the slot as it was when it was chosen
	Note   Note
	Shut   bool // the door was closed; leave when the motor is done

	opened time.Duration // the page
	last   time.Duration // key
}

// Event is one of Number, Cancel, Tick, DoorShut, PINJudged, Done and TestEnded.
// At is since the session was opened.
type Event interface{ event() }

type (
	// Number was reported; Digits as they were typed, leading zeros too.
	Number struct {
		Digits string
		At     time.Duration
	}
	Cancel   struct{ At time.Duration }
	Tick     struct{ At time.Duration }
	DoorShut struct{}
	// PINJudged: Note is NoNote for the right one.
	PINJudged struct {
		Note Note
		At   time.Duration
	}
	// Done tells what came of Refill and Lock.
	Done struct {
		OK bool
		At time.Duration
	}
	TestEnded struct {
		Note Note
		At   time.Duration
	}
)

func (Number) event()    {}
func (Cancel) event()    {}
func (Tick) event()      {}
func (DoorShut) event()  {}
func (PINJudged) event() {}
func (Done) event()      {}
func (TestEnded) event() {}

// Effect is one of JudgePIN, Refill, Test, Lock and Leave.
type Effect interface{ effect() }

type (
	JudgePIN struct{ PIN string }
	Refill   struct{ Slot, Count int }
	// Test turns a motor. Each has had a confirmation.
	Test struct{ Slot int }
	Lock struct {
		Slot int
		Open bool
	}
	Leave struct{ Why Why }
)

// Why a session ends. The names are stored.
type Why string

const (
	ByPerson Why = "person"
	ByTime   Why = "time"
	ByDoor   Why = "door"
)

func (JudgePIN) effect() {}
func (Refill) effect()   {}
func (Test) effect()     {}
func (Lock) effect()     {}
func (Leave) effect()    {}
