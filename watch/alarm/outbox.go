package alarm

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Target is where messages go: a [Command] or a [URL]. Send delivers one within
// its own time limit. Its error holds nothing that must stay secret.
type Target interface {
	Name() string
	Send(ctx context.Context, m Message) error
}

const (
	outboxHolds = 100
	againAfter  = 30 * time.Second // the pause behind a first failure; it doubles
	againMost   = 15 * time.Minute
)

// Outbox delivers messages to one target, one by one and in order, and tries
// again where that fails. It is in memory: see the package comment.
type Outbox struct {
	target Target
	log    *slog.Logger

	mu      sync.Mutex
	waiting []Message
	wake    chan struct{}
	done    Deliveries
}

// Deliveries counts messages.
type Deliveries struct {
	Sent   int // delivered
	Failed int // attempts that were not
	Lost   int // never to be delivered, for there were too many
}

// NewOutbox is empty. Run delivers.
func NewOutbox(t Target, log *slog.Logger) *Outbox {
	return &Outbox{target: t, log: log, wake: make(chan struct{}, 1)}
}

// Put never blocks. What was not delivered yet about the same condition is
// replaced; where too much waits, the oldest message is lost.
func (o *Outbox) Put(m Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting = slices.DeleteFunc(o.waiting, func(w Message) bool { return w.key() == m.key() })
	if len(o.waiting) >= outboxHolds {
		o.waiting = slices.Delete(o.waiting, 0, 1)
		o.done.Lost++
	}
	o.waiting = append(o.waiting, m)
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// Counts is what was delivered so far.
func (o *Outbox) Counts() Deliveries {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.done
}

// Name is the target's.
func (o *Outbox) Name() string { return o.target.Name() }

// Run delivers until ctx ends.
func (o *Outbox) Run(ctx context.Context) {
	wait := againAfter
	for {
		m, ok := o.next()
		if !ok {
			select {
			case <-o.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		err := o.target.Send(ctx, m)
		if ctx.Err() != nil {
			return
		}
		o.sent(m, err)
		if err == nil {
			wait = againAfter
			continue
		}
		o.log.Warn("an alarm could not be delivered; it is tried again", "to", o.target.Name(), "kind", m.Kind, "wait", wait, "error", err)
		select {
		case <-time.After(wait):
			wait = min(2*wait, againMost)
		case <-ctx.Done():
			return
		}
	}
}

func (o *Outbox) next() (Message, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.waiting) == 0 {
		return Message{}, false
	}
	return o.waiting[0], true
}

// sent takes a message that was delivered out, unless a newer one about the
// same condition has come meanwhile.
func (o *Outbox) sent(m Message, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		o.done.Failed++
		return
	}
	o.done.Sent++
	o.waiting = slices.DeleteFunc(o.waiting, func(w Message) bool {
		return w.key() == m.key() && w.Times == m.Times && w.Status == m.Status && w.At.Equal(m.At)
	})
}
