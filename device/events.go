package device

import (
	"slices"
	"sync"

	"kioskd/sale"
)

// KeysKept is how many keypad events wait for a reader: more than a customer
// presses while the machine does anything else.
const KeysKept = 16

// Events holds what nobody has read yet. Of the keypad the newest KeysKept are
// kept, of each slot the newest report. [Life] has one.
type Events struct {
	out  chan sale.BoardEvent
	wake chan struct{}

	mu    sync.Mutex
	queue []sale.BoardEvent
}

// NewEvents makes an empty queue. Somebody must Run it.
func NewEvents() *Events {
	return &Events{out: make(chan sale.BoardEvent), wake: make(chan struct{}, 1)}
}

// C is where the events come out. It is closed when Run ends.
func (e *Events) C() <-chan sale.BoardEvent { return e.out }

// Put never blocks. It reports whether an older keypad event had to go.
func (e *Events) Put(event sale.BoardEvent) (lost bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r, ok := event.(sale.SlotReport); ok {
		e.queue = slices.DeleteFunc(e.queue, func(old sale.BoardEvent) bool {
			o, ok := old.(sale.SlotReport)
			return ok && o.Slot == r.Slot
		})
	} else {
		lost = e.makeRoom()
	}
	e.queue = append(e.queue, event)
	select {
	case e.wake <- struct{}{}:
	default:
	}
	return lost
}

func (e *Events) makeRoom() bool {
	oldest, keys := -1, 0
	for i, old := range e.queue {
		if _, report := old.(sale.SlotReport); report {
			continue
		}
		if keys++; oldest < 0 {
			oldest = i
		}
	}
	if keys < KeysKept {
		return false
	}
	e.queue = slices.Delete(e.queue, oldest, oldest+1)
	return true
}

func (e *Events) take() (event sale.BoardEvent, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.queue) == 0 {
		return nil, false
	}
	event = e.queue[0]
	e.queue = slices.Delete(e.queue, 0, 1)
	return event, true
}

// Run hands the events out until done, then closes the channel.
func (e *Events) Run(done <-chan struct{}) {
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
