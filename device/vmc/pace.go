package vmc

import (
	"fmt"
	"time"

	"kioskd/sale"
)

// atOnce vends may come one right after the other. About twenty test vends in
// a row have made a real board pause every selection, and keep them paused
// through a power cycle.
const atOnce = 12

// pace bounds how often the VMC is driven: atOnce vends, and one more for each
// step of time that passes. Customers, who choose, scan and pay, are slower.
type pace struct {
	step time.Duration // 0: no bound
	left float64       // vends
	at   time.Time     // ... at that time
}

func newPace(step time.Duration, now time.Time) pace { return pace{step, atOnce, now} }

// wait is how long until the VMC may be driven again, 0 for now.
func (p *pace) wait(now time.Time) time.Duration {
	if p.step <= 0 {
		return 0
	}
	p.left = min(atOnce, p.left+float64(now.Sub(p.at))/float64(p.step))
	p.at = now
	if p.left >= 1 {
		return 0
	}
	return time.Duration((1 - p.left) * float64(p.step))
}

// drive notes a vend.
func (p *pace) drive(now time.Time) {
	p.wait(now)
	p.left = max(0, p.left-1)
}

// rested refuses a sale whose vend would come too soon. A paid order is never
// held back by it.
func (d *Dev) rested() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	wait := d.pace.wait(time.Now())
	if wait == 0 {
		return nil
	}
	return &sale.Fault{
		Code: sale.CodeBoardRests,
		What: fmt.Sprintf("the controller was driven %d times in a short while and rests for %s", atOnce, max(time.Second, wait.Round(time.Second))),
		Hint: "wait; boards that are driven without a pause have paused all their slots for good (setting pace)",
	}
}
