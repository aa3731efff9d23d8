package sale

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"time"
)

// Action is something that a person did at the machine or told it to do, for
// whoever asks later who it was. What it did to an order stands in the journal
// of that order besides.
type Action struct {
	N     uint64        `json:"n"`    // of the machine's actions, from 1; the ledger's
	Boot  uint64        `json:"boot"` // the start of the machine; the ledger's
	At    time.Time     `json:"at"`   // wall time
	Since time.Duration `json:"since_ns,omitempty"`

	By    Actor  `json:"by"`
	What  Deed   `json:"what"`
	Slot  Slot   `json:"slot,omitempty"`
	Order Number `json:"order,omitempty"`
	From  string `json:"from,omitempty"` // what was before, in a word
	To    string `json:"to,omitempty"`
	Note  string `json:"note,omitempty"` // a reason, or more words
}

// Actor is the door that a person came through. The names are stored.
type Actor string

const (
	ByService Actor = "service" // service mode at the machine
	ByPanel   Actor = "panel"   // the technician's page
	ByCommand Actor = "command" // the control socket, or a command without a daemon
)

// Deed is what a person did. The names are stored.
type Deed string

const (
	DeedEntered  Deed = "entered" // service mode, with the PIN
	DeedWrongPIN Deed = "wrong-pin"
	DeedLeft     Deed = "left" // To says why: "person", "time", "door"
	DeedStock    Deed = "stock"
	DeedOpen     Deed = "open"
	DeedClose    Deed = "close"
	DeedTest     Deed = "test"
	DeedRefund   Deed = "refund"
	DeedResolve  Deed = "resolve"
	DeedPrice    Deed = "price"
	DeedReload   Deed = "reload"
)

// Deeds lists every deed.
func Deeds() []Deed {
	return []Deed{
		DeedEntered, DeedWrongPIN, DeedLeft, DeedStock, DeedOpen, DeedClose, DeedTest, DeedRefund, DeedResolve, DeedPrice, DeedReload,
	}
}

// KeepActions is how many actions a ledger keeps: the newest.
const KeepActions = 2000

// Note makes durable that a person did something which is none of the machine's
// own calls, such as a new price in the config. It may be called from any
// goroutine while Run runs.
func (m *Machine) Note(ctx context.Context, a Action) error {
	_, err := ask(ctx, m, func() (struct{}, error) { return struct{}{}, m.act(a) })
	return err
}

// act makes an action durable. While the ledger takes no new order it is only
// logged: a full disk must not end a machine because of a note.
func (m *Machine) act(a Action) error {
	a = m.dated(a)
	m.log.Info("a person's action", "by", a.By, "what", a.What, "slot", a.Slot, "order", a.Order, "from", a.From, "to", a.To, "note", a.Note)
	if err := m.o.Ledger.Health(); err != nil {
		m.log.Warn("an action is not kept", "what", a.What, "error", err)
		return err
	}
	if err := m.o.Ledger.SaveAction(a); err != nil {
		m.failed = fmt.Errorf("keep what a person did: %w", err)
		return m.failed
	}
	return nil
}

func (m *Machine) dated(a Action) Action {
	a.At, a.Since = m.o.Clock.Now(), time.Since(m.started).Truncate(time.Millisecond)
	a.By = cmp.Or(a.By, ByCommand)
	return a
}

// Action is what a person's change of a shelf is called afterwards: was is the
// shelf before.
func (s Shelf) Action(was Shelf, want Shelving) Action {
	a := Action{By: cmp.Or(want.By, ByCommand), Slot: s.Slot, Note: want.Reason}
	switch {
	case want.Open != nil && *want.Open:
		a.What, a.From, a.To = DeedOpen, was.lock(), s.lock()
	case want.Open != nil:
		a.What, a.From, a.To = DeedClose, was.lock(), s.lock()
	default:
		a.What, a.From, a.To = DeedStock, was.count(), s.count()
	}
	if want.Open != nil && want.Stock != nil {
		a.From, a.To = a.From+", "+was.count(), a.To+", "+s.count()
	}
	return a
}

// lock and count say in a word what a shelf is.
func (s Shelf) lock() string {
	if s.Closed == "" {
		return "open"
	}
	return string(s.Closed)
}

func (s Shelf) count() string {
	if !s.Counted {
		return "uncounted"
	}
	return strconv.Itoa(s.Stock)
}
