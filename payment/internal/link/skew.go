package link

import (
	"net/http"
	"sync/atomic"
	"time"
)

// skew is how far this machine's clock is from the provider's, as the Date
// header of the last reply had it.
type skew struct {
	seen atomic.Pointer[time.Duration]
}

// look takes note of a reply. A header that is proved by nothing may explain a
// fault; it never sets a clock.
func (s *skew) look(h http.Header, now time.Time) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	off := now.Sub(date).Truncate(time.Second) // whole seconds is what a Date has
	s.seen.Store(&off)
}

// Skew returns how far this machine's clock is ahead of the one of whoever
// answered last, in whole seconds, and whether anybody has told. Nothing proves
// it: it explains faults, and decides nothing.
func (l *Link) Skew() (time.Duration, bool) {
	if off := l.skew.seen.Load(); off != nil {
		return *off, true
	}
	return 0, false
}
