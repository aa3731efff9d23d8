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

import (
	"slices"
	"strconv"
	"time"
)

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

// Next is the session after an event, and what is to be done.
func Next(setup Setup, s State, e Event) (State, []Effect) {
	if s.Page == "" {
		s.Page = PIN
	}
	switch e := e.(type) {
	case Number:
		if s.deaf() {
			return s, nil
		}
		s.last = e.At
		return s.number(setup, e)
	case Cancel:
		if s.deaf() {
			return s, nil
		}
		s.last = e.At
		return s.back(e.At)
	case Tick:
		if e.At-s.waits() >= s.patience() {
			return s, []Effect{Leave{ByTime}}
		}
	case DoorShut:
		if s.Page == Testing {
			s.Shut = true
			return s, nil
		}
		return s, []Effect{Leave{ByDoor}}
	case PINJudged:
		return s.judged(e), nil
	case Done:
		if s.Page != CountOK && s.Page != LockOK {
			return s, nil
		}
		s.Note = Failed
		if e.OK {
			s.Note = Saved
		}
		return s.to(Menu, e.At), nil
	case TestEnded:
		if s.Page != Testing {
			return s, nil
		}
		s.Note = e.Note
		s = s.to(Tested, e.At)
		if s.Shut {
			return s, []Effect{Leave{ByDoor}}
		}
	}
	return s, nil
}

// deaf reports whether keys say nothing now.
func (s State) deaf() bool { return s.Page == Testing || s.Judged }

// waits is since when the page has waited for a key.
func (s State) waits() time.Duration {
	if s.Page == PIN || s.Page == Testing {
		return s.opened
	}
	return max(s.opened, s.last)
}

func (s State) patience() time.Duration {
	switch s.Page {
	case PIN:
		return PINWithin
	case Testing:
		return TestWithin
	}
	return IdleWithin
}

func (s State) to(p Page, at time.Duration) State {
	s.Page, s.opened, s.last = p, at, at
	return s
}

// back is the cancel key, and the choice that stands for it.
func (s State) back(at time.Duration) (State, []Effect) {
	s.Note = NoNote
	switch s.Page {
	case PIN:
		if s.Typed != "" {
			s.Typed = ""
			return s, nil
		}
		return s, []Effect{Leave{ByPerson}}
	case Menu:
		return s, []Effect{Leave{ByPerson}}
	case CountOK:
		return s.to(Count, at), nil
	}
	return s.to(Menu, at), nil
}

func (s State) number(setup Setup, e Number) (State, []Effect) {
	typed, err := strconv.ParseUint(e.Digits, 10, 31)
	if err != nil {
		return s, nil
	}
	n := int(typed)
	choice := slices.Index(setup.Keys[:], n)
	switch s.Page {
	case PIN:
		return s.digits(setup, e)
	case RefillSlot, TestSlot, LockSlot:
		return s.slot(setup, n, choice, e.At)
	case Count:
		return s.count(setup, n, choice, e.At)
	case Tested, Facts:
		return s.back(e.At)
	}
	if choice == back {
		return s.back(e.At)
	}
	switch s.Page {
	case Menu:
		return s.menu(choice, e.At), nil
	case CountOK, TestOK, LockOK:
		if choice == yes && e.At-s.opened >= Settle {
			return s.confirmed(e.At)
		}
	}
	return s, nil
}

// What the choices of a page mean.
const (
	yes = 0 // where a page asks for a confirmation

	refill, test, lock, facts = 0, 1, 2, 3 // of the menu

	plusOne, plusFive, none, save = 0, 1, 2, 3 // of a count in steps

	back = 4
)

// digits takes a number as the next digits of the PIN.
func (s State) digits(setup Setup, e Number) (State, []Effect) {
	s.Typed += e.Digits
	s.Note = NoNote
	if len(s.Typed) < setup.Digits {
		return s, nil
	}
	pin := s.Typed
	s.Typed, s.Judged = "", true
	return s, []Effect{JudgePIN{pin}}
}

func (s State) judged(e PINJudged) State {
	if !s.Judged {
		return s
	}
	s.Judged, s.Note = false, e.Note
	if e.Note != NoNote {
		return s
	}
	return s.to(Menu, e.At)
}

func (s State) menu(choice int, at time.Duration) State {
	pages := map[int]Page{refill: RefillSlot, test: TestSlot, lock: LockSlot, facts: Facts}
	p, ok := pages[choice]
	if !ok {
		return s
	}
	s.Note = NoNote
	return s.to(p, at)
}

// slot takes the number of a slot. Where no slot has the number it may mean to
// go back.
func (s State) slot(setup Setup, n, choice int, at time.Duration) (State, []Effect) {
	was, ok := setup.Slot(n)
	if !ok {
		if choice == back {
			return s.back(at)
		}
		s.Note = NoSlot
		return s, nil
	}
	s.Slot, s.Was, s.Count, s.Note = n, was, was.Stock, NoNote
	next := map[Page]Page{RefillSlot: Count, TestSlot: TestOK, LockSlot: LockOK}
	return s.to(next[s.Page], at), nil
}

// count takes a count, or the steps to one.
func (s State) count(setup Setup, n, choice int, at time.Duration) (State, []Effect) {
	s.Note = NoNote
	if !setup.Steps {
		if n > MaxCount {
			s.Note = BadCount
			return s, nil
		}
		s.Count = n
		return s.to(CountOK, at), nil
	}
	switch choice {
	case plusOne:
		s.Count = min(s.Count+1, MaxCount)
	case plusFive:
		s.Count = min(s.Count+5, MaxCount)
	case none:
		s.Count = 0
	case save:
		return s.to(CountOK, at), nil
	case back:
		return s.back(at)
	}
	return s, nil
}

func (s State) confirmed(at time.Duration) (State, []Effect) {
	switch s.Page {
	case CountOK:
		return s, []Effect{Refill{s.Slot, s.Count}}
	case LockOK:
		return s, []Effect{Lock{s.Slot, s.Was.Closed}}
	}
	return s.to(Testing, at), []Effect{Test{s.Slot}}
}
