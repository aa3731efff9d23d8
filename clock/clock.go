// Package clock is the time of a machine: its clock, guarded against one that
// cannot be right, and the time of day of its customers, which is Beijing's.
package clock

import (
	"fmt"
	"runtime/debug"
	"strconv"
	"time"

	"kioskd/sale"
)

// Clock is the machine's clock, guarded from below. Boards without a battery
// begin at 1970 or at the moment of their last shutdown; what this machine has
// proof of that it has passed, it cannot be before.
type Clock struct {
	floor time.Time // certainly passed when the process began
	begun time.Time // monotonic
	// Skew is how far the clock is ahead of the provider's, if known.
	Skew func() (time.Duration, bool)
}

// Bearable is how far the clocks may be apart: the provider bears no more, and
// the times that stand in an order would be wrong.
const Bearable = 5 * time.Minute

// born is before any kioskd was built.
var born = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// slack is how far a clock may be behind and still do: the provider bears five
// minutes, and its own clock is what the newest payment was stamped with.
const slack = 10 * time.Minute

// New takes the newest time that is proved to have passed: the provider's
// signed time of a payment, never one of this machine's own. What built it has
// passed, too.
func New(proved time.Time) Clock {
	c := Clock{floor: born, begun: time.Now()}
	for _, t := range []time.Time{builtAt(), proved} {
		if t.After(c.floor) && t.Year() < 2100 {
			c.floor = t
		}
	}
	return c
}

// committed is set by packaging/deb.sh, in seconds since 1970: what it builds
// knows nothing of the repository.
var committed string

// builtAt is when the source was committed, zero if nobody knows.
func builtAt() (t time.Time) {
	if s, err := strconv.ParseInt(committed, 10, 64); err == nil {
		return time.Unix(s, 0)
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.time" {
				t, _ = time.Parse(time.RFC3339, s.Value)
			}
		}
	}
	return t
}

// least is the earliest time that it can be now.
func (c Clock) least() time.Time { return c.floor.Add(time.Since(c.begun)) }

// Now is Beijing time: WeChat Pay is, and machines often have no zone set. A
// clock that is certainly behind is lifted to what is proved, so that
// certificates are judged by the nearest time there is; nothing is sold by it,
// see Plausible.
func (c Clock) Now() time.Time {
	now := time.Now()
	if least := c.least(); now.Before(least.Add(-slack)) {
		now = least
	}
	return now.In(Beijing)
}

// Plausible is part of sale.Clock.
func (c Clock) Plausible() error {
	now := time.Now()
	f := &sale.Fault{
		Code: sale.CodeClock, What: "the clock says " + now.UTC().Format("2006-01-02 15:04"),
		Hint: "connect the network so that NTP can set it, or set it by hand: date -s",
	}
	switch {
	case now.Year() >= 2100:
		return f
	case now.Before(c.least().Add(-slack)):
		f.What += ", and it is after " + c.floor.UTC().Format("2006-01-02 15:04")
		return f
	}
	if c.Skew == nil {
		return nil
	}
	off, told := c.Skew()
	switch {
	case !told || off.Abs() <= Bearable:
		return nil
	case off > 0:
		f.What = fmt.Sprintf("the clock is %s ahead of WeChat Pay's", off)
	default:
		f.What = fmt.Sprintf("the clock is %s behind WeChat Pay's", -off)
	}
	return f
}

// NewestPayment is the provider's time of the newest payment in the ledger.
func NewestPayment(l interface {
	Recent(n int) ([]sale.Order, error)
}) (newest time.Time, err error) {
	orders, err := l.Recent(100)
	for _, o := range orders {
		if o.Payment.PaidAt.After(newest) {
			newest = o.Payment.PaidAt
		}
	}
	return newest, err
}
