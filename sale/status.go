package sale

import (
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

// Status returns the newest snapshot. Any goroutine may call it.
func (m *Machine) Status() Status { return *m.status.Load() }

func (m *Machine) publish() {
	s := Status{Scene: m.stage.kind, Doubts: m.doubts, Sequence: m.seq, Up: time.Since(m.started).Truncate(time.Second)}
	if f := m.stage.fault; f != nil {
		s.Code, s.Fault = f.Code, f.Error()
	}
	s.Selling = m.stage.opened && m.stage.fault == nil && !m.draining
	for _, t := range m.orders {
		o := OpenOrder{Number: t.order.Number, State: t.order.State, Cause: t.order.Cause, Slot: t.order.Product.Slot, Tries: t.tries}
		if t.want != 0 {
			o.Next = t.want.String()
		}
		s.Open = append(s.Open, o)
	}
	slices.SortFunc(s.Open, func(a, b OpenOrder) int {
		if a.Number < b.Number {
			return -1
		}
		return 1
	})
	m.status.Store(&s)
}
