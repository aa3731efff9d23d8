package vmc

import (
	"slices"
	"sync"

	"kioskd/sale"
)

// maxKeys is how many keypad events wait for a reader: more than a customer
// presses while the machine does anything else.
const maxKeys = 16

// events holds what nobody has read yet. Of the keypad the newest are kept, of
// each slot the newest report.
type events struct {
	out  chan sale.BoardEvent
	wake chan struct{}

	mu    sync.Mutex
	queue []sale.BoardEvent
}

func newEvents() *events {
	return &events{out: make(chan sale.BoardEvent), wake: make(chan struct{}, 1)}
}

// put never blocks. It reports whether an older keypad event had to go.
func (e *events) put(event sale.BoardEvent) (lost bool) {
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

func (e *events) makeRoom() bool {
	oldest, keys := -1, 0
	for i, old := range e.queue {
		if _, report := old.(sale.SlotReport); report {
			continue
		}
		if keys++; oldest < 0 {
			oldest = i
		}
	}
	if keys < maxKeys {
		return false
	}
	e.queue = slices.Delete(e.queue, oldest, oldest+1)
	return true
}

func (e *events) take() (event sale.BoardEvent, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.queue) == 0 {
		return nil, false
	}
	event = e.queue[0]
	e.queue = slices.Delete(e.queue, 0, 1)
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
