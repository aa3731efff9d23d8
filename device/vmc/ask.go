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
	err := d.life.Await(within, &d.mu, func() bool { return r.got != nil || r.state == givenUp })
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
	if r.cmd == cmdCheck {
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
	e := evidence{Version: evidenceVersion}
	if d.settings.Counts {
		if e.Counters, err = d.counters(ctx, slot); err != nil {
			return nil, err
		}
		d.mu.Lock()
		e.Run, e.Driven = d.run, d.driven[slot]
		d.mu.Unlock()
	}
	return device.EncodeEvidence(e), nil
}

// state asks whether a slot can vend.
func (d *Dev) state(ctx context.Context, slot sale.Slot) error {
	hi, lo := slotBytes(slot)
	r := &request{cmd: cmdCheck, text: []byte{hi, lo}, answer: func(f Frame) bool {
		t := f.Text()
		return f.Cmd == cmdState && len(t) >= 3 && slotOf(t[1:]) == slot
	}}
	if d.settings.CheckLen == 4 {
		r.text = append(r.text, 0)
	}
	f, err := d.ask(ctx, fmt.Sprintf("the state of slot %v", slot), r)
	if err != nil {
		return err
	}
	return slotError(slot, f.Text()[0])
}
