package keypad

import (
	"context"
	"time"
)

// Pause is how long a customer may hesitate between two digits.
const Pause = 1200 * time.Millisecond

// Run feeds strokes to c until ctx ends or strokes is closed, and sends the
// keys. It never blocks on keys: if nobody takes a key, the key is lost, as on
// a keypad whose controller is busy. A number that is not complete when
// strokes is closed is sent; when ctx ends it is dropped. Run returns after
// its last send and does not close keys.
func Run(ctx context.Context, c *Collector, pause time.Duration, strokes <-chan Stroke, keys chan<- Key) {
	timer := time.NewTimer(pause)
	timer.Stop()
	defer timer.Stop()
	send := func(k Key, ok bool) {
		if !ok {
			return
		}
		select {
		case keys <- k:
		default:
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			send(c.Flush())
		case s, open := <-strokes:
			if !open {
				send(c.Flush())
				return
			}
			send(c.Press(s))
			if c.Pending() {
				timer.Reset(pause) // elsewhere a late Flush finds nothing
			}
		}
	}
}
