package devicetest

import (
	"fmt"
	"time"
)

// Press presses a product's number. The board tells the host with 05, unless
// it has no power. An error: there is no such slot.
func (c *Cabinet) Press(slot int) error {
	return c.onSlot(slot, func(*Slot) error {
		c.key(slot)
		return nil
	})
}

// Cancel presses the cancel key.
func (c *Cabinet) Cancel() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.key(0)
}

func (c *Cabinet) key(slot int) {
	p := &Press{At: time.Now(), Slot: slot}
	c.presses = append(c.presses, p)
	c.send(cmdKey, be16(slot)).arrived = func() { p.Taken = true }
}

// JamNext lets the next product of the slot hang. The motor turns all the same.
func (c *Cabinet) JamNext(slot int) error {
	return c.onSlot(slot, func(*Slot) error {
		c.jams[slot]++
		return nil
	})
}

// SetStock fills or empties a slot. The board knows and reports it.
func (c *Cabinet) SetStock(slot, stock int) error {
	return c.onSlot(slot, func(s *Slot) error {
		if stock < 0 || stock > 255 {
			return fmt.Errorf("stock %d: the board counts from 0 to 255", stock)
		}
		s.Stock = stock
		s.Capacity = max(s.Capacity, stock)
		c.sendSlot(s)
		return nil
	})
}

// SetPaused closes or opens a slot in the board's menu.
func (c *Cabinet) SetPaused(slot int, paused bool) error {
	return c.onSlot(slot, func(s *Slot) error {
		s.Paused = paused
		c.sendSlot(s)
		return nil
	})
}

func (c *Cabinet) onSlot(slot int, do func(*Slot) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.slot(slot)
	if s == nil {
		return fmt.Errorf("this cabinet has no slot %d", slot)
	}
	return do(s)
}

// SetDoor opens or closes the cabinet's door.
func (c *Cabinet) SetDoor(open bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.door = open
}

// SetLift says what the lift answers to 53: 0 it is well, 1 a product is in it,
// 2 the delivery door is not closed, 3 and 4 it has a fault.
func (c *Cabinet) SetLift(state int) error {
	if state < 0 || state > 4 {
		return fmt.Errorf("lift state %d: the board knows 0 to 4", state)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lift = byte(state)
	return nil
}

// Fill presses the button "fully loaded" behind the door: every slot has what
// it can hold, and the board says so.
func (c *Cabinet) Fill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.slots {
		s.Stock = s.Capacity
	}
	c.send(cmdFull, nil)
	for _, s := range c.slots {
		c.sendSlot(s)
	}
}

// Unplug pulls the serial cable: the pty hangs up and its link is gone. The
// board goes on by itself. An error: the cabinet was started without a Link.
func (c *Cabinet) Unplug() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.opt.Link == "" {
		return errNoLink
	}
	c.unplug()
	return nil
}

// Plug puts the cable back: the link points to a new pty. Without a cable
// pulled it does nothing.
func (c *Cabinet) Plug() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.stop:
		return errClosed
	default:
		return c.plug()
	}
}

// Restart cuts the board's power for BootTime. A motor stops where it is, what
// waited to be sent is lost, the PackNOs begin again; then the board sends 31.
// Stock, sales counters and jam list stay.
func (c *Cabinet) Restart() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.powerCycle(time.Now())
	c.kick()
}
