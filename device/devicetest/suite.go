package devicetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"kioskd/sale"
)

// The suite's limits. None of them asserts a speed: they are what a loaded
// test machine never needs.
const (
	suiteLimit   = 15 * time.Second        // for what must come
	suiteTimeout = 800 * time.Millisecond  // for a dispense whose result may never come
	suiteLong    = 4500 * time.Millisecond // ... where a driver might repeat after 3 s
)

// RunDriver tests what every sale.Dispenser owes the core, whatever its
// protocol: three true outcomes, one command on the wire for one Dispense,
// recovery that moves nothing, one Selected for a press, and a driver that
// comes back by itself. The tests mostly wait: go test -parallel 8 runs them in
// a quarter of the time.
func RunDriver(t *testing.T, h Harness) {
	run := func(name string, do func(*suite)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &suite{T: t, Bench: h.Open(t), h: h}
			s.ready()
			do(s)
		})
	}
	for _, c := range dispenseCases() {
		run("dispense/"+c.name, func(s *suite) { s.dispenseCase(c) })
	}
	for n := 0; n <= h.CommandBytes; n++ {
		run("cut/command/"+sale.Slot(n).String(), func(s *suite) { s.cut(false, n) })
	}
	for n := 0; n <= h.AnswerBytes; n++ {
		run("cut/answer/"+sale.Slot(n).String(), func(s *suite) { s.cut(true, n) })
	}
	run("check", (*suite).checks)
	run("dispense/old result", (*suite).oldResult)
	run("dispense/old jam", (*suite).oldJam)
	run("dispense/unplugged", (*suite).dispenseUnplugged)
	run("dispense/silent", (*suite).dispenseSilent)
	run("dispense/cancelled", (*suite).dispenseCancelled)
	run("dispense/check beside it", (*suite).checkBeside)
	run("recover/never sent", (*suite).recoverNeverSent)
	run("recover/another process", (*suite).recoverReopened)
	run("keys/one event a press", (*suite).keys)
	run("keys/lost acks", (*suite).keysLostAcks)
	run("keys/repeated frames", (*suite).keysRepeated)
	run("keys/nobody reads", (*suite).keysUnread)
	run("line/silent board", (*suite).silentBoard)
	run("line/mute board", (*suite).muteBoard)
	run("line/unplug", (*suite).unplugged)
	run("line/noise", (*suite).noisy)
	run("close", (*suite).closes)
	run("close/in a dispense", (*suite).closesInDispense)
}

// suite is one test of one driver on one board.
type suite struct {
	*testing.T
	*Bench
	h      Harness
	number int
}

func (s *suite) context(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(s.Context(), d)
	s.Cleanup(cancel)
	return ctx
}

// eventually waits for what must come.
func (s *suite) eventually(what string, ok func() bool) {
	s.Helper()
	for end := time.Now().Add(suiteLimit); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			s.Fatalf("%s: not within %v", what, suiteLimit)
		}
	}
}

// within runs a call that must end by itself.
func (s *suite) within(what string, do func()) {
	s.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
	case <-time.After(suiteLimit):
		s.Fatalf("%s does not return within %v", what, suiteLimit)
	}
}

// ready waits until the driver is on speaking terms with the board.
func (s *suite) ready() {
	s.Helper()
	s.eventually("Health is nil", func() bool { return s.Driver.Health() == nil })
	s.eventually("Check answers", func() bool {
		_, err := s.check(2*time.Second, s.Slot)
		return err == nil
	})
	s.takeBack()
}

// check asks the driver whether a slot can vend, after the machine has asked
// for it, if it is one that does.
func (s *suite) check(limit time.Duration, slot sale.Slot) (sale.Evidence, error) {
	s.Helper()
	if s.h.Selects {
		s.TakeBack()
		s.Press(slot)
		for s.key() != (sale.Selected{Slot: slot}) {
		}
	}
	return s.Driver.Check(s.context(limit), slot)
}

// takeBack ends what the machine asks for, if it asks.
func (s *suite) takeBack() {
	s.Helper()
	if !s.h.Selects || !s.TakeBack() {
		return
	}
	for s.key() != (sale.CancelPressed{}) {
	}
}

// command checks the slot, as the core does before a sale, and makes the
// command of the order.
func (s *suite) command() sale.Command {
	s.Helper()
	e, err := s.check(suiteLimit, s.Slot)
	if err != nil {
		s.Fatalf("Check: %v", err)
	}
	s.number++
	return sale.Command{
		Number: sale.Number("SUITE000" + sale.Slot(s.number).String()), Token: uint32(s.number), Slot: s.Slot, Evidence: e,
	}
}

func (s *suite) dispense(c sale.Command, limit time.Duration) (v sale.Verdict) {
	s.Helper()
	ctx := s.context(limit)
	s.within("Dispense", func() { v = s.Driver.Dispense(ctx, c) })
	return v
}

// abandon dispenses and gives up a while after the command was on the wire.
func (s *suite) abandon(c sale.Command, d time.Duration) (v sale.Verdict) {
	s.Helper()
	ctx, giveUp := context.WithTimeout(s.Context(), suiteLimit/2)
	defer giveUp()
	before := s.Commands()
	go func() {
		for s.Commands() == before && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
		giveUp()
	}()
	s.within("Dispense", func() { v = s.Driver.Dispense(ctx, c) })
	return v
}

// recover asks until the board answers.
func (s *suite) recover(c sale.Command) (v sale.Verdict) {
	s.Helper()
	s.eventually("Recover answers", func() bool {
		var err error
		v, err = s.Driver.Recover(s.context(3*time.Second), c)
		return err == nil
	})
	return v
}

// settle waits until the board has done what it was told, and then long enough
// for a driver that has a command too many.
func (s *suite) settle() {
	s.Helper()
	s.eventually("the board comes to rest", s.Idle)
	time.Sleep(100 * time.Millisecond)
}

// truth compares a verdict with the books of a board that got one order.
func (s *suite) truth(who string, v sale.Verdict) {
	s.Helper()
	done := s.Turns() > 0
	if s.h.Proves {
		done = s.Drops() > 0
	}
	switch {
	case v.Outcome == sale.OutcomeDispensed && v.Presumed && s.h.Presumes:
	case v.Outcome == sale.OutcomeDispensed && !done:
		s.Errorf("%s says dispensed (%s), and nothing fell", who, v.Detail)
	case v.Outcome == sale.OutcomeNotDispensed && s.Drops() > 0:
		s.Errorf("%s says that nothing fell (%s), and it did", who, v.Detail)
	}
}

// onlyOne fails if more than one command was on the wire, or one moved more
// than once.
func (s *suite) onlyOne() {
	s.Helper()
	if n := s.Commands(); n > 1 && !s.h.Repeats {
		s.Errorf("%d commands on the wire for one Dispense", n)
	}
	if n := s.Turns(); n > 1 {
		s.Errorf("the motor turned %d times for one Dispense", n)
	}
}

// orders fails unless the board got just so many.
func (s *suite) orders(want int) {
	s.Helper()
	if n := s.Commands(); n != want && !s.h.Repeats || n < want {
		s.Errorf("%d commands on the wire for %d orders", n, want)
	}
	if n := s.Turns(); n > want {
		s.Errorf("the motor turned %d times for %d orders", n, want)
	}
}

// still fails if do moves anything.
func (s *suite) still(what string, do func()) {
	s.Helper()
	commands, turns := s.Commands(), s.Turns()
	do()
	s.settle()
	if n := s.Commands() - commands; n > 0 {
		s.Errorf("%s put %d commands on the wire", what, n)
	}
	if n := s.Turns() - turns; n > 0 {
		s.Errorf("%s turned the motor %d times", what, n)
	}
}

// fault fails unless err is a *sale.Fault with a code.
func (s *suite) fault(what string, err error) {
	s.Helper()
	if f, ok := errors.AsType[*sale.Fault](err); !ok || f.Code == "" {
		s.Errorf("%s: %v, want a *sale.Fault with a code", what, err)
	}
}

// want fails for another outcome.
func (s *suite) want(who string, got sale.Verdict, want sale.Outcome) {
	s.Helper()
	if got.Outcome != want {
		s.Errorf("%s says %v (%s), want %v", who, got.Outcome, got.Detail, want)
	}
}
