package modbus

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"
)

// provedFor is how long a product that was seen falling proves that the drop
// sensor works.
const provedFor = 24 * time.Hour

// sensor is what the drop sensor has shown.
type sensor struct {
	value   uint16 // of the register, or edges seen at the input
	counts  bool   // there is a register
	blocked bool
	seen    time.Time     // the last look at the input
	gap     time.Duration // the longest time between two looks since it was set to 0
	proved  time.Time
}

// see takes a look at the input.
func (s *sensor) see(blocked bool, now time.Time) {
	if !s.seen.IsZero() {
		s.gap = max(s.gap, now.Sub(s.seen))
	}
	if blocked && !s.blocked && !s.counts {
		s.value++
	}
	s.seen, s.blocked = now, blocked
}

// fell is how many products the sensor has seen since it stood at base. sure
// is false where the register went back: the board has lost its power.
func (d *Dev) fell(base uint16) (n int, sure bool) {
	now := d.sensor.value
	switch d.settings.DropSensor.Kind {
	case sensorLatch:
		if now != 0 && base == 0 {
			return 1, true
		}
		return 0, now == base
	case sensorCounter:
		n = int(now - base) // around 65535, too
		if n > dropsMost {
			return 0, false
		}
		return n, true
	}
	return int(now - base), true
}

// dropsMost is more than can fall in one vend: beyond it a counter was reset.
const dropsMost = 16

func (d *Dev) blocked() bool {
	return d.level(d.plan.beam, d.settings.DropSensor.Blocked)
}

// count brings sensor.value up to date.
func (d *Dev) count(ctx context.Context) error {
	if k := d.settings.DropSensor.Kind; k != sensorLatch && k != sensorCounter {
		return nil
	}
	at := d.plan.register
	addr := d.settings.Boards[at.board].Address
	data, err := d.bus.ask(ctx, ReadRegisters(byte(addr), uint16(at.n), 1))
	if err != nil {
		return fmt.Errorf("read the drop sensor's register %d of the board with address %d: %w", at.n, addr, err)
	}
	now := binary.BigEndian.Uint16(data)
	if d.settings.DropSensor.Kind == sensorCounter && now < d.sensor.value && int(now-d.sensor.value) > dropsMost {
		d.sensor.proved = time.Time{} // the board started anew: who knows what else changed
	}
	d.sensor.value = now
	return nil
}

// clear resets a latch and makes sure that it is reset.
func (d *Dev) clear(ctx context.Context) error {
	at := d.plan.register
	addr := byte(d.settings.Boards[at.board].Address)
	if _, err := d.bus.ask(ctx, WriteRegister(addr, uint16(at.n), 0)); err != nil {
		return fmt.Errorf("clear the drop sensor's latch: %w", err)
	}
	if err := d.count(ctx); err != nil {
		return err
	}
	if d.sensor.value != 0 {
		return boardFault("the drop sensor's latch cannot be cleared", "look for something in the beam, and check the register in the configuration")
	}
	return nil
}
