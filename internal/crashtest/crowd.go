package crashtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"kioskd/payment/paytest"
	"kioskd/sale"
)

// Habit is what a customer does with a code.
type Habit int

// The habits.
const (
	Pays     Habit = iota
	EnterPIN       // takes seconds to pay, and cancels at times meanwhile
	Fails          // at the first attempt
	Cancels        // with the key
	Replaces       // chooses something else
	Walks          // away, with or without a look at the phone
	PaysLate       // the PIN is done when the window is over
	Jammed         // pays, and nothing falls
	Silenced       // pays, and the board never tells the result
	Unplugs        // pays while the cable is out
	Abnormal       // pays, nothing falls, and the bank refuses the refund
	habits
)

// everyday is how common each habit is among 100 customers.
var everyday = [habits]int{Pays: 44, EnterPIN: 10, Fails: 6, Cancels: 8, Replaces: 8, Walks: 6, PaysLate: 4, Jammed: 5, Silenced: 3, Unplugs: 5, Abnormal: 1}

// Crowd is customers in front of one machine, one after the other, whatever
// becomes of the daemon meanwhile. They see what the daemon's status says, as
// if it were the screen.
type Crowd struct {
	World  *World
	Daemon *Daemon
	Random *rand.Rand
	Calm   bool // nothing breaks, and everybody who does not walk away pays

	Served atomic.Int64 // customers who saw a code

	mu   sync.Mutex
	wish []Habit
}

// Prefer makes the next customers have one of these habits, until it is called
// with none.
func (c *Crowd) Prefer(h ...Habit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wish = h
}

func (c *Crowd) habit() Habit {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.wish) > 0 {
		return c.wish[c.Random.IntN(len(c.wish))]
	}
	n := c.Random.IntN(100)
	for h, share := range everyday {
		if n -= share; n < 0 && !(c.Calm && Habit(h) > Fails) {
			return Habit(h)
		}
	}
	return Pays
}

// Run serves customers until ctx ends. An error is one of the simulators.
func (c *Crowd) Run(ctx context.Context) error {
	for n := 0; ; n++ {
		if err := c.customer(ctx, n); err != nil {
			return fmt.Errorf("customer %d: %w", n, err)
		}
		if !wait(ctx, c.upTo(1500)) {
			return nil
		}
	}
}

// upTo draws a time.
func (c *Crowd) upTo(ms int) time.Duration {
	return time.Duration(c.Random.IntN(ms)) * time.Millisecond
}

func (c *Crowd) customer(ctx context.Context, n int) error {
	slot, err := c.choose()
	if err != nil {
		return err
	}
	number := c.code(ctx, slot)
	if number == "" {
		return nil // nothing came: the customer goes away
	}
	c.Served.Add(1)
	return c.play(ctx, c.habit(), &visit{slot: slot, number: number, user: fmt.Sprintf("customer %d", n)})
}

// choose takes a slot, and somebody fills and opens it if it needs it.
func (c *Crowd) choose() (int, error) {
	s, err := c.World.Look()
	if err != nil {
		return 0, err
	}
	slot := s.Slots[c.Random.IntN(len(s.Slots))]
	_ = c.Daemon.OpenSlot(slot.Number) // a dead daemon is not theirs to mend
	return slot.Number, c.World.Cabinet("stock", map[string]int{"slot": slot.Number, "stock": 10})
}

// code presses the key and waits for the code's order number.
func (c *Crowd) code(ctx context.Context, slot int) sale.Number {
	_ = c.World.Cabinet("press", map[string]int{"slot": slot}) // the choice was from the cabinet's own list
	for range 40 {
		if !wait(ctx, 100*time.Millisecond) {
			return ""
		}
		s, err := c.Daemon.Status()
		if err != nil || s.Scene != sale.ScenePay {
			continue
		}
		for _, o := range s.Open {
			if o.State == sale.Awaiting && int(o.Slot) == slot {
				return o.Number
			}
		}
	}
	return ""
}

// visit is one customer with a code.
type visit struct {
	slot   int
	number sale.Number
	user   string
}

// touch does something on the phone. What a phone refuses is the customer's
// own business.
func (c *Crowd) touch(v *visit, what string, more ...any) {
	body := map[string]any{"out_trade_no": v.number, "user": v.user}
	for i := 0; i < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	_ = c.World.Phone(what, body)
}

func (c *Crowd) play(ctx context.Context, h Habit, v *visit) error {
	if h != Walks || c.Random.IntN(2) == 0 {
		wait(ctx, c.upTo(300))
		c.touch(v, "scan")
	}
	if err := c.spoil(h, v); err != nil {
		return err
	}
	switch h {
	case Cancels:
		wait(ctx, c.upTo(1000))
		return c.World.Cabinet("cancel", nil)
	case Replaces, Walks:
		return nil // the next customer's key press ends this code
	case PaysLate:
		wait(ctx, 27*time.Second+c.upTo(2000))
		c.touch(v, "pin", "for", "3s")
		wait(ctx, 5*time.Second)
		return nil
	case EnterPIN:
		c.touch(v, "pin", "for", "2s")
		if !c.Calm && c.Random.IntN(2) == 0 {
			wait(ctx, c.upTo(2000))
			return c.World.Cabinet("cancel", nil)
		}
		wait(ctx, 2*time.Second)
	case Fails:
		c.touch(v, "fail")
		fallthrough
	default:
		wait(ctx, c.upTo(600))
		c.touch(v, "pay")
	}
	wait(ctx, 2*time.Second+c.upTo(1500)) // the product is taken
	switch h {
	case Unplugs:
		return c.World.Cabinet("plug", nil)
	case Abnormal:
		return c.World.Phone("behaviour", map[string]any{"refund_result": paytest.RefundSuccess})
	}
	return nil
}

// spoil breaks what the habit needs.
func (c *Crowd) spoil(h Habit, v *visit) error {
	switch h {
	case Jammed, Abnormal:
		if h == Abnormal {
			if err := c.World.Phone("behaviour", map[string]any{"refund_result": paytest.RefundAbnormal}); err != nil {
				return err
			}
		}
		return c.World.Cabinet("jam", map[string]int{"slot": v.slot})
	case Silenced:
		return c.World.Cabinet("fault", map[string]any{"kind": "lost_reports", "times": 1})
	case Unplugs:
		return c.World.Cabinet("unplug", nil)
	}
	return nil
}
