package wvltest

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// Times of the board's motors and keys.
const (
	fallAfter = 40 * time.Millisecond
	turnTime  = 60 * time.Millisecond
	bootTime  = 50 * time.Millisecond
	keyAgain  = 250 * time.Millisecond
	keyTells  = 6
)

// entry is a record of the log.
type entry struct {
	n, token int64
	slot     int64
	state    string // "" while nothing is known
	ms       int64
}

// Board is a WVL/1 board in memory. Its methods may be called by any goroutine.
type Board struct {
	// Keep is how many records the log holds. Slots are 1 to Slots.
	Keep, Slots int

	mu      sync.Mutex
	out     func([]byte)
	input   []byte
	life    int  // counts the power cuts
	powered bool // else neither hears nor speaks

	// What outlives a power cut.
	log   uint32
	count int64
	logs  []entry
	boots int64

	// What does not.
	turning *entry
	started time.Time
	keys    []int64
	keyID   int64

	// Its people.
	empty, paused     map[int64]bool
	jams              bool
	cutBefore, cutAft bool
	tear              bool // a power cut tears the write of the intent

	// The books.
	turns []int64 // tokens, in the order in which a motor turned for them
	drops []int64
}

// NewBoard makes a board that has never been used: it has no log yet.
func NewBoard() *Board {
	return &Board{Keep: 32, Slots: 8, empty: map[int64]bool{}, paused: map[int64]bool{}}
}

// Start gives the board power. out takes what it says.
func (b *Board) Start(out func([]byte)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.out = out
	b.boot()
}

func (b *Board) boot() {
	b.powered = true
	b.boots++
	b.say("0 EV BOOT %d", b.boots)
}

// say sends a line. out is called with mu held: it must not call back.
func (b *Board) say(format string, a ...any) {
	line := pack(fmt.Sprintf(format, a...))
	b.out(line)
}

// later runs do after a while, unless the power was cut meanwhile.
func (b *Board) later(d time.Duration, do func()) {
	life := b.life
	time.AfterFunc(d, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.life == life && b.powered {
			do()
		}
	})
}

// Cut takes the power away for a moment. What turned stops where it is.
func (b *Board) Cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cut()
}

func (b *Board) cut() {
	if t := b.turning; t != nil && t.state == "" {
		t.state = "ABORTED"
	}
	b.life++
	b.powered = false
	b.turning, b.keys, b.input, b.keyID = nil, nil, nil, 0
	life := b.life
	time.AfterFunc(bootTime, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.life == life {
			b.boot()
		}
	})
}

// Input takes bytes of the host.
func (b *Board) Input(p []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.powered {
		return
	}
	var lines [][]byte
	lines, b.input = cutLines(append(b.input, p...))
	for _, l := range lines {
		if body, ok := unpack(l); ok {
			b.obey(strings.Split(body, " "))
		}
	}
}

func (b *Board) obey(w []string) {
	if _, ok := number(w[0]); !ok || len(w) < 2 {
		return
	}
	seq, arg := w[0], int64(0)
	if len(w) > 2 {
		arg, _ = number(w[2])
	}
	switch w[1] {
	case "HELLO":
		b.say("%s OK WVL/1 board=sim fw=1 slots=%d boot=%d log=%08X", seq, b.Slots, b.boots, b.log)
	case "STATUS":
		b.say("%s OK %d %s %s BOOT=%d", seq, arg, b.slotWord(arg), b.journal(), b.boots)
	case "RESULT":
		b.say("%s OK %s", seq, b.result(arg))
	case "VEND":
		b.vend(seq, w)
	case "GOT":
		if arg == b.keyID && len(b.keys) > 0 {
			b.keys = b.keys[1:]
			b.nextKey()
		}
	case "NEWLOG":
		if b.log == 0 {
			fmt.Sscanf(w[2], "%X", &b.log)
			b.count, b.logs = 0, nil
		}
		b.say("%s OK NEWLOG %s", seq, b.journal())
	default:
		b.say("%s NAK 0 ARG %s", seq, b.journal())
	}
}

func (b *Board) journal() string {
	return fmt.Sprintf("LOG=%08X N=%d HAS=%d", b.log, b.count, len(b.logs))
}

func (b *Board) find(token int64) *entry {
	for i := len(b.logs) - 1; i >= 0; i-- {
		if b.logs[i].token == token {
			return &b.logs[i]
		}
	}
	return nil
}

func (b *Board) result(token int64) string {
	e := b.find(token)
	if e == nil {
		return fmt.Sprintf("%d UNKNOWN %s", token, b.journal())
	}
	state := e.state
	if b.turning != nil && b.turning.token == token {
		state = "RUNNING"
	}
	return fmt.Sprintf("%d %s %d SLOT=%d I=%d %s", token, state, e.ms, e.slot, e.n, b.journal())
}

func (b *Board) slotWord(slot int64) string {
	switch {
	case slot > int64(b.Slots):
		return "NONE"
	case b.turning != nil:
		return "BUSY"
	case b.paused[slot]:
		return "CLOSED"
	case b.empty[slot]:
		return "EMPTY"
	}
	return "READY"
}

func (b *Board) vend(seq string, w []string) {
	var token, slot, drop, at int64
	var log uint32
	var crc uint16
	text := strings.Join(w[1:], " ")
	n, _ := fmt.Sscanf(text, "VEND %d %d DROP=%d LOG=%X AT=%d CRC=%X", &token, &slot, &drop, &log, &at, &crc)
	if n != 6 || crc != seal(text[:strings.LastIndexByte(text, ' ')]) || token == 0 {
		b.say("%s NAK 0 ARG %s", seq, b.journal())
		return
	}
	nak := func(why string) { b.say("%s NAK %d %s %s", seq, token, why, b.journal()) }
	e := b.find(token)
	switch word := b.slotWord(slot); {
	case b.log == 0 || log != b.log:
		nak("LOG")
	case e != nil && e.n <= at:
		nak("KNOWN")
	case e != nil && e.slot != slot:
		nak("OTHER")
	case e != nil:
		b.say("%s ACK %s", seq, b.result(token))
	case at > b.count || b.count-at > int64(len(b.logs)):
		nak("OLD")
	case word != "READY":
		nak(word)
	default:
		b.run(seq, token, slot, drop == 1)
	}
}

// run enters the vend in the log and turns the motor.
func (b *Board) run(seq string, token, slot int64, watch bool) {
	if b.tear {
		b.tear = false
		b.cut()
		return
	}
	b.count++
	b.logs = append(b.logs, entry{n: b.count, token: token, slot: slot})
	if len(b.logs) > b.Keep {
		b.logs = b.logs[1:]
	}
	e := &b.logs[len(b.logs)-1]
	b.turning, b.started = e, time.Now()
	b.turns = append(b.turns, token)
	b.say("%s ACK %s", seq, b.result(token))
	if b.cutBefore {
		b.cutBefore = false
		b.later(fallAfter/2, b.cut)
	}
	jam := b.jams
	b.jams = false
	b.later(fallAfter, func() {
		b.fall(e, jam, watch)
		b.later(turnTime-fallAfter, func() { b.home(e, watch) })
	})
}

func (b *Board) fall(e *entry, jam, watch bool) {
	if jam {
		return
	}
	b.drops = append(b.drops, e.token)
	if b.cutAft {
		// The power fails before the drop is written.
		b.cutAft = false
		b.cut()
		return
	}
	if watch {
		e.state, e.ms = "DROPPED", time.Since(b.started).Milliseconds()
	}
}

func (b *Board) home(e *entry, watch bool) {
	if e.state == "" {
		e.state, e.ms = "TURNED", time.Since(b.started).Milliseconds()
		if watch {
			e.state = "NODROP"
		}
	}
	b.turning = nil
	b.say("0 EV RESULT %s", b.result(e.token))
}

// Press is a customer's key: a slot, or 0 for cancel.
func (b *Board) Press(slot int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keys = append(b.keys, slot)
	if len(b.keys) == 1 {
		b.nextKey()
	}
}

func (b *Board) nextKey() {
	if len(b.keys) == 0 {
		return
	}
	b.keyID = b.keyID%65535 + 1
	b.tellKey(b.keyID, keyTells)
}

// tellKey repeats a press until the host has got it.
func (b *Board) tellKey(id int64, times int) {
	switch {
	case b.keyID != id || len(b.keys) == 0:
		return
	case times == 0:
		b.keys = b.keys[1:]
		b.nextKey()
		return
	}
	b.say("0 EV KEY %d ID=%d", b.keys[0], id)
	b.later(keyAgain, func() { b.tellKey(id, times-1) })
}

// Wipe clears the board's memory, as another EEPROM does.
func (b *Board) Wipe() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.log, b.count, b.logs, b.boots = 0, 0, nil, 0
	b.cut()
}

// Jam: the next product hangs. CutBefore, CutAfter: the power fails before or
// after it falls. Tear: it fails while the intent is being written.
func (b *Board) Jam()       { b.with(func() { b.jams = true }) }
func (b *Board) CutBefore() { b.with(func() { b.cutBefore = true }) }
func (b *Board) CutAfter()  { b.with(func() { b.cutAft = true }) }
func (b *Board) Tear()      { b.with(func() { b.tear = true }) }

// Empty and Pause: what the board knows of a slot.
func (b *Board) Empty(slot int64) { b.with(func() { b.empty[slot] = true }) }
func (b *Board) Pause(slot int64) { b.with(func() { b.paused[slot] = true }) }

func (b *Board) with(do func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	do()
}

// Turns and Drops are the books: the tokens for which a motor turned and a
// product fell, in their order.
func (b *Board) Turns() []int64 { return b.book(&b.turns) }
func (b *Board) Drops() []int64 { return b.book(&b.drops) }

func (b *Board) book(of *[]int64) []int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]int64(nil), *of...)
}

// Idle: nothing turns, and the board has power.
func (b *Board) Idle() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.powered && b.turning == nil
}
