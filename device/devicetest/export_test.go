package devicetest

import "time"

// Scan returns the frames in b, encoded anew, as the line's reader finds them
// in reads of step bytes.
func Scan(b []byte, step int) (found [][]byte) {
	var s scanner
	now := time.Now()
	for len(b) > 0 {
		n := min(max(step, 1), len(b))
		s.feed(b[:n], now, func(f frame, _ time.Time) { found = append(found, f.bytes()) }, func() {})
		b = b[n:]
	}
	return found
}
