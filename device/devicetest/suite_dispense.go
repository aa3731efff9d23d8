package devicetest

import (
	"context"
	"errors"
	"sync"
	"time"

	"kioskd/sale"
)

// dispenseCase is one dispense in trouble. Whatever the trouble, the verdict
// must be true, one command may be on the wire, and Recover must be true and
// move nothing.
type dispenseCase struct {
	name    string
	trouble func(*suite) bool // false: this board cannot have it
	limit   time.Duration
	want    func(Harness) sale.Outcome // nil: the truth is enough
}

// hooked makes a trouble of hooks that a board may lack.
func hooked(pick ...func(*suite) func()) func(*suite) bool {
	return func(s *suite) bool {
		for _, p := range pick {
			do := p(s)
			if do == nil {
				return false
			}
			do()
		}
		return true
	}
}

func dispensed(Harness) sale.Outcome { return sale.OutcomeDispensed }

func dispenseCases() []dispenseCase {
	jam := func(s *suite) func() { return s.Jam }
	lostCommand := func(s *suite) func() { return s.LoseCommand }
	lostAck := func(s *suite) func() { return s.LoseAck }
	lostResult := func(s *suite) func() { return s.LoseResult }
	lostReports := func(s *suite) func() { return s.LoseReports }
	stray := func(s *suite) func() { return s.StrayResult }
	wrong := func(s *suite) func() { return s.WrongSlot }
	extra := func(s *suite) func() { return s.ExtraCode }
	odd := func(s *suite) func() { return s.OddResult }
	restart := func(fallen bool) func(*suite) func() {
		return func(s *suite) func() { return func() { s.Restart(fallen) } }
	}
	late := func(s *suite) func() { return func() { s.Delay(400 * time.Millisecond) } }
	twice := func(s *suite) func() {
		if s.RepeatFrames == nil {
			return nil
		}
		return func() { s.RepeatFrames(4) }
	}
	jammed := func(h Harness) sale.Outcome {
		if h.Proves {
			return sale.OutcomeNotDispensed
		}
		return sale.OutcomeDispensed
	}
	return []dispenseCase{
		{"a product falls", hooked(), suiteLimit, dispensed},
		{"jam", hooked(jam), suiteLimit, jammed},
		{"late reports", hooked(late), suiteLimit, dispensed},
		{"repeated reports", hooked(twice), suiteLimit, dispensed},
		{"stray result", hooked(stray), suiteLimit, dispensed},
		{"stray result, jam", hooked(stray, jam), suiteLimit, jammed},
		{"unlisted code first", hooked(extra), suiteLimit, dispensed},
		{"unlisted code first, jam", hooked(extra, jam), suiteLimit, jammed},
		{"lost ack", hooked(lostAck), suiteTimeout, nil},
		{"lost ack, jam", hooked(lostAck, jam), suiteTimeout, nil},
		{"lost ack and reports", hooked(lostAck, lostReports), suiteLong, nil},
		{"lost ack and reports, jam", hooked(lostAck, lostReports, jam), suiteTimeout, nil},
		{"lost command", hooked(lostCommand), suiteLong, nil},
		{"lost reports", hooked(lostReports), suiteTimeout, nil},
		{"lost reports, jam", hooked(lostReports, jam), suiteTimeout, nil},
		{"lost result", hooked(lostResult), suiteTimeout, nil},
		{"lost result, jam", hooked(lostResult, jam), suiteTimeout, nil},
		{"wrong slot", hooked(wrong), suiteTimeout, nil},
		{"wrong slot, jam", hooked(wrong, jam), suiteTimeout, nil},
		{"unlisted result", hooked(odd), suiteTimeout, nil},
		{"unlisted result, jam", hooked(odd, jam), suiteTimeout, nil},
		{"restart before the drop", hooked(restart(false)), suiteTimeout, nil},
		{"restart after the drop", hooked(restart(true)), suiteTimeout, nil},
	}
}

func (s *suite) dispenseCase(d dispenseCase) {
	c := s.command()
	if !d.trouble(s) {
		s.Log("this board cannot have that trouble")
		return
	}
	v := s.dispense(c, d.limit)
	s.settle()
	if d.want != nil {
		s.want("Dispense", v, d.want(s.h))
	}
	s.after(c, v)
}

// after is what must hold when a dispense is over, however it ended.
func (s *suite) after(c sale.Command, v sale.Verdict) {
	s.Helper()
	s.truth("Dispense", v)
	s.still("Recover", func() {
		r := s.recover(c)
		s.truth("Recover", r)
		if s.h.Recovers && v.Outcome == sale.OutcomeDispensed {
			s.want("Recover", r, sale.OutcomeDispensed)
		}
	})
	s.onlyOne()
}

// cut pulls the cable at one byte of the exchange.
func (s *suite) cut(fromBoard bool, n int) {
	c := s.command()
	s.Cut(fromBoard, n)
	v := s.abandon(c, suiteTimeout)
	s.settle()
	s.after(c, v)
	s.ready()
	s.onlyOne()
	if n := s.Commands(); n == 0 {
		s.Errorf("no command reached the wire, so nothing was tested: %s", v.Detail)
	}
}

func (s *suite) checks() {
	s.still("Check", func() {
		if _, err := s.Driver.Check(s.context(suiteLimit), s.NoSlot); !errors.Is(err, sale.ErrNoSlot) {
			s.Errorf("a slot that the board lacks: %v, want %v", err, sale.ErrNoSlot)
		}
		if s.SoldOut != nil {
			s.SoldOut()
			if _, err := s.Driver.Check(s.context(suiteLimit), s.Slot); !errors.Is(err, sale.ErrSoldOut) {
				s.Errorf("an empty slot: %v, want %v", err, sale.ErrSoldOut)
			}
		}
		if s.Pause != nil {
			s.Pause()
			if _, err := s.Driver.Check(s.context(suiteLimit), s.Slot); !errors.Is(err, sale.ErrSlotClosed) {
				s.Errorf("a paused slot: %v, want %v", err, sale.ErrSlotClosed)
			}
		}
		if _, err := s.check(suiteLimit, s.Other); err != nil {
			s.Errorf("a good slot after bad ones: %v", err)
		}
	})
}

// oldResult: the success of an order given up comes before the next order,
// which jams. It must not be taken for the next order's.
func (s *suite) oldResult() {
	first := s.command()
	s.Delay(500 * time.Millisecond)
	s.abandon(first, 0)
	second := s.command()
	s.settle()
	s.Jam()
	v := s.dispense(second, suiteLimit)
	if s.h.Proves {
		s.want("Dispense", v, sale.OutcomeNotDispensed)
	}
	s.orders(2)
}

// oldJam: the slot stands in the board's jam list from an earlier order. That
// proves nothing about a later one.
func (s *suite) oldJam() {
	s.Jam()
	s.dispense(s.command(), suiteLimit)
	e, err := s.check(suiteLimit, s.Slot)
	if errors.Is(err, sale.ErrSlotClosed) {
		return // a driver may refuse to sell such a slot
	}
	if err != nil {
		s.Fatalf("Check after a jam: %v", err)
	}
	c := sale.Command{Number: "SUITE0009", Token: 9, Slot: s.Slot, Evidence: e}
	s.Restart(true)
	v := s.dispense(c, suiteTimeout)
	s.settle()
	if s.Drops() != 1 {
		s.Fatalf("%d products fell, want 1", s.Drops())
	}
	s.truth("Dispense", v)
	s.truth("Recover", s.recover(c))
	s.orders(2)
}

// A command that could not leave in time must not leave later.
func (s *suite) dispenseUnplugged() {
	c := s.command()
	s.Unplug()
	v := s.dispense(c, suiteTimeout)
	s.truth("Dispense", v)
	s.still("plugging the cable after a Dispense that ended", func() {
		s.Plug()
		s.ready()
		s.truth("Recover", s.recover(c))
	})
	s.onlyOne()
}

func (s *suite) dispenseSilent() {
	c := s.command()
	end := s.Silence()
	v := s.dispense(c, suiteTimeout)
	s.truth("Dispense", v)
	s.still("the end of the board's silence after a Dispense that ended", func() {
		end()
		s.ready()
		s.truth("Recover", s.recover(c))
	})
	s.onlyOne()
}

// The end of ctx ends the call, not the vend.
func (s *suite) dispenseCancelled() {
	c := s.command()
	s.LoseResult()
	ctx, cancel := context.WithCancel(s.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	var v sale.Verdict
	s.within("Dispense with its context cancelled", func() { v = s.Driver.Dispense(ctx, c) })
	s.settle()
	s.after(c, v)
}

func (s *suite) checkBeside() {
	c := s.command()
	s.Delay(200 * time.Millisecond)
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			_, err := s.Driver.Check(s.context(suiteLimit), s.Other)
			if !s.h.Selects && err != nil || s.h.Selects && !errors.Is(err, sale.ErrSlotClosed) {
				s.Errorf("Check beside a Dispense: %v", err)
			}
		})
	}
	v := s.dispense(c, suiteLimit)
	s.within("Check beside a Dispense", wait.Wait)
	s.want("Dispense", v, sale.OutcomeDispensed)
	s.settle()
	s.after(c, v)
}

// Nothing was sent: nobody may say that it was dispensed.
func (s *suite) recoverNeverSent() {
	c := s.command()
	s.still("Recover", func() {
		for range 2 {
			s.truth("Recover", s.recover(c))
		}
	})
}

// The process dies in a vend, and what the board says of it with the process.
// Another one asks.
func (s *suite) recoverReopened() {
	c := s.command()
	s.LoseReports()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Driver.Dispense(s.context(suiteLimit), c)
	}()
	s.eventually("the motor turns", func() bool { return s.Turns() == 1 })
	s.within("Close in a Dispense", func() { s.Driver.Close(); <-done })
	s.settle()
	s.still("a new driver", func() {
		s.Reopen()
		s.ready()
		r := s.recover(c)
		s.truth("Recover", r)
		// A driver whose Close switches the motor off keeps the product in.
		if s.h.Recovers && s.Drops() > 0 {
			s.want("Recover", r, sale.OutcomeDispensed)
		}
	})
	s.onlyOne()
}
