package devicetest

import (
	"cmp"
	"context"
	"time"

	"kioskd/sale"
)

// key is the next event from the keypad.
func (s *suite) key() sale.BoardEvent {
	s.Helper()
	limit := time.After(suiteLimit)
	for {
		select {
		case e, open := <-s.Driver.Events():
			if !open {
				s.Fatal("Events is closed while the driver lives")
			}
			if _, report := e.(sale.SlotReport); !report {
				return e
			}
		case <-limit:
			s.Fatalf("no event from the keypad within %v", suiteLimit)
		}
	}
}

// noKey fails for an event of the keypad within a while.
func (s *suite) noKey(d time.Duration) {
	s.Helper()
	limit := time.After(d)
	for {
		select {
		case e := <-s.Driver.Events():
			if _, report := e.(sale.SlotReport); !report {
				s.Errorf("an event that nobody caused: %#v", e)
			}
		case <-limit:
			return
		}
	}
}

// press presses a slot's number and fails unless that is the next event.
func (s *suite) press(slot sale.Slot) {
	s.Helper()
	if s.Press == nil {
		return
	}
	s.Press(slot)
	if e := s.key(); e != (sale.Selected{Slot: slot}) {
		s.Fatalf("the event is %#v after a press of %v", e, slot)
	}
}

func (s *suite) keys() {
	if s.Press == nil {
		return
	}
	for _, slot := range []sale.Slot{s.Slot, s.Other, s.Other, s.Slot} {
		s.press(slot)
		s.takeBack()
	}
	if s.Cancel != nil {
		s.Cancel()
		if e := s.key(); e != (sale.CancelPressed{}) {
			s.Fatalf("the event is %#v after the cancel key", e)
		}
	}
	s.noKey(200 * time.Millisecond)
}

// The board repeats a press whose ACK was lost: it is one press.
func (s *suite) keysLostAcks() {
	if s.LoseHostAcks == nil {
		return
	}
	s.LoseHostAcks(2)
	s.press(s.Slot)
	s.noKey(1500 * time.Millisecond)
	s.press(s.Slot)
	s.noKey(200 * time.Millisecond)
}

func (s *suite) keysRepeated() {
	if s.RepeatFrames == nil {
		return
	}
	s.RepeatFrames(3)
	for _, slot := range []sale.Slot{s.Slot, s.Slot, s.Other} {
		s.press(slot)
		s.noKey(200 * time.Millisecond)
		s.takeBack()
	}
}

// Nobody reads the events: the driver goes on, and the newest press is kept.
func (s *suite) keysUnread() {
	if s.Press == nil {
		return
	}
	for range cmp.Or(s.h.Unread, 500) {
		s.Press(s.Slot)
		if s.h.Selects {
			s.TakeBack()
		}
	}
	s.Press(s.Other)
	if _, err := s.Driver.Check(s.context(suiteLimit), s.Slot); err != nil && !s.h.Selects {
		s.Fatalf("Check with Events unread: %v", err)
	}
	for s.key() != (sale.Selected{Slot: s.Other}) {
	}
}

// away is a board that does not answer: Health and Check say so.
func (s *suite) away() {
	s.Helper()
	s.eventually("Health is a fault", func() bool { return s.Driver.Health() != nil })
	s.fault("Health", s.Driver.Health())
	s.checkFails()
}

// checkFails wants no sale.
func (s *suite) checkFails() {
	s.Helper()
	var err error
	ctx := s.context(suiteLimit / 2)
	s.within("Check", func() { _, err = s.Driver.Check(ctx, s.Slot) })
	s.fault("Check", err)
}

func (s *suite) silentBoard() {
	if s.h.Unwatched {
		return
	}
	end := s.Silence()
	s.away()
	var err error
	s.within("Recover", func() { _, err = s.Driver.Recover(s.context(time.Second), sale.Command{Slot: s.Slot, Token: 1}) })
	if err == nil {
		s.Error("Recover has an answer of a board that is silent")
	}
	end()
	s.ready()
	s.press(s.Slot)
}

func (s *suite) muteBoard() {
	if s.Mute == nil {
		return
	}
	end := s.Mute()
	s.checkFails()
	end()
	s.ready()
}

// The driver finds the port again, as often as it goes. Three seconds are
// wanted in the field; a test machine may be slower.
func (s *suite) unplugged() {
	for range 3 {
		s.Unplug()
		s.away()
		s.Plug()
		s.ready()
		s.press(s.Slot)
	}
	c := s.command()
	v := s.dispense(c, suiteLimit)
	s.want("Dispense", v, sale.OutcomeDispensed)
	s.after(c, v)
}

// Damage on the line costs time, never truth.
func (s *suite) noisy() {
	s.Noise(6)
	if !s.h.KeysOnce {
		s.press(s.Slot)
		s.takeBack()
	}
	s.ready()
	c := s.command()
	s.Noise(4)
	v := s.dispense(c, suiteTimeout)
	s.settle()
	s.after(c, v)
	s.ready()
	s.noKey(200 * time.Millisecond)
}

func (s *suite) closes() {
	c := s.command()
	d := s.Driver
	for range 2 {
		s.within("Close", func() {
			if err := d.Close(); err != nil {
				s.Errorf("Close: %v", err)
			}
		})
	}
	s.within("Events of a closed driver", func() {
		for range d.Events() {
		}
	})
	s.still("a closed driver", func() {
		s.within("a call of a closed driver", func() {
			if _, err := d.Check(s.context(2*time.Second), s.Slot); err == nil {
				s.Error("Check of a closed driver succeeds")
			}
			if _, err := d.Recover(s.context(2*time.Second), c); err == nil {
				s.Error("Recover of a closed driver has an answer")
			}
			if v := d.Dispense(s.context(2*time.Second), c); v.Outcome == sale.OutcomeDispensed {
				s.Error("a closed driver dispenses")
			}
			if d.Health() == nil {
				s.Error("a closed driver is healthy")
			}
		})
	})
}

func (s *suite) closesInDispense() {
	c := s.command()
	s.LoseResult()
	got := make(chan sale.Verdict, 1)
	ctx, cancel := context.WithTimeout(s.Context(), 2*suiteLimit)
	defer cancel()
	go func() { got <- s.Driver.Dispense(ctx, c) }()
	s.eventually("the motor turns", func() bool { return s.Turns() == 1 })
	s.within("Close in a Dispense", func() { s.Driver.Close() })
	s.within("Dispense of a driver that is closed", func() {
		v := <-got
		s.settle()
		s.truth("Dispense", v)
	})
	s.onlyOne()
}
