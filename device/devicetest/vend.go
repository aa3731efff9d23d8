package devicetest

import "time"

// Status codes of 04 and 02 that the cabinet sends by itself.
const (
	stRunning    = 0x01
	stDone       = 0x02
	stJammed     = 0x03
	stNoMotor    = 0x06
	stHeating    = 0x22
	stHeatingFor = 0x23
	stTake       = 0x24
	stTerminated = 0xFF

	selNormal  = 0x01
	selSoldOut = 0x02
	selNone    = 0x03
	selPaused  = 0x04
)

// motor is what turns and what waits to turn: the board obeys every command it
// hears, one after the other.
type motor struct {
	now  *vend
	next []*vend
}

// vend is one command on its way.
type vend struct {
	slot    int
	command int // index into the books, -1 for a service test
	sensor  bool
	silent  bool // a service test reports nothing

	fell     bool
	noDrop   bool
	falseJam bool
	noCount  bool
	reports  reporting
}

// reporting is what the faults do to the 04 frames of one vend.
type reporting struct {
	mute, lost bool
	delay      time.Duration
	as         int // slot that is named
	stray      int // slot of a stray success, 0 for none
	extra      []byte
	replace    []byte
	trailing   []byte
}

// drive is the command 06.
func (c *Cabinet) drive(v *vend) {
	s := c.slot(v.slot)
	switch {
	case v.silent && (s == nil || c.motor.now != nil):
		// A service test needs an idle motor.
	case s == nil:
		c.status(v.slot, stNoMotor)
	case c.paused(s) && !v.silent:
		c.status(v.slot, stTerminated)
	case c.motor.now != nil:
		c.motor.next = append(c.motor.next, v)
	default:
		c.startVend(v, s)
	}
}

func (c *Cabinet) startVend(v *vend, s *Slot) {
	now := time.Now()
	c.motor.now = v
	c.enterTurn(v, now)
	_, v.noDrop = c.strikes(NoDrop, v.slot)
	_, v.falseJam = c.strikes(FalseJam, v.slot)
	_, v.noCount = c.strikes(NoCount, v.slot)
	v.reports = c.reporting(v.slot)
	if !v.silent {
		c.report(v, stRunning)
	}
	part := func(tenths int) time.Time { return now.Add(c.opt.VendTime * time.Duration(tenths) / 10) }
	if _, ok := c.strikes(RestartBeforeDrop, v.slot); ok {
		c.after(part(4), c.powerCycle)
	}
	c.after(part(6), func(now time.Time) { c.fall(v, s, now) })
	if _, ok := c.strikes(RestartAfterDrop, v.slot); ok {
		c.after(part(8), c.powerCycle)
	}
	c.after(part(10), func(time.Time) { c.finishVend(v, s) })
}

// reporting collects the faults that change what is said about this vend.
func (c *Cabinet) reporting(slot int) (r reporting) {
	r.as = slot
	_, r.mute = c.strikes(LostReports, slot)
	_, r.lost = c.strikes(LostResult, slot)
	if f, ok := c.strikes(DelayStatus, slot); ok {
		r.delay = f.Delay
	}
	if f, ok := c.strikes(WrongSlot, slot); ok {
		r.as = f.Other
	}
	if f, ok := c.strikes(StrayResult, slot); ok {
		r.stray = f.Other
	}
	code := func(k FaultKind) []byte {
		if f, ok := c.strikes(k, slot); ok {
			return []byte{f.Code}
		}
		return nil
	}
	r.extra, r.replace, r.trailing = code(ExtraCode), code(ReplaceCode), code(TrailingCode)
	return r
}

// fall is the moment at which the product comes off the spiral, or not.
func (c *Cabinet) fall(v *vend, s *Slot, now time.Time) {
	if s.Stock == 0 || v.noDrop {
		return
	}
	if c.jams[s.Number] > 0 {
		c.jams[s.Number]--
		return
	}
	s.Stock--
	v.fell = true
	c.enterDrop(v, now)
}

func (c *Cabinet) finishVend(v *vend, s *Slot) {
	c.vends++
	code := byte(stDone)
	if v.sensor && !c.opt.NoSensor && !v.fell || v.falseJam {
		code = stJammed
		s.Jammed = true
	} else if !c.opt.NoCounter && !v.noCount {
		s.Sold++
		s.Taken += s.Price
	}
	if !v.silent && c.opt.Oven && code == stDone {
		c.heat(v)
		return
	}
	if !v.silent {
		c.reportResult(v, code)
	}
	c.nextVend()
}

// heat is what an oven says until the product can be taken.
func (c *Cabinet) heat(v *vend) {
	now := time.Now()
	c.report(v, stDone)
	c.report(v, stHeating)
	c.after(now.Add(c.opt.VendTime/2), func(time.Time) { c.report(v, stHeatingFor) })
	c.after(now.Add(c.opt.VendTime), func(time.Time) {
		c.reportResult(v, stTake)
		c.nextVend()
	})
}

// nextVend lets the motor turn for the next command that it has.
func (c *Cabinet) nextVend() {
	c.motor.now = nil
	if len(c.motor.next) > 0 {
		next := c.motor.next[0]
		c.motor.next = c.motor.next[1:]
		c.drive(next)
	}
}

func (c *Cabinet) reportResult(v *vend, code byte) {
	r := v.reports
	if r.stray != 0 && !r.mute {
		c.status(r.stray, stDone)
	}
	for _, x := range r.extra {
		c.report(v, x)
	}
	for _, x := range r.replace {
		code = x
	}
	if !r.lost {
		c.report(v, code)
	}
	for _, x := range r.trailing {
		c.report(v, x)
	}
}

// report sends an 04 of a vend, as far as the faults let it.
func (c *Cabinet) report(v *vend, code byte) {
	if v.reports.mute {
		return
	}
	o := c.status(v.reports.as, code)
	if v.reports.delay > 0 {
		o.notBefore = time.Now().Add(v.reports.delay)
	}
}

// status queues an 04.
func (c *Cabinet) status(slot int, code byte) *outgoing {
	text := append([]byte{code}, be16(slot)...)
	if !c.opt.ShortStatus {
		text = append(text, 0)
	}
	return c.send(cmdStatus, text)
}

// selection is the state of a slot as 02 tells it.
func (c *Cabinet) selection(n int) byte {
	s := c.slot(n)
	switch {
	case s == nil:
		return selNone
	case c.paused(s):
		return selPaused
	case s.Stock == 0:
		return selSoldOut
	}
	return selNormal
}
