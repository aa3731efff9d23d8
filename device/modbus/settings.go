package modbus

import (
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"kioskd/sale"
)

// Settings is what an operator says about the boards and their wiring. Relays,
// inputs and registers are written as a number, or as board/number where there
// are two boards: 2/7 is number 7 of the board with address 2. Relays and
// inputs count from 1 as on the boards' terminals, registers from 0.
type Settings struct {
	Baud       int        `yaml:"baud"` // bits per second, 8N1
	Boards     []Board    `yaml:"boards"`
	Slots      []Slot     `yaml:"slots"`
	Cancel     []string   `yaml:"cancel"` // inputs that are on while the cancel key is pressed
	DropSensor DropSensor `yaml:"drop_sensor"`
	Door       Door       `yaml:"door"`
}

// Board is one device on the bus.
type Board struct {
	Address int    `yaml:"address"`
	Family  string `yaml:"family"` // waveshare, dam, r421, inputs
	Relays  int    `yaml:"relays"`
	Inputs  int    `yaml:"inputs"`
	// FlashMode is the mode word of a dam board that switches on and, after the
	// time, off: 2 or 4. Sources contradict each other, so there is no default.
	FlashMode int `yaml:"flash_mode"`
}

// Slot is a motor on a relay. The motor must stop by itself (a home switch in
// series), or the pulse must be exactly one turn.
type Slot struct {
	Slot  sale.Slot     `yaml:"slot"`
	Relay string        `yaml:"relay"`
	Pulse time.Duration `yaml:"pulse"` // how long the relay is on
	Key   []string      `yaml:"key"`   // inputs that are on while the slot's key is pressed: one, or row and column
}

// DropSensor watches the products of all slots fall.
type DropSensor struct {
	Kind     string        `yaml:"kind"`     // none, level, latch, counter
	Input    string        `yaml:"input"`    // the sensor itself: it must be clear before a vend
	Blocked  string        `yaml:"blocked"`  // on or off: the input while something is in the beam
	Hold     time.Duration `yaml:"hold"`     // level: for how long the input shows even the shortest drop
	Register string        `yaml:"register"` // counter: counts drops. latch: not 0 after a drop, until 0 is written
	Fall     time.Duration `yaml:"fall"`     // how long after the pulse a product may still fall
}

// Door is a switch at the door. Nothing is sold while it is open.
type Door struct {
	Input string `yaml:"input"`
	Open  string `yaml:"open"` // on or off: the input while the door is open
}

// The kinds of drop sensor.
const (
	sensorNone    = "none"
	sensorLevel   = "level"
	sensorLatch   = "latch"
	sensorCounter = "counter"
)

// DefaultSettings are without a board: nobody can guess one.
func DefaultSettings() Settings {
	return Settings{
		Baud:       9600,
		DropSensor: DropSensor{Kind: sensorNone, Blocked: "on", Fall: 2 * time.Second},
		Door:       Door{Open: "on"},
	}
}

const (
	mostBoards = 2
	mostInputs = 32
	pulseMost  = 60 * time.Second // longer than any motor needs for a product
	holdLeast  = 200 * time.Millisecond
	holdMost   = 5 * time.Second
	fallLeast  = 200 * time.Millisecond
	fallMost   = 10 * time.Second
)

var bauds = []int{1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 128000, 256000}

// Check reports every value that cannot be right: its yaml key, and what to
// write instead. There are no paths, so dir means nothing here.
func (s *Settings) Check(_ string, problem func(field, what string)) {
	s.plan(problem)
}

// point is a relay, an input or a register: the index of its board and its
// number as it is written.
type point struct{ board, n int }

// planned is a slot with its relay found.
type planned struct {
	slot  sale.Slot
	relay point
	pulse time.Duration
}

// plan is the settings with every name resolved.
type plan struct {
	slots    map[sale.Slot]planned
	keys     map[uint64]sale.BoardEvent // by the set of inputs that are on
	beam     point
	register point
	door     point
	used     map[int]bool // boards whose inputs are read
}

// planner finds points and remembers who has them.
type planner struct {
	*Settings
	problem func(field, what string)
	owner   map[string]string // "relay 1/3": the field that has it
	plan    plan
}

// plan checks the settings and resolves them. Where problem was called, the
// result is of no use.
func (s *Settings) plan(problem func(field, what string)) plan {
	p := planner{Settings: s, problem: problem, owner: map[string]string{}}
	p.plan = plan{slots: map[sale.Slot]planned{}, keys: map[uint64]sale.BoardEvent{}, used: map[int]bool{}}
	if !slices.Contains(bauds, s.Baud) {
		problem("baud", fmt.Sprintf("%d is no speed of these boards: write 9600, or another from 1200 to 256000 that the board is set to", s.Baud))
	}
	if p.boards() {
		p.slots()
		p.cancel()
		p.sensor()
		p.door()
	}
	return p.plan
}

func (p *planner) boards() bool {
	if n := len(p.Boards); n < 1 || n > mostBoards {
		p.problem("boards", fmt.Sprintf("%d boards are not possible: write 1 or %d", n, mostBoards))
		return false
	}
	good := true
	report := func(i int, key, what string) {
		p.problem(fmt.Sprintf("boards[%d].%s", i, key), what)
		good = false
	}
	for i := range p.Boards {
		p.board(i, report)
	}
	if len(p.Boards) == 2 && p.Boards[0].Address == p.Boards[1].Address {
		report(1, "address", fmt.Sprintf("boards[0] has address %d, too: give each board its own", p.Boards[1].Address))
	}
	return good
}

func (p *planner) board(i int, report func(i int, key, what string)) {
	b := p.Boards[i]
	f, relays := families[b.Family]
	if !relays && b.Family != inputs {
		report(i, "family", "not a family of boards: write waveshare, dam, r421 or inputs")
		return
	}
	alone := b.Family == dam && len(p.Boards) == 1
	if (b.Address < 1 || b.Address > 247) && !(alone && b.Address == 254) {
		report(i, "address", fmt.Sprintf("%d is out of range: write 1 to 247, or 254 for a dam board that is alone on its bus", b.Address))
	}
	switch {
	case relays && (b.Relays < 1 || b.Relays > f.most):
		report(i, "relays", fmt.Sprintf("%d is out of range: write 1 to %d, as many as the board has", b.Relays, f.most))
	case !relays && b.Relays != 0:
		report(i, "relays", "a board of the family inputs has none: write 0, or its family")
	}
	if b.Inputs < 0 || b.Inputs > mostInputs {
		report(i, "inputs", fmt.Sprintf("%d is out of range: write 0 to %d, as many as the board has", b.Inputs, mostInputs))
	}
	switch {
	case b.Family == dam && b.FlashMode != 2 && b.FlashMode != 4:
		report(i, "flash_mode", "write 2 or 4: unplug the motors and try which of them switches a relay on and, after the time, off again")
	case b.Family != dam && b.FlashMode != 0:
		report(i, "flash_mode", "only boards of the family dam have one: take it out")
	}
}

// find resolves a point and takes it for field.
func (p *planner) find(field, what, text string, count func(Board) int, first int) (point, bool) {
	at, ok := p.parse(text)
	if !ok {
		p.problem(field, fmt.Sprintf("not %s: write its number%s", what, p.notation()))
		return point{}, false
	}
	last := count(p.Boards[at.board]) + first - 1
	if last < first {
		p.problem(field, fmt.Sprintf("the board with address %d has no %ss", p.Boards[at.board].Address, bare(what)))
		return point{}, false
	}
	if at.n < first || at.n > last {
		p.problem(field, fmt.Sprintf("%d is out of range: write %d to %d", at.n, first, last))
		return point{}, false
	}
	return at, true
}

func bare(what string) string { return what[strings.Index(what, " ")+1:] }

func (p *planner) notation() string {
	if len(p.Boards) == 1 {
		return ", like 3"
	}
	return fmt.Sprintf(" behind the address of its board, like %d/3", p.Boards[1].Address)
}

// parse reads 7, or 2/7 with the address of a board.
func (p *planner) parse(text string) (point, bool) {
	board, number, both := strings.Cut(text, "/")
	if !both {
		board, number = strconv.Itoa(p.Boards[0].Address), text
		if len(p.Boards) > 1 {
			return point{}, false
		}
	}
	addr, err1 := strconv.ParseUint(board, 10, 8)
	n, err2 := strconv.ParseUint(number, 10, 16)
	i := slices.IndexFunc(p.Boards, func(b Board) bool { return b.Address == int(addr) })
	return point{i, int(n)}, err1 == nil && err2 == nil && i >= 0
}

// own takes a point for a field alone.
func (p *planner) own(field, what string, at point) bool {
	name := fmt.Sprintf("%s %d of the board with address %d", bare(what), at.n, p.Boards[at.board].Address)
	if first, taken := p.owner[name]; taken {
		p.problem(field, fmt.Sprintf("%s is in use already, by %s", name, first))
		return false
	}
	p.owner[name] = field
	return true
}

func (p *planner) slots() {
	if len(p.Slots) == 0 {
		p.problem("slots", "missing: write at least one")
	}
	for i, s := range p.Slots {
		field := func(key string) string { return fmt.Sprintf("slots[%d].%s", i, key) }
		if s.Slot < 1 || s.Slot > 9999 {
			p.problem(field("slot"), fmt.Sprintf("%d is out of range: write 1 to 9999", s.Slot))
		}
		if _, again := p.plan.slots[s.Slot]; again {
			p.problem(field("slot"), fmt.Sprintf("%d has a relay already: keep one of them", s.Slot))
		}
		at, ok := p.find(field("relay"), "a relay", s.Relay, func(b Board) int { return b.Relays }, 1)
		if ok && p.own(field("relay"), "a relay", at) {
			p.pulse(field("pulse"), at, s.Pulse)
		}
		p.plan.slots[s.Slot] = planned{s.Slot, at, s.Pulse}
		p.key(field("key"), s.Key, sale.Selected{Slot: s.Slot})
	}
}

func (p *planner) pulse(field string, at point, d time.Duration) {
	unit := families[p.Boards[at.board].Family].unit
	if d < unit || d > pulseMost || d%unit != 0 {
		p.problem(field, fmt.Sprintf("%v is out of range: write %v to %v in steps of %v", d, unit, pulseMost, unit))
	}
}

func (p *planner) cancel() { p.key("cancel", p.Cancel, sale.CancelPressed{}) }

func anInput(b Board) int { return b.Inputs }

// key takes the inputs of a key. Keys of a matrix share rows and columns, but
// no key may be part of another: pressing that one would pass through it.
func (p *planner) key(field string, texts []string, event sale.BoardEvent) {
	if len(texts) == 0 {
		return
	}
	if len(texts) > 2 {
		p.problem(field, fmt.Sprintf("%d inputs are too many: write one, or row and column", len(texts)))
		return
	}
	var set uint64
	for i, text := range texts {
		at, ok := p.find(fmt.Sprintf("%s[%d]", field, i), "an input", text, anInput, 1)
		if !ok {
			return
		}
		set |= mask(at)
		p.plan.used[at.board] = true
	}
	if bits.OnesCount64(set) < len(texts) {
		p.problem(field, "names the same input twice")
		return
	}
	for _, other := range slices.Sorted(maps.Keys(p.plan.keys)) {
		e := p.plan.keys[other]
		if other&set == other || other&set == set {
			p.problem(field, fmt.Sprintf("cannot be told apart from %s: no key may have all inputs of another", keyName(e)))
			return
		}
	}
	p.plan.keys[set] = event
}

func keyName(e sale.BoardEvent) string {
	if s, ok := e.(sale.Selected); ok {
		return fmt.Sprintf("the key of slot %v", s.Slot)
	}
	return "the cancel key"
}

// mask is the bit of an input in the set of all.
func mask(at point) uint64 { return 1 << (at.board*mostInputs + at.n - 1) }

func (p *planner) single(field, text, level, levelField string) (point, bool) {
	if level != "on" && level != "off" {
		p.problem(levelField, "not a level of an input: write on or off")
	}
	at, ok := p.find(field, "an input", text, anInput, 1)
	if !ok {
		return point{}, false
	}
	for _, set := range slices.Sorted(maps.Keys(p.plan.keys)) {
		if set&mask(at) != 0 {
			p.problem(field, fmt.Sprintf("the input is in use already, by %s", keyName(p.plan.keys[set])))
			return point{}, false
		}
	}
	p.plan.used[at.board] = true
	return at, p.own(field, "an input", at)
}

func (p *planner) sensor() {
	s := p.DropSensor
	if !slices.Contains([]string{sensorNone, sensorLevel, sensorLatch, sensorCounter}, s.Kind) {
		p.problem("drop_sensor.kind", "not a kind of drop sensor: write none, level, latch or counter")
		return
	}
	if s.Kind == sensorNone {
		return
	}
	p.plan.beam, _ = p.single("drop_sensor.input", s.Input, s.Blocked, "drop_sensor.blocked")
	if s.Kind == sensorLevel && (s.Hold < holdLeast || s.Hold > holdMost) {
		p.problem("drop_sensor.hold", fmt.Sprintf("%v is out of range: write %v to %v, as the sensor is set; a shorter signal would be missed", s.Hold, holdLeast, holdMost))
	}
	if s.Fall < fallLeast || s.Fall > fallMost {
		p.problem("drop_sensor.fall", fmt.Sprintf("%v is out of range: write %v to %v", s.Fall, fallLeast, fallMost))
	}
	if s.Kind != sensorLevel {
		at, ok := p.find("drop_sensor.register", "a register", s.Register, func(Board) int { return 1 << 16 }, 0)
		if b := p.Boards[max(0, at.board)]; ok && s.Kind == sensorLatch && b.Family != inputs && at.n < linkage {
			p.problem("drop_sensor.register", fmt.Sprintf("a latch is cleared by a write, and the board with address %d may drive a relay with that register: write one from %d on, or one of a board of the family inputs", b.Address, linkage))
		}
		p.plan.register = at
	}
}

func (p *planner) door() {
	if p.Door.Input != "" {
		p.plan.door, _ = p.single("door.input", p.Door.Input, p.Door.Open, "door.open")
	}
}
