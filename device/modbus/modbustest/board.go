package modbustest

import "time"

// Kind is a maker's family of boards.
type Kind int

// The families. A Module has inputs and registers, no relays.
const (
	Waveshare Kind = iota
	DAM
	R421
	Module
)

// BoardOptions are one board.
type BoardOptions struct {
	Addr           byte
	Kind           Kind
	Relays, Inputs int
	FlashOn        uint16 // DAM: the mode word that switches on for a time; the other does nothing here
	Linked         bool   // Waveshare: it comes with inputs that switch relays
}

// board is one board as it is now.
type board struct {
	BoardOptions
	bus       *Bus
	relays    []relay
	levels    []bool // of the inputs, without keys and beam
	registers map[uint16]uint16
}

type relay struct {
	on    bool
	turn  int // counts the switchings, so that timers of an old one do nothing
	stick bool
}

func newBoard(bus *Bus, o BoardOptions) *board {
	b := &board{BoardOptions: o, bus: bus, relays: make([]relay, o.Relays), levels: make([]bool, o.Inputs), registers: map[uint16]uint16{}}
	if o.Linked {
		b.registers[0x1000] = 1
	}
	return b
}

// order is what a frame would do.
type order struct {
	relay int // from 0
	pulse time.Duration
}

// pulseOf reads a pulse command, if the frame is one for this board.
func (b *board) pulseOf(f []byte) (order, bool) {
	at, value := int(f[2])<<8|int(f[3]), int(f[4])<<8|int(f[5])
	switch {
	case b.Kind == Waveshare && f[1] == 5 && at >= 0x200 && at < 0x200+b.Relays && value > 0 && value <= 0x7FFF:
		return order{at - 0x200, time.Duration(value) * 100 * time.Millisecond}, true
	case b.Kind == R421 && f[1] == 6 && at >= 1 && at <= b.Relays && f[4] == 6 && f[5] > 0:
		return order{at - 1, time.Duration(f[5]) * time.Second}, true
	case b.Kind == DAM && f[1] == 16 && value == 2 && at >= 3 && (at-3)%5 == 0 && (at-3)/5 < b.Relays:
		mode, tenths := int(f[7])<<8|int(f[8]), int(f[9])<<8|int(f[10])
		if mode == int(b.FlashOn) && tenths > 0 {
			return order{(at - 3) / 5, time.Duration(tenths) * 100 * time.Millisecond}, true
		}
	}
	return order{}, false
}

// obey executes a frame and returns the answer.
func (b *board) obey(f []byte) []byte {
	at, value := int(f[2])<<8|int(f[3]), int(f[4])<<8|int(f[5])
	switch f[1] {
	case 1:
		return b.states(f, at, value, len(b.relays), func(i int) bool { return b.relays[i].on })
	case 2:
		seen := b.bus.inputs(b)
		return b.states(f, at, value, len(b.levels), func(i int) bool { return seen[i] })
	case 3:
		return b.holding(f, at, value)
	case 5:
		return b.coil(f, at, value)
	case 6:
		return b.register(f, at, value)
	case 15:
		return b.coils(f, at, value)
	case 16:
		return b.flash(f)
	}
	return refuse(f, 1)
}

func refuse(f []byte, code byte) []byte { return sealed(f[0], f[1]|0x80, code) }

func echo(f []byte) []byte { return sealed(append([]byte(nil), f[:6]...)...) }

func (b *board) states(f []byte, at, n, have int, on func(int) bool) []byte {
	if b.Kind == R421 {
		return refuse(f, 1)
	}
	if n < 1 || at+n > have {
		return refuse(f, 2)
	}
	packed := make([]byte, (n+7)/8)
	for i := range n {
		if on(at + i) {
			packed[i/8] |= 1 << (i % 8)
		}
	}
	return sealed(append([]byte{f[0], f[1], byte(len(packed))}, packed...)...)
}

func (b *board) holding(f []byte, at, n int) []byte {
	text := []byte{f[0], f[1], byte(2 * n)}
	for i := at; i < at+n; i++ {
		value, ok := b.bus.sensed(b, i)
		if !ok && b.Kind == R421 && i >= 1 && i <= len(b.relays) {
			ok = true
			if b.relays[i-1].on {
				value = 1
			}
		}
		if !ok && b.Kind == Waveshare && b.Inputs > 0 && i >= 0x1000 && i < 0x1008 {
			value, ok = b.registers[uint16(i)], true
		}
		if !ok {
			return refuse(f, 2)
		}
		text = append(text, byte(value>>8), byte(value))
	}
	return sealed(text...)
}

func (b *board) coil(f []byte, at, value int) []byte {
	if b.Kind == R421 || b.Kind == Module {
		return refuse(f, 1)
	}
	if o, ok := b.pulseOf(f); ok {
		b.bus.drive(b, o)
		return echo(f)
	}
	switch {
	case b.Kind == Waveshare && at == 0xFF && value == 0:
		for i := range b.relays {
			b.release(i)
		}
	case at < len(b.relays) && value == 0:
		b.release(at)
	case at < len(b.relays) && value == 0xFF00:
		b.bus.breach("relay %d of board %d is switched on without a timer", at+1, b.Addr)
		b.bus.hold(b, at)
	case b.Kind == Waveshare && (value == 0x5500 || at == 0xFF):
		b.bus.breach("board %d gets a toggle, or all on", b.Addr)
	default:
		return refuse(f, 3)
	}
	return echo(f)
}

func (b *board) register(f []byte, at, value int) []byte {
	switch {
	case b.bus.setSensed(b, at, value):
	case b.Kind == Waveshare && b.Inputs > 0 && at >= 0x1000 && at < 0x1008:
		b.registers[uint16(at)] = uint16(value)
	case b.Kind == R421 && at >= 1 && at <= len(b.relays):
		if o, ok := b.pulseOf(f); ok {
			b.bus.drive(b, o)
			break
		}
		if value != 0x0200 {
			b.bus.breach("relay %d of board %d gets command %04X", at, b.Addr, value)
			break
		}
		b.release(at - 1)
	default:
		return refuse(f, 2)
	}
	return echo(f)
}

func (b *board) coils(f []byte, at, n int) []byte {
	if b.Kind == R421 || b.Kind == Module || at != 0 || n > len(b.relays) {
		return refuse(f, 2)
	}
	for i := range n {
		if f[7+i/8]>>(i%8)&1 == 1 {
			b.bus.breach("relay %d of board %d is switched on without a timer", i+1, b.Addr)
			b.bus.hold(b, i)
			continue
		}
		b.release(i)
	}
	return echo(f)
}

func (b *board) flash(f []byte) []byte {
	o, ok := b.pulseOf(f)
	if !ok && b.Kind != DAM {
		return refuse(f, 2)
	}
	if ok {
		b.bus.drive(b, o)
	}
	return echo(f)
}

// release switches a relay off, unless it is welded.
func (b *board) release(i int) {
	r := &b.relays[i]
	if r.stick {
		return
	}
	if r.on {
		r.turn++
	}
	r.on = false
}
