package devicetest

const (
	menuDecimals = 0x10
	menuSensor   = 0x24
	menuJams     = 0x32
	menuMotors   = 0x33
	menuTest     = 0x38
	menuSlots    = 0x41
	menuSlot     = 0x42
	menuSold     = 0x47

	menuRead, menuWrite = 0, 1
	wholeMachine        = 100
)

// menu answers 70 with the text of a 71, or nil for what the board does not
// know.
func (c *Cabinet) menu(text []byte) []byte {
	if len(text) < 2 {
		c.breach("command 70 has LEN %d instead of 3 or more", len(text)+1)
		return nil
	}
	kind, op, args := text[0], text[1], text[2:]
	head := []byte{kind, op}
	switch {
	case kind == menuDecimals && op == menuRead:
		return append(head, 2)
	case kind == menuSensor && op == menuRead && len(args) == 1:
		return append(head, c.trays[args[0]])
	case kind == menuSensor && op == menuWrite && len(args) == 2:
		c.trays[args[0]] = args[1]
		return append(head, 0)
	case kind == menuJams && op == menuRead:
		return append(append(head, c.jamList()...), 0)
	case kind == menuJams && op == menuWrite:
		for _, s := range c.slots {
			s.Jammed = false
		}
		return append(head, 0)
	case kind == menuMotors:
		return append(head, 0)
	case kind == menuTest && op == menuWrite && len(args) == 3:
		return append(head, c.serviceTest(args))
	case kind == menuSlots && op == menuRead:
		return append(head, c.slotList()...)
	case kind == menuSlot && op == menuRead && len(args) == 2:
		return c.slotMenu(head, num(args))
	case kind == menuSold && op == menuRead && len(args) == 2:
		return c.soldMenu(head, num(args))
	}
	return nil
}

func (c *Cabinet) jamList() []byte {
	list := []byte{0}
	for _, s := range c.slots {
		if s.Jammed && len(list) < maxText-6 {
			list[0]++
			list = append(list, be16(s.Number)...)
		}
	}
	return list
}

func (c *Cabinet) serviceTest(args []byte) byte {
	slot := num(args[1:])
	if c.slot(slot) == nil {
		return 2
	}
	if args[0] == 1 {
		c.drive(&vend{slot: slot, command: -1, silent: true})
	}
	return 0
}

// slotList is the count and the numbers of the selections. The document leaves
// its layout unclear.
func (c *Cabinet) slotList() []byte {
	list := be16(len(c.slots))
	for _, s := range c.slots {
		if len(list) < maxText-4 {
			list = append(list, be16(s.Number)...)
		}
	}
	return list
}

func (c *Cabinet) slotMenu(head []byte, n int) []byte {
	s := c.slot(n)
	if s == nil {
		return nil
	}
	b := append(head, be32(s.Price)...)
	b = append(append(b, be16(s.Stock)...), byte(s.Capacity))
	b = append(append(b, be16(s.Product)...), 0)
	return append(b, bit(c.opt.NoSensor), bit(!c.opt.JamPauses), 0)
}

func (c *Cabinet) soldMenu(head []byte, n int) []byte {
	s := c.slot(n)
	if s == nil {
		return nil
	}
	return append(append(head, be32(s.Sold)...), be32(s.Taken)...)
}
