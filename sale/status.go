package sale

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// Status is a snapshot for people: commands, pages, metrics.
type Status struct {
	Scene    SceneKind     `json:"scene"`
	Selling  bool          `json:"selling"`
	Code     Code          `json:"code,omitempty"`  // why not
	Fault    string        `json:"fault,omitempty"` // the same in words
	Open     []OpenOrder   `json:"open,omitempty"`
	Doubts   int           `json:"doubts"` // unknown outcomes within a day
	Sequence uint64        `json:"sequence"`
	Up       time.Duration `json:"up_ns"`
}

// OpenOrder is an order that still has work to do.
type OpenOrder struct {
	Number Number `json:"number"`
	State  State  `json:"state"`
	Cause  Cause  `json:"cause"`
	Slot   Slot   `json:"slot"`
	Tries  int    `json:"failed_tries,omitempty"`
	Next   string `json:"next,omitempty"`
}

// Status asks the running machine for a snapshot. Any goroutine may call it.
// The error is ctx's, or says that the machine does not run.
func (m *Machine) Status(ctx context.Context) (Status, error) {
	return ask(ctx, m, func() (Status, error) { return m.snapshot(), nil })
}

// ask has the goroutine in Run answer.
func ask[T any](ctx context.Context, m *Machine, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	answer := make(chan result, 1)
	go m.post(func() {
		v, err := f()
		answer <- result{v, err}
	})
	var none T
	select {
	case r := <-answer:
		return r.value, r.err
	case <-m.stopped:
		return none, errors.New("the machine has stopped")
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// closedFor says why the next customer would get nothing. What the idle screen
// said last may be old: nobody asks the gate while a customer is served. That
// customer's own order is no reason.
func (m *Machine) closedFor() *Fault {
	f := m.gate(wordForScreen)
	if t := m.stage.order; f != nil && f.Code == CodeUnsettled && t != nil && !t.recovered {
		return nil
	}
	return f
}

func (m *Machine) snapshot() Status {
	s := Status{Scene: m.stage.kind, Doubts: m.doubts, Sequence: m.seq, Up: time.Since(m.started).Truncate(time.Second)}
	f := m.closedFor()
	if f != nil {
		s.Code, s.Fault = f.Code, f.Error()
	}
	s.Selling = f == nil && !m.draining
	for _, t := range m.orders {
		o := OpenOrder{Number: t.order.Number, State: t.order.State, Cause: t.order.Cause, Slot: t.order.Product.Slot, Tries: t.tries}
		if t.want != 0 {
			o.Next = t.want.String()
		}
		s.Open = append(s.Open, o)
	}
	slices.SortFunc(s.Open, func(a, b OpenOrder) int { return cmp.Compare(a.Number, b.Number) })
	return s
}
