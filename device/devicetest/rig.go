package devicetest

import (
	"sync"
	"testing"
	"time"
)

// Rig is what simulated boards have in common whatever they speak: a [Cable],
// a motor or a load, power that fails, and true books. A board brings its
// protocol: it parses what the cable brings, books each dispense command with
// Command, turns with Turn and answers with Say. The methods may be called by
// any goroutine.
type Rig struct {
	Cable    *Cable
	VendTime time.Duration // of one turn; the product falls at six tenths of it
	forget   func()        // the board loses its memory; called with no lock held

	mu       sync.Mutex
	next     Trouble
	life     int // counts the losses of power
	powered  bool
	pending  int // turns and reports on their way
	commands int
	turns    int
	drops    int
}

// Trouble is what befalls one command. What a protocol cannot have, its board
// passes over.
type Trouble struct {
	LoseCommand bool          // the board does not get it
	Jam         bool          // nothing falls
	LoseReports bool          // what the board says of it is lost
	Delay       time.Duration // ... or so late
	Restart     int           // the power fails 1: before the product falls, 2: after
	Stray       bool          // before the result comes the success of another slot
	Other       bool          // the result names another slot
	Extra       bool          // before the result comes a code of no table
	Odd         bool          // such a code comes instead of it

	cutHost, cutBoard int // the cable is pulled after so many bytes, -1 for never
}

// rebootTime is how long a board is away that lost its power.
const rebootTime = 60 * time.Millisecond

// NewRig makes a rig whose cable ends at the link. input takes what the driver
// writes (see [NewCable]); forget is called when the board lost its power.
func NewRig(link string, input func([]byte), forget func()) (*Rig, error) {
	r := &Rig{VendTime: 60 * time.Millisecond, forget: forget, powered: true}
	r.calm()
	r.mu.Lock() // nothing is heard before there is a cable
	defer r.mu.Unlock()
	var err error
	// A board without power hears nothing.
	r.Cable, err = NewCable(link, func(b []byte) {
		if b == nil || r.Powered() {
			input(b)
		}
	})
	return r, err
}

func (r *Rig) calm() { r.next = Trouble{cutHost: -1, cutBoard: -1} }

// With arms the trouble of the next command.
func (r *Rig) With(arm func(*Trouble)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	arm(&r.next)
}

// Command books a dispense command of so many bytes that reached the line. It
// returns what befalls it, and whether the board gets it.
func (r *Rig) Command(size int) (t Trouble, obeys bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.commands++
	t = r.next
	r.calm()
	if t.cutHost >= 0 {
		r.Cable.Pull()
	}
	if t.cutBoard >= 0 {
		r.Cable.CutAfter(t.cutBoard)
	}
	return t, !t.LoseCommand && (t.cutHost < 0 || t.cutHost >= size)
}

// Turn is a motor that turns, or a load that is on, for VendTime. holds says at
// six tenths of it whether it still does; nil: it does. end is called if the
// power lasted, and what it says with Say counts to the vend.
func (r *Rig) Turn(t Trouble, holds func() bool, end func(fell bool)) {
	r.mu.Lock()
	r.turns++
	r.pending++
	life := r.life
	r.mu.Unlock()
	go func() {
		defer r.over()
		began := time.Now()
		at := func(tenths int) bool {
			time.Sleep(time.Until(began.Add(r.VendTime * time.Duration(tenths) / 10)))
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.life == life
		}
		if t.Restart == 1 && at(4) {
			r.PowerCycle()
		}
		fell := at(6) && !t.Jam && (holds == nil || holds())
		if fell {
			r.mu.Lock()
			r.drops++
			r.mu.Unlock()
		}
		if t.Restart == 2 && at(8) {
			r.PowerCycle()
		}
		if at(10) {
			end(fell)
		}
	}()
}

func (r *Rig) over() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pending--
}

// Say sends what the board says of a command, as its trouble lets it.
func (r *Rig) Say(t Trouble, frames ...[]byte) {
	if t.LoseReports {
		return
	}
	r.mu.Lock()
	r.pending++
	r.mu.Unlock()
	time.AfterFunc(t.Delay, func() {
		defer r.over()
		for _, f := range frames {
			r.Cable.Send(f)
		}
	})
}

// PowerCycle takes the board's power for a moment.
func (r *Rig) PowerCycle() {
	r.mu.Lock()
	r.powered = false
	r.life++
	r.mu.Unlock()
	r.forget()
	time.AfterFunc(rebootTime, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.powered = true
	})
}

// Powered reports whether the board has power.
func (r *Rig) Powered() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.powered
}

// Idle reports whether nothing turns and nothing is on its way.
func (r *Rig) Idle() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.powered && r.pending == 0 && r.Cable.Plugged()
}

func (r *Rig) book(n *int) func() int {
	return func() int {
		r.mu.Lock()
		defer r.mu.Unlock()
		return *n
	}
}

// Commands is how many dispense commands reached the line.
func (r *Rig) Commands() int { return r.book(&r.commands)() }

// Turns is how often something turned.
func (r *Rig) Turns() int { return r.book(&r.turns)() }

// Bench plays the rig in the suite's terms. The board adds what its protocol
// can have besides: slots, keys, and troubles with answers. open makes the
// driver under test.
func (r *Rig) Bench(t testing.TB, open func(port string) Driver) *Bench {
	with := func(arm func(*Trouble)) func() { return func() { r.With(arm) } }
	b := &Bench{
		Commands: r.Commands, Turns: r.Turns, Drops: r.book(&r.drops), Idle: r.Idle,
		Jam:         with(func(t *Trouble) { t.Jam = true }),
		LoseCommand: with(func(t *Trouble) { t.LoseCommand = true }),
		LoseResult:  with(func(t *Trouble) { t.LoseReports = true }),
		LoseReports: with(func(t *Trouble) { t.LoseReports = true }),
		Delay:       func(d time.Duration) { r.With(func(t *Trouble) { t.Delay = d }) },
		Restart: func(fallen bool) {
			r.With(func(t *Trouble) {
				if t.Restart = 1; fallen {
					t.Restart = 2
				}
			})
		},
		Noise: r.Cable.Noise, Silence: r.Cable.Silence, Mute: r.Cable.Mute,
		Unplug: r.Cable.Unplug,
		Plug: func() {
			if err := r.Cable.Plug(); err != nil {
				t.Error(err)
			}
		},
		Cut: func(fromBoard bool, n int) {
			r.With(func(t *Trouble) {
				if t.cutHost = n; fromBoard {
					t.cutHost, t.cutBoard = -1, n
				}
			})
		},
	}
	t.Cleanup(r.Cable.Close)
	b.Reopen = func() Driver {
		d := open(r.Cable.Path())
		t.Cleanup(func() { d.Close() })
		b.Driver = d
		return d
	}
	b.Reopen()
	return b
}

// StrayResult, WrongSlot, ExtraCode and OddResult arm what their namesakes in
// [Bench] do, for boards that can have it.
func (r *Rig) StrayResult() { r.With(func(t *Trouble) { t.Stray = true }) }
func (r *Rig) WrongSlot()   { r.With(func(t *Trouble) { t.Other = true }) }
func (r *Rig) ExtraCode()   { r.With(func(t *Trouble) { t.Extra = true }) }
func (r *Rig) OddResult()   { r.With(func(t *Trouble) { t.Odd = true }) }
