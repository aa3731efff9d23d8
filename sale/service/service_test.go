package service_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"kioskd/sale/service"
)

// digits is a machine with a keypad for any number, slots one that reports its
// slots alone.
var (
	digits = service.Setup{Keys: [5]int{1, 2, 3, 4, 0}, Digits: 4, Slot: slot}
	slots  = service.Setup{Keys: [5]int{11, 12, 13, 14, 15}, Steps: true, Digits: 4, Slot: slot}
)

func slot(n int) (service.Slot, bool) {
	switch n {
	case 1, 11, 12:
		return service.Slot{Counted: true, Stock: 3}, true
	case 13:
		return service.Slot{Closed: true}, true
	}
	return service.Slot{}, false
}

// play runs keys and what the machine answers, two seconds apart, and returns
// what was to be done. Words: a number; c, cancel; pin:NOTE, done, fail,
// test:NOTE, door; +DURATION, a tick so much later; "!" before a word: at once.
func play(setup service.Setup, text string) (s service.State, did []string) {
	var at time.Duration
	for _, w := range strings.Fields(text) {
		w, atOnce := strings.CutPrefix(w, "!")
		if !atOnce {
			at += 2 * time.Second
		}
		var e service.Event
		word, note, _ := strings.Cut(w, ":")
		switch {
		case word == "c":
			e = service.Cancel{At: at}
		case word == "pin":
			e = service.PINJudged{Note: service.Note(note), At: at}
		case word == "done", word == "fail":
			e = service.Done{OK: word == "done", At: at}
		case word == "test":
			e = service.TestEnded{Note: service.Note(note), At: at}
		case word == "door":
			e = service.DoorShut{}
		case word[0] == '+':
			d, err := time.ParseDuration(word[1:])
			if err != nil {
				panic(err)
			}
			at += d - 2*time.Second
			e = service.Tick{At: at}
		default:
			e = service.Number{Digits: word, At: at}
		}
		var effects []service.Effect
		s, effects = service.Next(setup, s, e)
		for _, f := range effects {
			did = append(did, fmt.Sprintf("%T%v", f, f)[len("service."):])
		}
	}
	return s, did
}

func TestMenu(t *testing.T) {
	const in = "90 44 pin: "      // digits
	const inSlots = "12 13 pin: " // slots
	for _, c := range []struct {
		name  string
		setup service.Setup
		keys  string
		page  service.Page
		note  service.Note
		did   string
	}{
		{"the PIN as two numbers", digits, "90 44", service.PIN, "", "JudgePIN{9044}"},
		{"with a zero in front", digits, "09 04", service.PIN, "", "JudgePIN{0904}"},
		{"nothing is typed while it is looked at", digits, "90 44 90 44 c", service.PIN, "", "JudgePIN{9044}"},
		{"right", digits, in, service.Menu, "", "JudgePIN{9044}"},
		{"wrong, and again", digits, "90 43 pin:wrong-pin 9 0 4 4", service.PIN, "", "JudgePIN{9043} JudgePIN{9044}"},
		{"wrong", digits, "90 43 pin:wrong-pin", service.PIN, service.WrongPIN, "JudgePIN{9043}"},
		{"a word that nobody asked for lets nobody in", digits, "pin:", service.PIN, "", ""},
		{"cancel forgets the digits, then leaves", digits, "90 c c", service.PIN, "", "Leave{person}"},
		{"the page of the PIN ends whatever is pressed", digits, "9 +20s 0 c 9 +24s", service.PIN, "", "Leave{time}"},
		{"not sooner", digits, "9 +20s 0 c 9 +14s", service.PIN, "", ""},

		{"refill", digits, in + "1 11 30 1 done", service.Menu, service.Saved, "JudgePIN{9044} Refill{11 30}"},
		{"refill to none", digits, in + "1 11 0 1", service.CountOK, "", "JudgePIN{9044} Refill{11 0}"},
		{"refill fails", digits, in + "1 11 30 1 fail", service.Menu, service.Failed, "JudgePIN{9044} Refill{11 30}"},
		{"no such slot, then one", digits, in + "1 77 12", service.Count, "", "JudgePIN{9044}"},
		{"no such slot", digits, in + "1 77", service.RefillSlot, service.NoSlot, "JudgePIN{9044}"},
		{"too many", digits, in + "1 11 1000", service.Count, service.BadCount, "JudgePIN{9044}"},
		{"a slot that has a choice's number", digits, in + "1 1 5 1", service.CountOK, "", "JudgePIN{9044} Refill{1 5}"},
		{"back from the confirmation", digits, in + "1 11 30 0 31 1", service.CountOK, "", "JudgePIN{9044} Refill{11 31}"},
		{"back to the menu", digits, in + "1 0", service.Menu, "", "JudgePIN{9044}"},
		{"another number confirms nothing", digits, in + "1 11 30 2 3 4 30", service.CountOK, "", "JudgePIN{9044}"},

		{"test vend", digits, in + "2 12 1 test:fell", service.Tested, service.Fell, "JudgePIN{9044} Test{12}"},
		{"on to the menu", digits, in + "2 12 1 test:not-fell 5", service.Menu, "", "JudgePIN{9044} Test{12}"},
		{"keys say nothing while the motor turns", digits, in + "2 12 1 1 c 0 2 12 1", service.Testing, "", "JudgePIN{9044} Test{12}"},
		{"a bouncing key is no confirmation", digits, in + "2 1 !1 !1", service.TestOK, "", "JudgePIN{9044}"},
		{"a slot that is not has no confirmation", digits, in + "2 77 !1 !1 !1", service.TestOK, "", "JudgePIN{9044}"},
		{"nor does anything else that nobody asked for", digits, "done test:fell", service.PIN, "", ""},
		{"a test that ends for nobody", digits, in + "test:fell", service.Menu, "", "JudgePIN{9044}"},

		{"close", digits, in + "3 11 1 done", service.Menu, service.Saved, "JudgePIN{9044} Lock{11 false}"},
		{"open", digits, in + "3 13 1", service.LockOK, "", "JudgePIN{9044} Lock{13 true}"},
		{"not closed", digits, in + "3 11 c", service.Menu, "", "JudgePIN{9044}"},
		{"facts", digits, in + "4", service.Facts, "", "JudgePIN{9044}"},
		{"and back by any key", digits, in + "4 9", service.Menu, "", "JudgePIN{9044}"},
		{"leave", digits, in + "0", service.Menu, "", "JudgePIN{9044} Leave{person}"},
		{"leave by cancel", digits, in + "4 c c", service.Menu, "", "JudgePIN{9044} Leave{person}"},
		{"nobody is there", digits, in + "1 +119s", service.RefillSlot, "", "JudgePIN{9044}"},
		{"nobody is there any more", digits, in + "1 +2m", service.RefillSlot, "", "JudgePIN{9044} Leave{time}"},
		{"the door closes", digits, in + "door", service.Menu, "", "JudgePIN{9044} Leave{door}"},
		{"the door closes while the motor turns", digits, in + "2 12 1 door test:fell", service.Tested, service.Fell, "JudgePIN{9044} Test{12} Leave{door}"},
		{"a test that never ends", digits, in + "2 12 1 +15m", service.Testing, "", "JudgePIN{9044} Test{12} Leave{time}"},

		{"slots: refill in steps", slots, inSlots + "11 12 12 11 11 14 11", service.CountOK, "", "JudgePIN{1213} Refill{12 10}"},
		{"slots: to none", slots, inSlots + "11 12 13 14 11", service.CountOK, "", "JudgePIN{1213} Refill{12 0}"},
		{"slots: back", slots, inSlots + "11 12 15 15", service.Menu, "", "JudgePIN{1213} Leave{person}"},
		{"slots: back where a slot is asked for", slots, inSlots + "12 15", service.Menu, "", "JudgePIN{1213}"},
		{"slots: test", slots, inSlots + "12 11 11", service.Testing, "", "JudgePIN{1213} Test{11}"},
	} {
		s, did := play(c.setup, c.keys)
		if got := strings.Join(did, " "); s.Page != c.page || s.Note != c.note || got != c.did {
			t.Errorf("%s: %s\ngot  %s %q %s\nwant %s %q %s", c.name, c.keys, s.Page, s.Note, got, c.page, c.note, c.did)
		}
	}
}

// FuzzMenu: whatever is pressed and answered, a motor turns only by the choice
// that says yes on the page that asks about this slot, a second or more after it
// came; and a session that nobody attends to ends.
func FuzzMenu(f *testing.F) {
	f.Add([]byte{90, 44, 200, 1, 11, 30, 1, 201}, true)
	f.Add([]byte{12, 13, 200, 12, 11, 11, 203}, false)
	f.Add([]byte{90, 44, 200, 2, 12, 1, 205, 203, 206}, true)
	f.Fuzz(func(t *testing.T, keys []byte, free bool) {
		setup := digits
		if !free {
			setup = slots
		}
		var s service.State
		var at, opened time.Duration
		judging := false
		for _, k := range keys {
			before, asked := s, opened
			var e service.Event
			at += time.Duration(k%7) * 400 * time.Millisecond
			switch {
			case k == 200 || k == 201:
				e = service.PINJudged{Note: []service.Note{service.NoNote, service.WrongPIN}[k-200], At: at}
			case k == 202:
				e = service.Done{OK: true, At: at}
			case k == 203 || k == 204:
				e = service.TestEnded{Note: service.Fell, At: at}
			case k == 205:
				e = service.DoorShut{}
			case k > 205 && k < 230:
				e = service.Cancel{At: at}
			case k >= 230:
				e = service.Tick{At: at}
			default:
				e = service.Number{Digits: strconv.Itoa(int(k)), At: at}
			}
			var effects []service.Effect
			s, effects = service.Next(setup, s, e)
			judged := judging
			if _, ok := e.(service.PINJudged); ok {
				judging = false
			}
			if before.Page != s.Page {
				opened = at
				if before.Page == service.PIN && !judged {
					t.Fatal("it opened without a PIN")
				}
			}
			for _, f := range effects {
				switch f := f.(type) {
				case service.JudgePIN:
					judging = true
				case service.Test:
					n, ok := e.(service.Number)
					_, known := slot(f.Slot)
					if !ok || n.Digits != strconv.Itoa(setup.Keys[0]) || before.Page != service.TestOK || before.Slot != f.Slot || !known || at-asked < service.Settle || s.Page != service.Testing {
						t.Fatalf("%+v led from %+v to %+v", e, before, f)
					}
				case service.Leave:
					return
				}
			}
		}
		_, effects := service.Next(setup, s, service.Tick{At: at + service.TestWithin})
		if len(effects) != 1 || effects[0] != (service.Leave{Why: service.ByTime}) {
			t.Fatalf("%+v stays open: %v", s, effects)
		}
	})
}
