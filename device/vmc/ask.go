package vmc

import (
	"context"
	"fmt"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

const (
	// answerWithin bounds one question. The VMC repeats what is not
	// acknowledged for about a second.
	answerWithin = 4 * time.Second
	// answersLate is how much later the answer of a question that was given up
	// may still come. Answers of the menu do not name the selection, so until
	// then no other is asked for.
	answersLate = 3 * time.Second
)

// ask sends a command that moves nothing and waits for the frame that answers
// it. Call it with the turn. what names the question for the technician.
func (d *Dev) ask(ctx context.Context, what string, r *request) (Frame, error) {
	if err := d.Health(); err != nil {
		return Frame{}, fmt.Errorf("ask for %s: %w", what, err)
	}
	within, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	d.mu.Lock()
	d.link.queue = append(d.link.queue, r)
	d.link.asked = r
	d.mu.Unlock()
	err := d.life.Await(within, &d.mu, func() bool { return r.got != nil || r.state == givenUp || r.inVain(time.Now()) })
	d.mu.Lock()
	defer d.mu.Unlock()
	d.withdraw(r)
	if r.got != nil {
		return *r.got, nil
	}
	if r.cmd == cmdMenu && r.tries > 0 {
		d.menuLate = time.Now()
	}
	return Frame{}, fmt.Errorf("ask for %s: %w", what, d.unanswered(r, err))
}

// unanswered says why there is no answer.
func (d *Dev) unanswered(r *request, err error) error {
	if f := d.Health(); f != nil {
		return f
	}
	f := d.life.Board.Silent("does not answer")
	f.Err = err
	switch {
	case r.tries == 0:
		f.What = "the controller did not take the question in time"
	case r.state == acked:
		f.What = "the controller took the question and does not answer it"
	}
	if r.cmd == cmdCheck && d.settings.CheckLen != 0 {
		f.Hint = "if it never answers, set check_len to the other value (3 or 4)"
	}
	return f
}

// lull waits until no answer of the menu can be under way.
func (d *Dev) lull(ctx context.Context) error {
	d.mu.Lock()
	late := d.menuLate
	d.mu.Unlock()
	if late.IsZero() {
		return nil
	}
	select {
	case <-time.After(time.Until(late.Add(answersLate))):
		return nil
	case <-ctx.Done():
		f := d.life.Board.Silent("has not answered an earlier question")
		f.Err = context.Cause(ctx)
		return f
	case <-d.life.Context().Done():
		return d.life.Board.Closed()
	}
}

// Check implements [sale.Dispenser]: it asks with 01 and, where the counters
// are known to count, reads the slot's sales counter and the jam list.
func (d *Dev) Check(ctx context.Context, slot sale.Slot) (sale.Evidence, error) {
	if slot < 1 || slot > maxSlot {
		return nil, fmt.Errorf("check slot %v: %w: this controller numbers them from 1 to %d", slot, sale.ErrNoSlot, maxSlot)
	}
	release, err := d.life.Take(ctx, d.turn)
	if err != nil {
		return nil, d.life.Busy(err)
	}
	defer release()
	if err := d.state(ctx, slot); err != nil {
		return nil, err
	}
	if err := d.rested(); err != nil {
		return nil, fmt.Errorf("check slot %v: %w", slot, err)
	}
	e := evidence{Version: evidenceVersion}
	if d.counts() {
		now, err := d.counters(ctx, slot)
		if err != nil {
			return nil, err
		}
		d.mu.Lock()
		if d.audit(slot, now); d.distrust == "" {
			e.Counters, e.Run, e.Driven = now, d.run, d.driven[slot]
		}
		d.mu.Unlock()
	}
	return device.EncodeEvidence(e), nil
}

// otherLenAfter is how long after its ACK the answer to an 01 may take, before
// an 01 with the other LEN is tried.
const otherLenAfter = time.Second

// state asks whether a slot can vend. Where the LEN of 01 is not set, the one
// that is answered is found out. A pause that begins or ends is told to the core.
func (d *Dev) state(ctx context.Context, slot sale.Slot) error {
	lens := d.checkLens()
	for i, n := range lens {
		last := i == len(lens)-1
		r := checkOf(slot, n, last)
		f, err := d.ask(ctx, fmt.Sprintf("the state of slot %v", slot), r)
		if err == nil {
			code := f.Text()[0]
			d.learned(n, slot, code)
			return slotError(slot, code)
		}
		if r.state != acked {
			return err // the line's fault, not the LEN's
		}
		if last {
			d.learned(0, slot, 0)
			return err
		}
	}
	panic("vmc: no LEN for 01")
}

// checkOf is an 01 with that LEN. One that is not the last is given up early.
func checkOf(slot sale.Slot, n int, last bool) *request {
	hi, lo := slotBytes(slot)
	r := &request{cmd: cmdCheck, text: []byte{hi, lo}, answer: func(f Frame) bool {
		t := f.Text()
		return f.Cmd == cmdState && len(t) >= 3 && slotOf(t[1:]) == slot
	}}
	if n == 4 {
		r.text = append(r.text, 0)
	}
	if !last {
		r.patience = otherLenAfter
	}
	return r
}

// checkLens are the values of LEN to try: 3 first, which was seen to work on a
// real machine.
func (d *Dev) checkLens() []int {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.settings.CheckLen != 0:
		return []int{d.settings.CheckLen}
	case d.checkLen != 0:
		return []int{d.checkLen}
	}
	return []int{3, 4}
}

// learned notes which LEN was answered, 0 for none, and what was said.
func (d *Dev) learned(n int, slot sale.Slot, code byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n != 0 && n != d.checkLen && d.settings.CheckLen == 0 {
		d.log.Info("the controller answers checks", "check_len", n)
	}
	d.checkLen = n
	switch _, was := d.paused[slot]; {
	case code == statePaused:
		d.pause(slot)
		if !was {
			d.life.Emit(sale.SlotReport{Slot: slot, Closed: true})
		}
	case code == stateNormal && was:
		delete(d.paused, slot)
		d.log.Info("the controller's pause of a slot is over", "slot", int(slot))
		d.life.Emit(sale.SlotReport{Slot: slot})
	}
}
