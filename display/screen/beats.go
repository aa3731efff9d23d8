package screen

import (
	"sync"
	"time"
)

// beats is when the two loops of a window were last at work. Its zero value is
// ready; any goroutine may call its methods.
type beats struct {
	mu      sync.Mutex
	updated time.Time // the window's last Update; [frames.beat] asks for one each second
	paints  time.Time // when the paint under way began, zero for none
}

func (b *beats) update(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.updated = now
}

func (b *beats) painting(since time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.paints = since
}

func (b *beats) last() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.paints.IsZero() && b.paints.Before(b.updated) {
		return b.paints
	}
	return b.updated
}
