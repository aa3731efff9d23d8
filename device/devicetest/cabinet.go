package devicetest

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Options describe a cabinet. The zero value of a field is its default.
type Options struct {
	Slots []Slot // at least one; numbers 1 to 999, no two the same
	// Link is a symbolic link to make for the pty, so that it can be unplugged
	// and plugged again under one name.
	Link string

	PollEvery    time.Duration // 200 ms
	AnswerWithin time.Duration // 100 ms: what the host sends later is not heard
	VendTime     time.Duration // 1.5 s from the command to its result; the product falls after 3/5 of it
	BootTime     time.Duration // 1 s without power in a Restart

	CheckLen    int  // LEN of 01 that is answered: 3, 4, or 0 for both
	DropRepeats bool // the board drops a repeated command (same CMD and PackNO) instead of obeying again
	NoCounter   bool // 06 does not raise the sales counters (menu 47)
	NoSensor    bool // no drop sensor: every turn of a motor is a success
	ShortStatus bool // 04 comes without its last byte
	JamPauses   bool // a jam pauses its slot until the jam list is cleared (menu 27)
	Oven        bool // a product is heated: after 02 come 22, 23 and, at the end, 24
	NewFirmware bool // 52 ends with two more bytes: product in the lift, delivery door

	Seed uint64       // for faults by chance and for noise
	Log  *slog.Logger // nil logs nothing
}

// Slot is one column of products.
type Slot struct {
	Number   int  `json:"number"`
	Price    int  `json:"price"` // fen
	Stock    int  `json:"stock"`
	Capacity int  `json:"capacity"` // default: the first Stock, at least 10
	Product  int  `json:"product"`  // number of the product in the board's menu
	Paused   bool `json:"paused"`
	Jammed   bool `json:"jammed"` // in the board's jam list
	Sold     int  `json:"sold"`   // sales counter of the board (menu 47)
	Taken    int  `json:"taken"`  // ... and its amount in fen
}

// Cabinet is a running machine. All methods may be called by any goroutine.
type Cabinet struct {
	opt Options
	log *slog.Logger

	rx   chan heard
	wake chan struct{}
	stop chan struct{}
	done sync.WaitGroup
	once sync.Once

	mu       sync.Mutex
	rng      *rand.Rand
	line     *line // nil while unplugged
	lastPath string
	link     link
	motor    motor
	slots    []*Slot
	door     bool
	lift     byte // what 54 says: 0 is well, 1 a product is in it
	powered  bool
	life     int // raised when the board loses power: what was due is void
	trays    map[byte]byte
	vends    int // finished
	pauseAt  int // vends after which every slot is paused, -1 for never
	due      []step
	faults   []*armed
	cutAfter int // bytes the board may still send, -1 for no cut armed
	cutFault Fault
	books
}

// step is something that the board or the machine will do.
type step struct {
	at   time.Time
	life int // 0: happens with or without power
	do   func(now time.Time)
}

var (
	errNoLink = errors.New("this cabinet has no link: a cable that was pulled would come back under another name")
	errClosed = errors.New("the cabinet is closed")
)

// Start makes the pty and switches the board on. Close it.
func Start(o Options) (*Cabinet, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	c := &Cabinet{
		opt: o, log: o.Log,
		rx: make(chan heard, 64), wake: make(chan struct{}, 1), stop: make(chan struct{}),
		rng:      rand.New(rand.NewPCG(o.Seed, 0xFAFB)),
		trays:    map[byte]byte{},
		pauseAt:  -1,
		cutAfter: -1,
		books:    newBooks(),
	}
	for _, s := range o.Slots {
		c.slots = append(c.slots, &s)
	}
	if err := c.plug(); err != nil {
		return nil, err
	}
	c.boot(time.Now())
	c.done.Go(c.run)
	return c, nil
}

func (o *Options) fill() error {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&o.PollEvery, 200*time.Millisecond)
	def(&o.AnswerWithin, 100*time.Millisecond)
	def(&o.VendTime, 1500*time.Millisecond)
	def(&o.BootTime, time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if len(o.Slots) == 0 {
		return errors.New("a cabinet needs at least one slot")
	}
	if o.CheckLen != 0 && o.CheckLen != 3 && o.CheckLen != 4 {
		return fmt.Errorf("CheckLen is %d: use 3, 4 or 0 for both", o.CheckLen)
	}
	o.Slots = slices.Clone(o.Slots)
	seen := map[int]bool{}
	for i := range o.Slots {
		s := &o.Slots[i]
		if s.Capacity == 0 {
			s.Capacity = max(10, s.Stock)
		}
		switch {
		case s.Number < 1 || s.Number > 999:
			return fmt.Errorf("slot %d: numbers go from 1 to 999", s.Number)
		case seen[s.Number]:
			return fmt.Errorf("slot %d is listed twice", s.Number)
		case s.Stock < 0 || s.Stock > 255 || s.Capacity > 255 || s.Capacity < s.Stock:
			return fmt.Errorf("slot %d: stock %d of %d: the board counts from 0 to 255", s.Number, s.Stock, s.Capacity)
		}
		seen[s.Number] = true
	}
	return nil
}

// Path is what a driver opens: the link, or the pty where there is none.
func (c *Cabinet) Path() string {
	if c.opt.Link != "" {
		return c.opt.Link
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lastPath
}

// Close switches the cabinet off, removes the link and waits until all of it
// has ended. It may be called more than once. The books stay readable.
func (c *Cabinet) Close() error {
	c.once.Do(func() { close(c.stop) })
	c.done.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unplug()
	return nil
}

// run is the board: the only goroutine besides the line's reader.
func (c *Cabinet) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-c.stop:
			return
		case h := <-c.rx:
			c.mu.Lock()
			c.receive(h)
			c.mu.Unlock()
		case <-c.wake:
		case <-timer.C:
		}
		c.mu.Lock()
		c.runDue(time.Now())
		next := c.turn(time.Now())
		if len(c.due) > 0 && c.due[0].at.Before(next) {
			next = c.due[0].at
		}
		c.mu.Unlock()
		timer.Reset(time.Until(next))
	}
}

// kick makes the board look again at once.
func (c *Cabinet) kick() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// after plans a step of the board that a loss of power would prevent.
func (c *Cabinet) after(at time.Time, do func(now time.Time)) { c.plan(step{at, c.life, do}) }

// always plans a step that happens with or without power.
func (c *Cabinet) always(at time.Time, do func(now time.Time)) { c.plan(step{at, 0, do}) }

func (c *Cabinet) plan(s step) {
	c.due = append(c.due, s)
	slices.SortStableFunc(c.due, func(a, b step) int { return a.at.Compare(b.at) })
	c.kick()
}

func (c *Cabinet) runDue(now time.Time) {
	for len(c.due) > 0 && !c.due[0].at.After(now) {
		s := c.due[0]
		c.due = c.due[1:]
		if s.life == 0 || s.life == c.life {
			s.do(now)
		}
	}
}

// boot switches the board on: it tells that it started, which the host must
// answer with its own 31.
func (c *Cabinet) boot(time.Time) {
	c.powered = true
	c.life++
	c.link = link{pollEvery: c.opt.PollEvery}
	c.motor = motor{}
	c.send(cmdSync, nil)
}

// powerCycle cuts the board's power now and boots it after BootTime. What it
// was doing stops where it was; its counters and lists stay.
func (c *Cabinet) powerCycle(now time.Time) {
	c.powered = false
	c.life++
	c.link = link{pollEvery: c.opt.PollEvery}
	c.motor = motor{}
	c.after(now.Add(c.opt.BootTime), c.boot)
	c.log.Info("the board lost its power")
}

func (c *Cabinet) slot(n int) *Slot {
	for _, s := range c.slots {
		if s.Number == n {
			return s
		}
	}
	return nil
}

func (c *Cabinet) paused(s *Slot) bool {
	return s.Paused || s.Jammed && c.opt.JamPauses || c.pauseAt >= 0 && c.vends >= c.pauseAt
}
