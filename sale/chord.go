package sale

import (
	"context"
	"slices"
	"strconv"
	"time"

	"kioskd/sale/service"
)

// ChordWithin is how long the numbers of a chord may take.
const ChordWithin = 10 * time.Second

// stroke is a number on a keypad.
type stroke struct {
	slot  Slot
	at    time.Time
	alone bool // nobody was buying
}

// number takes what was pressed, with the digits as they were typed. ofBoard
// says that the controller reported it.
func (m *Machine) number(digits string, ofBoard bool) {
	n, err := strconv.Atoi(digits)
	if err != nil || n == 0 && !ofBoard && m.session == nil {
		return
	}
	slot := Slot(n)
	switch {
	case m.session != nil:
		m.serve(service.Number{Digits: digits, At: m.session.at()})
	case m.chorded(slot) && m.enter():
	default:
		m.press(slot)
		return
	}
	if ofBoard {
		m.dismiss(slot)
	}
}

// dismiss frees a machine that made the choice itself: no sale comes of it.
func (m *Machine) dismiss(slot Slot) {
	if !m.master() {
		return
	}
	m.wg.Go(func() {
		ctx, cancel := context.WithTimeout(m.calls, checkWithin)
		defer cancel()
		if evidence, err := m.o.Dispenser.Check(ctx, slot); err == nil {
			m.decline(evidence)
		}
	})
}

// chorded reports whether a number completes the chord. One that began while
// somebody was buying is none.
func (m *Machine) chorded(slot Slot) bool {
	if m.o.Service == nil || len(m.o.Service.Chord) == 0 {
		return false
	}
	chord := m.o.Service.Chord
	m.strokes = append(m.strokes, stroke{slot, time.Now(), m.stage.yields() == free})
	m.strokes = m.strokes[max(0, len(m.strokes)-len(chord)):]
	same := slices.EqualFunc(m.strokes, chord, func(s stroke, c Slot) bool { return s.slot == c })
	return same && m.strokes[0].alone && time.Since(m.strokes[0].at) <= ChordWithin
}

// doorMoved opens service mode with the door, as soon as nobody is at the
// machine, and ends it when the door is shut.
func (m *Machine) doorMoved(open bool) {
	m.knocking = open && m.o.Service != nil && m.o.Service.Door
	if !open && m.session != nil {
		m.serve(service.DoorShut{})
	}
}
