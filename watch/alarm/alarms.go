package alarm

import (
	"slices"
	"sync"
	"time"

	"kioskd/watch"
)

// Alarms decides what is told when. Its methods may be called by any goroutine.
type Alarms struct {
	machine Machine
	lang    Language
	repeat  time.Duration
	send    func(Message)

	mu     sync.Mutex
	active []*active // in the order in which they began
}

// active is a condition that holds.
type active struct {
	watch.Condition
	begun time.Time // what counts is monotonic, here and below
	told  time.Time // zero: not yet
	times int
}

// New is ready for the first state. repeat is the pause after which a condition
// that still holds is told again; send must not block.
func New(m Machine, l Language, repeat time.Duration, send func(Message)) *Alarms {
	return &Alarms{machine: m, lang: l, repeat: repeat, send: send}
}

// Look compares the conditions that hold now with those that held before, and
// sends what is due.
func (a *Alarms) Look(at time.Time, now []watch.Condition) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.active = slices.DeleteFunc(a.active, func(was *active) bool {
		if slices.ContainsFunc(now, func(c watch.Condition) bool { return same(c, was.Condition) }) {
			return false
		}
		if !was.told.IsZero() && !was.Once {
			a.tell(was, Over, at)
		}
		return true
	})
	for _, c := range now {
		a.hold(at, c)
	}
}

func (a *Alarms) hold(at time.Time, c watch.Condition) {
	i := slices.IndexFunc(a.active, func(was *active) bool { return same(c, was.Condition) })
	if i < 0 {
		a.active = append(a.active, &active{begun: time.Now()})
		i = len(a.active) - 1
	}
	one := a.active[i]
	one.Condition = c // its code and degrees are today's
	switch {
	case one.told.IsZero() && time.Since(one.begun) >= c.After:
		a.tell(one, Raised, at)
	case !one.told.IsZero() && !one.Once && time.Since(one.told) >= a.repeat:
		a.tell(one, Still, at)
	}
}

func (a *Alarms) tell(c *active, s Status, at time.Time) {
	c.told = time.Now()
	c.times++
	a.send(a.message(c, s, at))
}

func same(a, b watch.Condition) bool {
	return a.Kind == b.Kind && a.Number == b.Number && a.Day == b.Day
}

// Active counts the conditions of each kind that somebody was told about and
// that still hold.
func (a *Alarms) Active() map[watch.Kind]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := map[watch.Kind]int{}
	for _, c := range a.active {
		if !c.told.IsZero() {
			n[c.Kind]++
		}
	}
	return n
}

func (a *Alarms) message(c *active, s Status, at time.Time) Message {
	m := Message{
		Schema: Schema, Machine: a.machine, Kind: c.Kind, Status: s,
		Code: c.Code, Day: c.Day, Slot: c.Slot, Cause: c.Cause, Since: at.Add(-time.Since(c.begun)), At: at, Times: c.times,
	}
	if c.Number != "" {
		m.Order = c.Number.Tail()
	}
	if c.Kind == watch.Temperature {
		degrees := c.Celsius
		m.Celsius = &degrees
	}
	m.Text = a.machine.title() + text(a.lang, m)
	return m
}
