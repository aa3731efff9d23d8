package lcus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// gap is left between two frames, for a small controller.
const gap = 20 * time.Millisecond

// stuckAfter so many rounds of "off" a relay that is still on is stuck.
const stuckAfter = 3

// guard is the goroutine that switches all relays off after the port was
// opened, and after one was found on.
func (d *Dev) guard() {
	for rounds := 0; !d.life.Closed(); d.life.Pause(d.life.Context(), lookEvery) {
		d.talk.Lock()
		session := d.talk.Session()
		safe := session == 0 || d.safe == session
		d.talk.Unlock()
		if safe || d.life.Line.Err() != nil {
			rounds = 0
			continue
		}
		if d.secure(session, rounds) {
			rounds++
		}
	}
}

// secure switches all relays off and looks. It reports whether one is still on.
func (d *Dev) secure(session, rounds int) bool {
	ctx := d.life.Context()
	release, err := d.life.Take(ctx, d.turn)
	if err != nil {
		return false
	}
	defer release()
	d.writeOff(ctx)
	states, err := d.states(ctx)
	d.talk.Lock()
	defer d.talk.Unlock()
	switch {
	case err != nil || session != d.talk.Session():
		return false
	case !slices.Contains(states, true):
		d.safe, d.stuck = session, nil
		d.log.Info("all relays are off", "channels", len(states))
		return false
	case rounds >= stuckAfter:
		d.stuck = d.life.Board.Fault(fmt.Sprintf("does not switch relay %d off", slices.Index(states, true)+1), "cut the power of the load, then look for what holds the relay")
	}
	return true
}

// writeOff says "off" to every relay. It may be said as often as one likes.
func (d *Dev) writeOff(ctx context.Context) {
	for n := range d.settings.Channels {
		if ctx.Err() != nil && !d.life.Closed() {
			return
		}
		d.life.Line.Write(Switch{Channel: byte(n + 1)}.Append(nil))
		time.Sleep(gap)
	}
}

// states asks once which relays are on.
func (d *Dev) states(ctx context.Context) ([]bool, error) {
	on, _, err := d.talk.Exchange(ctx, askStates, answerWithin, func([]bool) bool { return true })
	return on, err
}

// look notices a relay that is on without a vend.
func (d *Dev) look(ctx context.Context) {
	on, err := d.states(ctx)
	if err != nil || !slices.Contains(on, true) {
		return
	}
	select {
	case d.turn <- struct{}{}:
	default:
		return // a vend
	}
	defer func() { <-d.turn }()
	d.log.Warn("a relay was found on; it is being switched off", "states", on)
	d.unsafe()
}

// unsafe has guard switch everything off.
func (d *Dev) unsafe() {
	d.talk.Lock()
	defer d.talk.Unlock()
	d.safe = 0
}

var errOn = errors.New("a relay is on")

// allOff asks until the board says that all relays are off. Call it with the
// turn.
func (d *Dev) allOff(ctx context.Context) error {
	if err := d.Health(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	on, err := d.talk.Ask(ctx, askStates, answerWithin, func([]bool) bool { return true })
	if err == nil && slices.Contains(on, true) {
		d.unsafe()
		f := d.life.Board.Fault("has a relay on that should be off", "wait until it is off; if it comes on again, something else switches it")
		f.Err = errOn
		return f
	}
	return err
}
