package modbus

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// beatEvery is how often a board is asked that has no inputs in use, and a
// counter while nothing is dispensed.
const beatEvery = time.Second

// step is one round: all relays off if that is not certain, then a look at the
// inputs and the drop sensor. An error means that the round is not complete.
func (d *Dev) step(ctx context.Context) error {
	d.looked = time.Now()
	err := d.secure(ctx)
	if err == nil {
		err = d.poll(ctx)
	}
	d.account(ctx, err)
	return err
}

// account keeps what Health tells.
func (d *Dev) account(ctx context.Context, err error) {
	now := time.Now()
	switch {
	case err == nil:
		d.missed, d.reopens = 0, now
		d.trouble.Store(nil)
		d.heard.Store(&now)
		return
	case ctx.Err() != nil:
		return
	}
	d.breaks++
	d.blame(err)
	if d.missed++; d.missed == goneAfter && d.ready.Load() {
		d.log.Warn("a relay board does not answer", "error", err)
		d.ready.Store(false)
	}
	if d.life.Line.Err() != nil {
		d.reopens = now
	} else if now.Sub(d.reopens) > device.ReopenAfter {
		d.reopens = now
		d.life.Reopen()
	}
}

// blame keeps a fault that is not silence for Health.
func (d *Dev) blame(err error) {
	if errors.Is(err, errEcho) {
		d.trouble.Store(&sale.Fault{
			Code: sale.CodeSerialOther, What: "the adapter on " + d.life.Board.Path + " repeats what is written to it",
			Hint: "switch its echo off: an echo looks like a relay board that obeys",
		})
	}
	if f, ok := errors.AsType[*sale.Fault](err); ok && f.Code == sale.CodeBoardFault {
		d.trouble.Store(f)
	}
	if x, ok := errors.AsType[*Exception](err); ok {
		d.trouble.Store(&sale.Fault{
			Code: sale.CodeBoardFault, What: "a relay board on " + d.life.Board.Path + " refuses what its family must know", Err: x,
			Hint: "check family, relays and inputs of the boards in the configuration",
		})
	}
}

// secure switches all relays off, and makes sure that they are, before
// anything else after the port was opened or a board was away.
func (d *Dev) secure(ctx context.Context) error {
	if err := d.connect(); err != nil {
		return err
	}
	if d.ready.Load() {
		return nil
	}
	for i := range d.settings.Boards {
		if err := d.off(ctx, i); err != nil {
			return err
		}
	}
	for i, b := range d.settings.Boards {
		if err := d.unlink(ctx, b); err != nil {
			return err
		}
		for n := range b.Relays {
			if err := d.mustBeOff(ctx, point{i, n + 1}); err != nil {
				return err
			}
		}
	}
	d.ready.Store(true)
	d.log.Info("all relays are off", "boards", len(d.settings.Boards))
	return nil
}

// connect opens the port if it is not open.
func (d *Dev) connect() error {
	if d.life.Line.Err() != nil || d.life.Line.Session() == 0 {
		if _, err := d.life.Line.Read(make([]byte, 1), 50*time.Millisecond); err != nil {
			d.ready.Store(false)
			return err
		}
	}
	if s := d.life.Line.Session(); s != d.bus.session {
		d.bus.session, d.missed, d.reopens = s, 0, time.Now()
		d.breaks++
		d.ready.Store(false)
	}
	return nil
}

// off switches all relays of a board off. This write may be repeated.
func (d *Dev) off(ctx context.Context, board int) error {
	b := d.settings.Boards[board]
	f, relays := families[b.Family]
	if !relays {
		return nil
	}
	for _, r := range f.off(byte(b.Address), b.Relays) {
		if _, err := d.bus.ask(ctx, r); err != nil {
			return fmt.Errorf("switch off the relays of the board with address %d: %w", b.Address, err)
		}
	}
	return nil
}

// unlink forbids a Waveshare board with inputs to switch relays by itself: a
// customer's key would run a motor. A board that has no such registers has no
// such modes.
func (d *Dev) unlink(ctx context.Context, b Board) error {
	if b.Family != waveshare || b.Inputs == 0 {
		return nil
	}
	addr, n := byte(b.Address), min(b.Relays, 8)
	modes, err := d.bus.ask(ctx, ReadRegisters(addr, linkage, uint16(n)))
	if x, ok := errors.AsType[*Exception](err); ok && x.beforehand() {
		return nil
	}
	for i := 0; err == nil && i < n; i++ {
		if binary.BigEndian.Uint16(modes[2*i:]) != 0 {
			d.log.Warn("an input was set to switch a relay by itself; that is switched off", "board", b.Address, "relay", i+1)
			_, err = d.bus.ask(ctx, WriteRegister(addr, linkage+uint16(i), 0))
		}
	}
	if err != nil {
		return fmt.Errorf("take the relays of the board with address %d from its inputs: %w", b.Address, err)
	}
	return nil
}

// isOn asks for the state of a relay.
func (d *Dev) isOn(ctx context.Context, at point) (bool, error) {
	b := d.settings.Boards[at.board]
	f := families[b.Family]
	data, err := d.bus.ask(ctx, f.state(byte(b.Address), at.n))
	if err != nil {
		return false, fmt.Errorf("ask for the state of %s: %w", d.relayName(at), err)
	}
	return f.isOn(data), nil
}

func (d *Dev) relayName(at point) string {
	return fmt.Sprintf("relay %d of the board with address %d", at.n, d.settings.Boards[at.board].Address)
}

func (d *Dev) mustBeOff(ctx context.Context, at point) error {
	on, err := d.isOn(ctx, at)
	if err == nil && on {
		return boardFault(d.relayName(at)+" is on and does not switch off", "cut the power of the motors, then look for what holds the relay")
	}
	return err
}

// poll looks at the inputs of all boards and at the drop sensor.
func (d *Dev) poll(ctx context.Context) error {
	now := time.Now()
	due := now.Sub(d.beat) >= beatEvery || d.busy()
	for i, b := range d.settings.Boards {
		if err := d.pollBoard(ctx, i, b, due); err != nil {
			return err
		}
	}
	if e := d.keypad.look(d.levels); e != nil {
		d.life.Emit(e)
	}
	if open := d.level(d.plan.door, d.settings.Door.Open); d.settings.Door.Input != "" && d.doorway.look(open) {
		d.log.Info("the machine's door", "open", open)
		d.life.Emit(sale.DoorMoved{Open: open})
	}
	d.sensor.see(d.blocked(), time.Now())
	if !due {
		return nil
	}
	d.beat = now
	// Nobody may be waiting for the end of a pulse any more.
	if v := d.last; v != nil && !v.isOff && now.After(v.end()) {
		if err := d.follow(ctx, v); err != nil {
			return err
		}
	}
	return d.count(ctx)
}

func (d *Dev) pollBoard(ctx context.Context, i int, b Board, due bool) error {
	if !d.plan.used[i] {
		if !due {
			return nil
		}
		if b.Relays > 0 {
			_, err := d.isOn(ctx, point{i, 1})
			return err
		}
		return nil
	}
	data, err := d.bus.ask(ctx, ReadInputs(byte(b.Address), 0, uint16(b.Inputs)))
	if err != nil {
		return fmt.Errorf("read the inputs of the board with address %d: %w", b.Address, err)
	}
	for n, on := range unpack(data, b.Inputs) {
		bit := mask(point{i, n + 1})
		d.levels &^= bit
		if on {
			d.levels |= bit
		}
	}
	d.door.Store(d.level(d.plan.door, d.settings.Door.Open))
	return nil
}

// DoorOpen is whether the door was open when its input was read last, if the
// settings name one.
func (d *Dev) DoorOpen() (open, known bool) {
	return d.door.Load(), d.plan.door.n > 0 && d.heard.Load() != nil
}

// level reports whether an input has the level that the settings name.
func (d *Dev) level(at point, level string) bool {
	return at.n > 0 && (d.levels&mask(at) != 0) == (level == "on")
}

// farewell switches all relays off when the driver ends.
func (d *Dev) farewell() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if d.connect() != nil {
		return
	}
	for i := range d.settings.Boards {
		for range 2 {
			if err := d.off(ctx, i); err == nil {
				break
			} else if ctx.Err() == nil {
				d.log.Warn("the relays are not known to be off", "error", err)
			}
		}
	}
}
