package modbustest

import (
	"fmt"
	"slices"
	"time"
)

// drive switches a relay on for the time of the order, by the board's clock.
func (b *Bus) drive(x *board, o order) {
	v := b.next
	r := &x.relays[o.relay]
	r.turn++
	r.on, r.stick = true, v.Weld
	b.turns++
	b.pending++
	life, turn := b.life, r.turn
	runs := func() bool { return b.life == life && r.turn == turn && r.on }
	started := time.Now()
	at := func(tenths int, do func()) {
		time.Sleep(time.Until(started.Add(o.pulse * time.Duration(tenths) / 10)))
		b.mu.Lock()
		defer b.mu.Unlock()
		do()
	}
	fell := false
	go func() {
		at(4, func() { b.restart(v.Restart == 1) })
		at(6, func() {
			fell = runs() && !v.Jam
			b.fall(fell && v.FallLate == 0, v.Twice)
		})
		at(8, func() { b.restart(v.Restart == 2) })
		at(10, func() {
			if runs() && !v.Stick && !v.Weld {
				x.release(o.relay)
			}
		})
		time.Sleep(v.FallLate)
		at(10, func() {
			b.fall(fell && v.FallLate > 0, v.Twice)
			b.pending--
		})
	}()
}

func (b *Bus) restart(now bool) {
	if now {
		b.powerCycle()
	}
}

// hold switches a relay on for good, as a driver must not.
func (b *Bus) hold(x *board, i int) {
	x.relays[i].on = true
	x.relays[i].turn++
	b.turns++
}

func (b *Bus) after(d time.Duration, do func()) {
	time.AfterFunc(d, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		do()
	})
}

// fall is a product that passes the sensor, or two.
func (b *Bus) fall(falls, twice bool) {
	if !falls {
		return
	}
	b.drops++
	b.shade()
	b.fall(twice, false)
}

func (b *Bus) shade() {
	if b.powered {
		b.sense.count++
		b.sense.latch = true
		b.sense.until = time.Now().Add(b.opt.Sensor.Hold)
	}
}

// powerCycle takes the boards' power for a moment. The registers lose their
// values.
func (b *Bus) powerCycle() {
	b.powered = false
	b.life++
	b.sense.count, b.sense.latch, b.sense.until = 0, false, time.Time{}
	for _, x := range b.boards {
		for i := range x.relays {
			x.relays[i].on, x.relays[i].stick = false, false
		}
	}
	b.after(60*time.Millisecond, func() { b.powered = true })
}

// sensed is the register of the sensor, if it is that one.
func (b *Bus) sensed(x *board, at int) (uint16, bool) {
	s := b.opt.Sensor
	if x.Addr != s.Addr || at != s.Register || !s.Counts && !s.Latches {
		return 0, false
	}
	if s.Counts {
		return b.sense.count, true
	}
	if b.sense.latch {
		return 1, true
	}
	return 0, true
}

func (b *Bus) setSensed(x *board, at, value int) bool {
	s := b.opt.Sensor
	if !s.Latches || x.Addr != s.Addr || at != s.Register || value != 0 {
		return false
	}
	b.sense.latch = false
	return true
}

// people press keys, put hands into the beam and open the door.
type people struct {
	presses []int // keys that wait to be pressed
	looks   int   // intact looks at the inputs since the first of them was pressed
	session int
	// Held are inputs that are on, by address and number.
	held map[[2]int]bool
}

// A press lasts from the first to the sixth look at the inputs, and bounces; the
// next one comes four looks later. So a test does not depend on the time.
const (
	bounceLook  = 2
	releaseLook = 7
	nextLook    = 11
)

// Press presses a key of Options.Keys. Presses wait for each other.
func (b *Bus) Press(key int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.presses = append(b.presses, key)
}

// Hold sets an input, as a door or a finger on a key does.
func (b *Bus) Hold(addr byte, input int, on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held == nil {
		b.held = map[[2]int]bool{}
	}
	b.held[[2]int{int(addr), input}] = on
}

// Hand puts a hand into the beam and takes it away again.
func (b *Bus) Hand() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shade()
}

// inputs are the levels of a board now.
func (b *Bus) inputs(x *board) []bool {
	on := slices.Clone(x.levels)
	for at, is := range b.held {
		if at[0] == int(x.Addr) {
			on[at[1]-1] = is
		}
	}
	if s := b.opt.Sensor; x.Addr == s.Addr && s.Input > 0 && time.Now().Before(b.sense.until) {
		on[s.Input-1] = true
	}
	if x.Addr == b.opt.KeyBoard && len(b.presses) > 0 {
		for i, n := range b.opt.Keys[b.presses[0]] {
			// The second line of a matrix closes a look later.
			on[n-1] = b.looks >= i && b.looks != bounceLook && b.looks < releaseLook
		}
	}
	return on
}

// looked counts an answer about the inputs that left undamaged.
func (b *Bus) looked(f []byte) {
	if f[0] != b.opt.KeyBoard || f[1] != 2 || len(b.presses) == 0 {
		return
	}
	if b.looks++; b.looks == nextLook {
		b.presses, b.looks = b.presses[1:], 0
	}
}

// Silence takes the boards off the wire, or puts them back.
func (b *Bus) Silence(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.deaf = on
}

// Restart takes the power of the boards for a moment.
func (b *Bus) Restart() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.powerCycle()
}

// Noise damages the next n answers.
func (b *Bus) Noise(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.noisy = n
}

// Repeat doubles the next n answers.
func (b *Bus) Repeat(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.repeats = n
}

// Idle reports whether nothing turns or falls, and the boards are there.
func (b *Bus) Idle() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, x := range b.boards {
		for _, r := range x.relays {
			if r.on {
				return false
			}
		}
	}
	return b.powered && b.line != nil && b.pending == 0
}

// On reports whether a relay, from 1, is on.
func (b *Bus) On(addr byte, relay int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, x := range b.boards {
		if x.Addr == addr {
			return x.relays[relay-1].on
		}
	}
	return false
}

// Pulses is how many pulse commands were on the wire.
func (b *Bus) Pulses() int { return b.book(func() int { return b.pulses }) }

// Turns is how often a relay came on.
func (b *Bus) Turns() int { return b.book(func() int { return b.turns }) }

// Drops is how many products fell.
func (b *Bus) Drops() int { return b.book(func() int { return b.drops }) }

func (b *Bus) book(read func() int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return read()
}

// Frames are all intact frames of the host so far.
func (b *Bus) Frames() []Frame {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.frames)
}

// Breaches are what a driver did that it must never do.
func (b *Bus) Breaches() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.breaches)
}

func (b *Bus) breach(format string, args ...any) {
	b.breaches = append(b.breaches, fmt.Sprintf(format, args...))
}
