package wvl

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

const (
	// leaveWithin is how long a board may take to be ready for a command.
	leaveWithin = 5 * time.Second
	// askEvery is how often the board is asked for a result that it has not told.
	askEvery = 500 * time.Millisecond
)

// vend is one Dispense.
type vend struct {
	command
	written int    // how often the command left, or may have
	last    string // what was heard last, for a verdict of silence
}

// Dispense implements [sale.Dispenser]. It asks first whether the board knows
// the token: one that does not answer gets no command, which it might obey
// when nobody waits any more. Then it writes the VEND. Where its answer is
// lost it asks for the result, and only if the board answers that its log,
// which reaches back to before the command, does not have the token, the same
// VEND is written again. Nothing is written after the call.
func (d *Dev) Dispense(ctx context.Context, c sale.Command) sale.Verdict {
	if c.Token == 0 || c.Slot < 1 {
		return device.NotSent(fmt.Errorf("token %d for slot %d: both begin at 1", c.Token, c.Slot))
	}
	release, err := d.life.Take(ctx, d.turn)
	if err != nil {
		return device.NotSent(err)
	}
	defer release()
	v, err := d.ready(ctx, c)
	if err != nil {
		return device.NotSent(err)
	}
	verdict := d.vend(ctx, v)
	d.log.Info("dispense ended", "order", string(c.Number), "slot", int(c.Slot), "token", c.Token,
		"written", v.written, "outcome", verdict.Outcome.String(), "detail", verdict.Detail)
	return verdict
}

func unknown(format string, a ...any) sale.Verdict {
	return sale.Verdict{Detail: fmt.Sprintf(format, a...)}
}

// ready asks where the log stands, and refuses a board that is not the one
// that was checked or that has used the token before.
func (d *Dev) ready(ctx context.Context, c sale.Command) (*vend, error) {
	ctx, cancel := context.WithTimeout(ctx, leaveWithin)
	defer cancel()
	r, err := d.result(ctx, c.Token)
	if err != nil {
		return nil, err
	}
	switch e := decodeEvidence(c.Evidence); {
	case r.log == 0:
		return nil, errors.New("the controller has no log")
	case r.state != notKnown:
		return nil, fmt.Errorf("the controller used token %d before, for slot %v (%s)", c.Token, r.slot, r.state)
	case e != nil && e.Log != r.log:
		return nil, fmt.Errorf("the controller's log is %08X, and %08X when the slot was checked: the board was exchanged or its memory cleared", r.log, e.Log)
	case e != nil && !r.reaches(e.N):
		return nil, fmt.Errorf("the controller's log does not reach back to when the slot was checked (record %d; it has the last %d of %d)", e.N, r.has, r.n)
	}
	return &vend{command: command{token: c.Token, slot: c.Slot, drop: d.settings.DropSensor, log: r.log, at: r.n}}, nil
}

// result asks what the board knows of a token.
func (d *Dev) result(ctx context.Context, token uint32) (r record, err error) {
	err = d.ask(ctx, func(a []string) (ok bool) {
		if a[0] == "OK" {
			r, ok = decodeRecord(a[1:])
		}
		return ok && r.token == token
	}, "RESULT", strconv.FormatUint(uint64(token), 10))
	return r, err
}

// vend writes the command, and again, until the board knows what became of it.
func (d *Dev) vend(ctx context.Context, v *vend) sale.Verdict {
	for ctx.Err() == nil && !d.life.Closed() {
		verdict, over := d.command(ctx, v)
		if !over {
			verdict, over = d.follow(ctx, v)
		}
		if over {
			return verdict
		}
	}
	return d.silence(v)
}

// silence is the verdict when nobody waits any longer.
func (d *Dev) silence(v *vend) sale.Verdict {
	switch {
	case v.written == 0:
		return device.NotSent(errors.New("the controller was not ready in time"))
	case d.life.Closed():
		return unknown("the driver was closed during the vend%s", v.last)
	}
	return unknown("no result in time%s", v.last)
}

// command writes the VEND once and judges the answer, if one comes.
func (d *Dev) command(ctx context.Context, v *vend) (_ sale.Verdict, over bool) {
	answer, left, err := d.exchange(ctx, v.words()...)
	if left {
		v.written++
	}
	if err != nil {
		if v.written == 0 {
			return device.NotSent(err), true
		}
		v.last = "; the command was not answered"
		return sale.Verdict{}, false
	}
	switch answer[0] {
	case "ACK":
		if r, ok := decodeRecord(answer[1:]); ok && r.token == v.token {
			return v.judge(r)
		}
	case "NAK":
		if r, ok := decodeRefusal(answer[1:]); ok && r.token == v.token {
			return d.refused(ctx, v, r)
		}
	}
	v.last = fmt.Sprintf("; the command was answered with %q", answer)
	return sale.Verdict{}, false
}

// refused judges a NAK of the newest VEND. The board comes to its later
// reasons only when the token is not in its log and the log has no gap, so
// these prove that no earlier VEND was obeyed either.
func (d *Dev) refused(ctx context.Context, v *vend, r refusal) (_ sale.Verdict, over bool) {
	what := "the controller refuses: " + r.why
	not := sale.Verdict{Outcome: sale.OutcomeNotDispensed, Detail: what}
	v.last = "; " + what
	switch r.why {
	case stateBusy:
		d.life.Pause(ctx, 2*keepEvery)
		return sale.Verdict{}, false
	case stateNone, stateEmpty, stateClosed, stateSensor, stateROM:
		if r.log == v.log && r.reaches(v.at) || v.written == 1 {
			return not, true
		}
		return unknown("%s; its log proves nothing", what), true
	case "LOG", "OLD", "KNOWN":
		if v.written == 1 {
			return not, true
		}
		return unknown("%s, and an earlier command may have been obeyed", what), true
	case "OTHER":
		return unknown("%s: it has the token for another slot", what), true
	}
	return sale.Verdict{}, false
}

// judge takes what the board says of the token. Not over: it has not said
// anything that ends the vend.
func (v *vend) judge(r record) (_ sale.Verdict, over bool) {
	v.last = fmt.Sprintf("; the controller's last word was %s", r.state)
	switch {
	case r.log != v.log:
		return unknown("the controller's log is %08X, and %08X when the command left: the board was exchanged or its memory cleared", r.log, v.log), true
	case r.state == notKnown && !r.reaches(v.at):
		return unknown("the controller does not know the token, and its log has lost records since"), true
	case !r.final():
		return sale.Verdict{}, false
	case r.slot != v.slot:
		v.last = fmt.Sprintf("; the controller named slot %v", r.slot)
		return sale.Verdict{}, false
	case r.index <= v.at:
		return unknown("the controller names a record that is older than the command (%d, at %d)", r.index, v.at), true
	}
	return outcome(r, v.drop), true
}

// outcome is what a final state means.
func outcome(r record, sensor bool) sale.Verdict {
	detail := fmt.Sprintf("%s after %d ms", r.state, r.ms)
	switch {
	case r.state == dropped, r.state == turned && !sensor:
		return sale.Verdict{Outcome: sale.OutcomeDispensed, Detail: detail}
	case (r.state == noDrop || r.state == jam) && sensor:
		return sale.Verdict{Outcome: sale.OutcomeNotDispensed, Detail: detail}
	case r.state == aborted:
		return sale.Verdict{Detail: "ABORTED: the controller lost its power or was told to stop during the vend"}
	}
	return sale.Verdict{Detail: detail + ", which proves nothing here"}
}

// follow waits for the board's word and asks for it. It ends, not over, when
// the board answers that it never got the command.
func (d *Dev) follow(ctx context.Context, v *vend) (_ sale.Verdict, over bool) {
	for ctx.Err() == nil && !d.life.Closed() {
		if r := d.tidings(ctx, v); r != nil {
			if verdict, over := v.judge(*r); over {
				return verdict, true
			}
		}
		answer, _, err := d.exchange(ctx, "RESULT", strconv.FormatUint(uint64(v.token), 10))
		if err != nil || answer[0] != "OK" {
			d.life.Pause(ctx, keepEvery)
			continue
		}
		r, ok := decodeRecord(answer[1:])
		if !ok || r.token != v.token {
			continue
		}
		verdict, over := v.judge(r)
		if over || r.state == notKnown {
			return verdict, over
		}
	}
	return sale.Verdict{}, false
}

// tidings waits a little for an event about the vend, and returns nil for none.
func (d *Dev) tidings(ctx context.Context, v *vend) (r *record) {
	within, cancel := context.WithTimeout(ctx, askEvery)
	defer cancel()
	d.life.Await(within, &d.mu, func() bool {
		if d.told != nil && d.told.token == v.token {
			r, d.told = d.told, nil
		}
		return r != nil || !d.link.greeted
	})
	return r
}
