package devicetest

import (
	"os"
	"time"
)

// write puts bytes of the board on the line.
func (c *Cabinet) write(b []byte) {
	if _, ok := c.strikes(Noise, 0); ok {
		b = append(c.noise(), b...)
	}
	if c.cutAfter >= 0 && c.cutAfter <= len(b) {
		b = b[:c.cutAfter]
		if c.line != nil {
			c.line.Send(b)
			c.line.Drain()
		}
		c.pulled(c.cutFault)
		return
	}
	if c.cutAfter > 0 {
		c.cutAfter -= len(b)
	}
	if c.line != nil {
		c.line.Send(b)
	}
}

// noise is 1 to 12 stray bytes, one time in four with a false start.
func (c *Cabinet) noise() []byte {
	n := make([]byte, 1+c.rng.IntN(12))
	for i := range n {
		n[i] = byte(c.rng.IntN(256))
	}
	if c.rng.IntN(4) == 0 {
		n = append(n, stx1, stx2, byte(c.rng.IntN(256)))
	}
	return n
}

// spoil damages a data frame as the faults want it.
func (c *Cabinet) spoil(b []byte) []byte {
	if _, ok := c.strikes(HalfFrame, 0); ok {
		return b[:len(b)/2]
	}
	if _, ok := c.strikes(FlipBit, 0); ok {
		b[c.rng.IntN(len(b))] ^= 1 << c.rng.IntN(8)
	}
	return b
}

// cutHost pulls the cable in the middle of a drive command, or arms the cut of
// what follows. It reports whether the command ended there.
func (c *Cabinet) cutHost(f frame, id int) bool {
	x, ok := c.strikes(Cut, num(f.driveSlot()))
	if !ok {
		return false
	}
	if x.Dir == FromBoard {
		c.cutAfter, c.cutFault = x.At, x
		return false
	}
	c.pulled(x)
	if x.At >= len(f.bytes()) {
		c.execute(f, id)
	}
	return true
}

// pulled is the cable coming off.
func (c *Cabinet) pulled(x Fault) {
	c.cutAfter = -1
	c.unplug()
	if x.Delay > 0 {
		c.always(time.Now().Add(x.Delay), func(time.Time) {
			if err := c.plug(); err != nil {
				c.log.Error("plug after a cut", "error", err)
			}
		})
	}
}

// unplug hangs up the pty and takes its link away.
func (c *Cabinet) unplug() {
	if c.line == nil {
		return
	}
	c.line.close()
	c.line = nil
	if c.opt.Link != "" {
		os.Remove(c.opt.Link)
	}
}

// plug makes a new pty behind the link.
func (c *Cabinet) plug() error {
	if c.line != nil {
		return nil
	}
	l, err := openLine(c.rx)
	if err != nil {
		return err
	}
	if c.opt.Link != "" {
		if err := Publish(c.opt.Link, l.Path()); err != nil {
			l.close()
			return err
		}
	}
	c.line, c.lastPath = l, l.Path()
	return nil
}
