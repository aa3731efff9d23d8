package devicetest

import "time"

// driveSlot is the selection of a 06, empty if the frame is malformed.
func (f frame) driveSlot() []byte {
	if len(f.text) != 4 {
		return nil
	}
	return f.text[2:4]
}

// wantText is the length of TEXT of each command with a fixed one. 01 is
// checked apart.
var wantText = map[byte]int{
	cmdBuy: 2, cmdKey: 2, cmdDrive: 4, cmdPrice: 6, cmdStock: 3, cmdCapacity: 3, cmdProduct: 4,
	cmdInterval: 1, cmdChange: 0, cmdSync: 0, cmdMachine: 0, cmdLift: 0,
}

// execute obeys an acknowledged command. A command that the board does not
// know, or whose length is wrong, has no effect.
func (c *Cabinet) execute(f frame, id int) {
	if want, ok := wantText[f.cmd]; ok && want != len(f.text) {
		c.breach("command %02X has LEN %d instead of %d", f.cmd, len(f.text)+1, want+1)
		return
	}
	switch f.cmd {
	case cmdCheck:
		c.check(f)
	case cmdBuy:
		c.send(cmdState, append([]byte{c.selection(num(f.text))}, f.text...))
	case cmdDrive:
		c.commands[id].Heard = true
		c.drive(&vend{slot: num(f.text[2:4]), command: id, sensor: f.text[0] == 1 || c.trays[wholeMachine] == 1})
	case cmdPrice, cmdStock, cmdCapacity, cmdProduct:
		c.set(f)
	case cmdInterval:
		c.link.pollEvery = time.Duration(min(max(f.text[0], 1), 20)) * 100 * time.Millisecond
	case cmdChange:
		c.send(cmdChanged, make([]byte, 8))
	case cmdSync:
		for _, s := range c.slots {
			c.sendSlot(s)
		}
	case cmdMachine:
		c.send(cmdMachined, c.machine())
	case cmdLift:
		c.send(cmdLifted, []byte{c.lift})
	case cmdMenu:
		if data := c.menu(f.text); data != nil {
			c.send(cmdMenued, data)
		}
	}
}

// check answers 01. The document gives it LEN 4 for the three bytes it lists.
func (c *Cabinet) check(f frame) {
	n := len(f.text) + 1
	if n != 3 && n != 4 {
		c.breach("command 01 has LEN %d instead of 3 or 4", n)
		return
	}
	if c.opt.CheckLen != 0 && n != c.opt.CheckLen {
		return
	}
	slot := num(f.text[:2])
	state := c.selection(slot)
	if x, ok := c.strikes(CheckState, slot); ok {
		state = x.Code
	}
	c.send(cmdState, append([]byte{state}, be16(slot)...))
}

// sendSlot queues the report 11 of a slot.
func (c *Cabinet) sendSlot(s *Slot) {
	text := append(be16(s.Number), be32(s.Price)...)
	text = append(text, byte(s.Stock), byte(s.Capacity))
	text = append(text, be16(s.Product)...)
	paused := byte(0)
	if c.paused(s) {
		paused = 1
	}
	c.send(cmdSlot, append(text, paused))
}

// set obeys 12 to 15: selection 0 is all slots, 1000+n those of tray n (the
// tens of their numbers).
func (c *Cabinet) set(f frame) {
	slot, value := num(f.text[:2]), num(f.text[2:])
	for _, s := range c.slots {
		if slot != 0 && slot != s.Number && slot != 1000+s.Number/10 {
			continue
		}
		switch f.cmd {
		case cmdPrice:
			s.Price = value
		case cmdStock:
			s.Stock = value
		case cmdCapacity:
			s.Capacity = value
		case cmdProduct:
			s.Product = value
		}
	}
}

// machine is the text of 52: no bill acceptor nor card reader missing, 8
// degrees inside, the door, no change, no humidity.
func (c *Cabinet) machine() []byte {
	b := []byte{0, 0, 0, 0, 8, bit(c.door)}
	b = append(b, make([]byte, 8)...)
	b = append(b, "SIM0000001"...)
	b = append(b, 8)
	for len(b) < 24+16 {
		b = append(b, 0xAA)
	}
	if c.opt.NewFirmware {
		b = append(b, bit(c.lift == 1), bit(c.lift == 2))
	}
	return b
}

func bit(on bool) byte {
	if on {
		return 1
	}
	return 0
}
