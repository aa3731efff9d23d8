package device

import (
	"sync"
	"time"

	"kioskd/sale"
)

// pulse is a wire that knows when its driver was last at work on it.
type pulse struct {
	Wire

	mu    sync.Mutex
	read  time.Time // when a Read began or ended last
	busy  int       // calls under way that may block in the kernel
	since time.Time // the first of them
}

// Beat is when the loop that reads went round last, or when a call began that
// has been under way since before that. The zero time: nothing was read yet.
func (p *pulse) Beat() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy > 0 && p.since.Before(p.read) {
		return p.since
	}
	return p.read
}

// Read implements Wire.
func (p *pulse) Read(b []byte, wait time.Duration) (int, error) {
	p.beat()
	defer p.beat()
	return p.Wire.Read(b, wait)
}

func (p *pulse) beat() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.read = time.Now()
}

// Write implements Wire.
func (p *pulse) Write(b []byte) (int, error) {
	defer p.begin()()
	return p.Wire.Write(b)
}

// Reopen implements Wire.
func (p *pulse) Reopen(why *sale.Fault) {
	defer p.begin()()
	p.Wire.Reopen(why)
}

func (p *pulse) begin() (end func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy++; p.busy == 1 {
		p.since = time.Now()
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.busy--
	}
}
