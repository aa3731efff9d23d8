package devicetest

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Command is a drive command (06) that the host put on the wire.
type Command struct {
	At     time.Time `json:"at"` // its first byte
	PackNO int       `json:"pack_no"`
	Slot   int       `json:"slot"`
	Drop   bool      `json:"drop"` // with drop sensor
	Heard  bool      `json:"heard"`
	Turned bool      `json:"turned"` // it moved a motor
}

// Drop is a product that fell.
type Drop struct {
	At      time.Time `json:"at"`
	Slot    int       `json:"slot"`
	Command int       `json:"command"` // index into Commands, -1 for a service test
}

// Press is a key that a customer pressed.
type Press struct {
	At    time.Time `json:"at"`
	Slot  int       `json:"slot"`  // 0 for the cancel key
	Taken bool      `json:"taken"` // the host acknowledged it
}

// Tally is what an auditor compares for one slot.
type Tally struct {
	Commands int `json:"commands"` // on the wire
	Turns    int `json:"turns"`    // of the motor, service tests included
	Drops    int `json:"drops"`
}

// Counters count frames.
type Counters struct {
	Polls    int               `json:"polls"`
	Acks     int               `json:"acks"`     // of the host, in their turn
	Data     int               `json:"data"`     // data frames of the board, repeats included
	Repeats  int               `json:"repeats"`  // ... of these
	GivenUp  int               `json:"given_up"` // data frames that nobody acknowledged
	Heard    map[string]int    `json:"heard"`    // commands by code in hex: "06"
	Late     int               `json:"late"`     // frames of the host out of turn, not obeyed
	Garbled  int               `json:"garbled"`  // stretches of bytes that were no frame
	Dropped  int               `json:"dropped"`  // repeated commands (DropRepeats)
	Breaches []string          `json:"breaches"` // what the host did against the protocol, at most 100
	Faults   map[FaultKind]int `json:"faults"`   // how often each kind struck
}

// answersKept is how many of the host's answers the books remember.
const answersKept = 10_000

// books are what happened, whatever was reported.
type books struct {
	answers  []time.Duration // of the newest POLLs, the time until the host's first byte
	commands []Command
	drops    []Drop
	presses  []*Press
	turns    map[int]int
	jams     map[int]int // slot: so many of the next products will hang
	counters Counters
}

func newBooks() books {
	return books{
		turns:    map[int]int{},
		jams:     map[int]int{},
		counters: Counters{Heard: map[string]int{}, Faults: map[FaultKind]int{}},
	}
}

// enter notes a drive command before any fault can hide it. It returns its
// index, -1 for another frame.
func (b *books) enter(h heard) int {
	if h.bad || h.frame.cmd != cmdDrive {
		return -1
	}
	cmd := Command{At: h.at, PackNO: int(h.frame.pack)}
	if t := h.frame.text; len(t) == 4 {
		cmd.Drop, cmd.Slot = t[0] == 1, num(t[2:4])
	}
	b.commands = append(b.commands, cmd)
	return len(b.commands) - 1
}

func (b *books) enterTurn(v *vend, _ time.Time) {
	b.turns[v.slot]++
	if v.command >= 0 {
		b.commands[v.command].Turned = true
	}
}

func (b *books) enterDrop(v *vend, now time.Time) {
	b.drops = append(b.drops, Drop{At: now, Slot: v.slot, Command: v.command})
}

func (b *books) enterAnswer(after time.Duration) {
	if len(b.answers) == answersKept {
		b.answers = b.answers[1:]
	}
	b.answers = append(b.answers, after)
}

func (b *books) breach(format string, args ...any) {
	if len(b.counters.Breaches) < 100 {
		b.counters.Breaches = append(b.counters.Breaches, fmt.Sprintf(format, args...))
	}
}

func hex(b byte) string { return fmt.Sprintf("%02X", b) }

// Commands returns every drive command that reached the wire, oldest first.
func (c *Cabinet) Commands() []Command {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.commands)
}

// Drops returns every product that fell, oldest first.
func (c *Cabinet) Drops() []Drop {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.drops)
}

// Answers returns how long the host took to answer the newest ten thousand
// POLLs: from the POLL on the line to the first byte of the answer.
func (c *Cabinet) Answers() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.answers)
}

// Presses returns every key that was pressed, oldest first.
func (c *Cabinet) Presses() []Press {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pressed()
}

func (c *Cabinet) pressed() []Press {
	all := make([]Press, len(c.presses))
	for i, p := range c.presses {
		all[i] = *p
	}
	return all
}

// Tally returns commands, turns and drops for each slot that the cabinet has
// or a command named.
func (c *Cabinet) Tally() map[int]Tally {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tally()
}

func (c *Cabinet) tally() map[int]Tally {
	all := map[int]Tally{}
	for _, s := range c.slots {
		all[s.Number] = Tally{Turns: c.turns[s.Number]}
	}
	for _, x := range c.commands {
		t := all[x.Slot]
		t.Commands++
		all[x.Slot] = t
	}
	for _, x := range c.drops {
		t := all[x.Slot]
		t.Drops++
		all[x.Slot] = t
	}
	return all
}

// Counters returns the counts so far.
func (c *Cabinet) Counters() Counters {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counters.clone()
}

func (n Counters) clone() Counters {
	n.Heard, n.Faults = maps.Clone(n.Heard), maps.Clone(n.Faults)
	n.Breaches = slices.Clone(n.Breaches)
	return n
}

// State is the whole cabinet at one moment.
type State struct {
	Port     string        `json:"port"`
	Plugged  bool          `json:"plugged"`
	Powered  bool          `json:"powered"`
	Busy     bool          `json:"busy"`   // a motor turns
	Online   bool          `json:"online"` // the host answers
	DoorOpen bool          `json:"door_open"`
	Slots    []Slot        `json:"slots"`
	Tally    map[int]Tally `json:"tally"`
	Commands []Command     `json:"commands"` // the newest hundred
	Drops    []Drop        `json:"drops"`    // the newest hundred
	Presses  []Press       `json:"presses"`  // the newest hundred
	Faults   []FaultKind   `json:"faults"`   // armed
	Counters Counters      `json:"counters"`
}

// State returns a snapshot. Jammed and Sold of its slots are the board's own
// lists; what really fell is in the books.
func (c *Cabinet) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := State{
		Port: c.lastPath, Plugged: c.line != nil, Powered: c.powered,
		Busy: c.motor.now != nil, DoorOpen: c.door,
		Online:   c.line != nil && c.counters.Polls > 0 && c.link.unanswered == 0,
		Tally:    c.tally(),
		Commands: newest(c.commands), Drops: newest(c.drops), Presses: newest(c.pressed()),
		Faults: []FaultKind{}, Counters: c.counters.clone(),
	}
	if c.opt.Link != "" {
		s.Port = c.opt.Link
	}
	for _, x := range c.slots {
		s.Slots = append(s.Slots, *x)
		s.Slots[len(s.Slots)-1].Paused = c.paused(x)
	}
	for _, a := range c.faults {
		s.Faults = append(s.Faults, a.Kind)
	}
	if c.pauseAt >= 0 {
		s.Faults = append(s.Faults, Pause)
	}
	return s
}

func newest[T any](all []T) []T {
	return append([]T{}, all[max(0, len(all)-100):]...)
}
