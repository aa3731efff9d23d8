package wvl

import (
	"sync"

	"kioskd/sale"
)

// maxKeys is how many presses wait for a reader.
const maxKeys = 16

// events holds the presses that nobody has read yet, the newest of them.
type events struct {
	out  chan sale.BoardEvent
	wake chan struct{}

	mu    sync.Mutex
	queue []sale.BoardEvent
}

func newEvents() *events {
	return &events{out: make(chan sale.BoardEvent), wake: make(chan struct{}, 1)}
}

// put never blocks. It reports whether an older press had to go.
func (e *events) put(event sale.BoardEvent) (lost bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.queue) == maxKeys {
		e.queue, lost = e.queue[1:], true
	}
	e.queue = append(e.queue, event)
	select {
	case e.wake <- struct{}{}:
	default:
	}
	return lost
}

func (e *events) take() (event sale.BoardEvent, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.queue) == 0 {
		return nil, false
	}
	event, e.queue = e.queue[0], e.queue[1:]
	return event, true
}

// run hands the events out until done, then closes the channel.
func (e *events) run(done <-chan struct{}) {
	defer close(e.out)
	for {
		event, ok := e.take()
		if !ok {
			select {
			case <-e.wake:
				continue
			case <-done:
				return
			}
		}
		select {
		case e.out <- event:
		case <-done:
			return
		}
	}
}
