package main

import (
	"time"

	"kioskd/sale"
)

// systemClock is the machine's own clock. Boards without a battery begin at
// 1970 or at the moment of their last shutdown.
type systemClock struct{}

// born is before any kioskd was built: a clock behind it is certainly wrong.
var born = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Now is Beijing time: WeChat Pay is, and machines often have no zone set.
func (systemClock) Now() time.Time { return time.Now().In(beijing) }

func (systemClock) Plausible() error {
	now := time.Now()
	if now.After(born) && now.Year() < 2100 {
		return nil
	}
	return &sale.Fault{
		Code: sale.CodeClock, What: "the clock says " + now.UTC().Format("2006-01-02 15:04"),
		Hint: "connect the network so that NTP can set it, or set it by hand: date -s",
	}
}
