package mdbtest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"kioskd/device/devicetest"
)

var _ devicetest.Played = (*Machine)(nil)

// Control serves the control API of a cabinet for this machine. Of its faults
// it has those that can befall an adapter; a door that opens switches cashless
// payment off.
func (m *Machine) Control() http.Handler { return devicetest.Control(m) }

// Press is a customer's choice. What is not for sale the machine refuses by
// itself, and the host hears nothing.
func (m *Machine) Press(item int) error {
	return m.onSlot(item, func(s *Slot) {
		if s.Paused || s.Stock == 0 {
			return
		}
		if m.vmc.phase == asking {
			m.vmc.cancel()
		}
		m.vmc.want = &wish{s, time.Now()}
	})
}

// Cancel is the machine's cancel key.
func (m *Machine) Cancel() {
	m.with(func() {
		if m.vmc.want = nil; m.vmc.phase == asking {
			m.vmc.cancel()
		}
	})
}

// JamNext lets the next product of the slot hang.
func (m *Machine) JamNext(item int) error {
	return m.onSlot(item, func(*Slot) { m.jams[item]++ })
}

// SetStock fills or empties a slot.
func (m *Machine) SetStock(item, stock int) error {
	if stock < 0 || stock > 255 {
		return fmt.Errorf("stock %d: write 0 to 255", stock)
	}
	return m.onSlot(item, func(s *Slot) { s.Stock = stock })
}

// SetPaused takes a slot out of the sale at the machine.
func (m *Machine) SetPaused(item int, paused bool) error {
	return m.onSlot(item, func(s *Slot) { s.Paused = paused })
}

// SetDoor opens or closes the machine's door.
func (m *Machine) SetDoor(open bool) { m.with(func() { m.off = open }) }

// Restart takes the machine's power away for BootTime.
func (m *Machine) Restart() { m.with(m.powerCycle) }

func (m *Machine) onSlot(item int, do func(*Slot)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.slot(item)
	if s == nil {
		return fmt.Errorf("this cabinet has no slot %d", item)
	}
	do(s)
	return nil
}

// Inject prepares a fault, for the next vend or the next message.
func (m *Machine) Inject(f devicetest.Fault) error {
	lasting := map[devicetest.FaultKind]*bool{devicetest.Mute: &m.wire.mute, devicetest.Silent: &m.wire.silent}[f.Kind]
	if lasting != nil {
		end := m.hold(lasting)
		if f.For > 0 {
			time.AfterFunc(f.For, end)
		}
		return nil
	}
	if f.Times > 1 || f.Chance > 0 || f.For > 0 {
		return errors.New("a simulated MDB machine has such a fault once: leave out times, chance and for_ms")
	}
	arm, ok := map[devicetest.FaultKind]func(*Trouble){
		devicetest.DropCommand:       func(t *Trouble) { t.LoseCommand = true },
		devicetest.LostResult:        func(t *Trouble) { t.LoseResult = true },
		devicetest.LostReports:       func(t *Trouble) { t.LoseReports = true },
		devicetest.DelayStatus:       func(t *Trouble) { t.Delay = f.Delay },
		devicetest.ExtraCode:         func(t *Trouble) { t.Extra = true },
		devicetest.ReplaceCode:       func(t *Trouble) { t.Odd = true },
		devicetest.WrongSlot:         func(t *Trouble) { t.Other = f.Other },
		devicetest.StrayResult:       func(t *Trouble) { t.Stray = f.Other },
		devicetest.RestartBeforeDrop: func(t *Trouble) { t.RestartBefore = true },
		devicetest.RestartAfterDrop:  func(t *Trouble) { t.RestartAfter = true },
		devicetest.Cut:               func(t *Trouble) { t.Cut = &Cut{f.Dir == devicetest.FromBoard, f.At} },
		devicetest.RepeatFrame:       func(*Trouble) { m.wire.twice++ },
		devicetest.Noise:             func(*Trouble) { m.wire.noise++ },
	}[f.Kind]
	if !ok {
		return fmt.Errorf("a simulated MDB machine cannot have the fault %q", f.Kind)
	}
	m.With(arm)
	return nil
}

// Clear takes back what has not struck.
func (m *Machine) Clear(kinds ...devicetest.FaultKind) {
	m.with(func() {
		if len(kinds) == 0 || slices.Contains(kinds, devicetest.Mute) {
			m.wire.mute = false
		}
		if len(kinds) == 0 || slices.Contains(kinds, devicetest.Silent) {
			m.wire.silent = false
		}
		if len(kinds) == 0 {
			m.next, m.wire.twice, m.wire.noise = Trouble{}, 0, 0
		}
	})
}

// State is the machine in the terms of a cabinet: its commands are approvals,
// its presses requests.
func (m *Machine) State() devicetest.State {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := devicetest.State{
		Port: m.wire.path, Plugged: m.wire.term != nil, Powered: m.vmc.phase != dead, Busy: m.vmc.phase == vending,
		DoorOpen: m.off, Online: m.vmc.phase >= ready && m.vmc.phase != dead,
		Tally:    map[int]devicetest.Tally{},
		Commands: newest(m.commands), Drops: newest(m.drops), Presses: newest(m.requests),
		Faults:   []devicetest.FaultKind{},
		Counters: devicetest.Counters{Polls: m.polls, Heard: map[string]int{}, Faults: map[devicetest.FaultKind]int{}, Breaches: slices.Clone(m.breaches)},
	}
	if m.opt.Link != "" {
		s.Port = m.opt.Link
	}
	for _, x := range m.slots {
		s.Slots = append(s.Slots, devicetest.Slot{Number: x.Number, Price: x.Price, Stock: x.Stock, Capacity: max(10, x.Stock), Product: x.Number, Paused: x.Paused})
		s.Tally[x.Number] = devicetest.Tally{}
	}
	count := func(item int, add func(*devicetest.Tally)) {
		t := s.Tally[item]
		add(&t)
		s.Tally[item] = t
	}
	for _, c := range m.commands {
		count(c.Slot, func(t *devicetest.Tally) { t.Commands++ })
	}
	for _, item := range m.turns {
		count(item, func(t *devicetest.Tally) { t.Turns++ })
	}
	for _, d := range m.drops {
		count(d.Slot, func(t *devicetest.Tally) { t.Drops++ })
	}
	return s
}

func newest[T any](all []T) []T { return append([]T{}, all[max(0, len(all)-100):]...) }
