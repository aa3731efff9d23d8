package service

import (
	"slices"
	"strconv"
	"time"
)

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
