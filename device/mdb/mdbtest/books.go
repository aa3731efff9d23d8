package mdbtest

import (
	"fmt"
	"slices"
	"time"

	"kioskd/device/devicetest"
)

// books are what happened, whatever was told.
type books struct {
	requests []devicetest.Press   // what payment was asked for
	commands []devicetest.Command // approvals on the line, heard by the adapter or not
	turns    []int                // items whose motor turned
	drops    []devicetest.Drop
	denials  int
	breaches []string
	config   string // what the reader answered to SETUP last
	setUps   int
	polls    int
	next     Trouble
}

func (b *books) breach(format string, a ...any) {
	b.breaches = append(b.breaches, fmt.Sprintf(format, a...))
}

// Books is what happened so far.
type Books struct {
	Requests  int      // how often the machine asked for a payment
	Approvals int      // that reached the line
	Turns     []int    // items whose motor turned
	Drops     []int    // items that fell
	Denials   int      // requests that were denied, or whose cancel was answered
	Breaches  []string // answers that MDB/ICP does not allow
	Config    string   // the reader's configuration, in hex
	SetUps    int      // how often the machine has set the reader up
}

// Books returns a copy.
func (m *Machine) Books() Books {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := Books{len(m.requests), len(m.commands), slices.Clone(m.turns), nil, m.denials, slices.Clone(m.breaches), m.config, m.setUps}
	for _, d := range m.drops {
		b.Drops = append(b.Drops, d.Slot)
	}
	return b
}

// await waits until ok, with the mutex held in ok, for at most ten seconds.
func (m *Machine) await(ok func() bool) bool {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(m.opt.PollEvery / 4) {
		m.mu.Lock()
		is := ok()
		m.mu.Unlock()
		if is {
			return true
		}
	}
	return false
}

// Ask is a customer's choice. What is asked for already is taken back. It
// returns when the machine has asked, and reports whether it did.
func (m *Machine) Ask(item int) bool {
	m.TakeBack()
	m.mu.Lock()
	before := len(m.requests)
	m.mu.Unlock()
	return m.Press(item) == nil && m.await(func() bool { return len(m.requests) > before && len(m.vmc.next) == 0 })
}

// TakeBack is VEND CANCEL, if the machine waits for an answer, and what a
// customer has pressed is forgotten. It returns when the reader has answered.
func (m *Machine) TakeBack() bool {
	m.mu.Lock()
	m.vmc.want = nil
	is := m.vmc.phase == asking && len(m.vmc.next) == 0
	if is {
		m.vmc.cancel()
	}
	m.mu.Unlock()
	if is {
		m.await(func() bool { return m.vmc.phase != cancelling && m.vmc.phase != ending })
	}
	return is
}

// Idle reports whether nothing moves and nothing is on its way to the host.
func (m *Machine) Idle() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.vmc.phase
	rests := p == ready || p == asking && len(m.vmc.next) == 0 || p == resetting || p == settingUp
	return rests && m.vmc.want == nil && len(m.wire.queue) == 0
}

// SetPrice changes a price at the machine.
func (m *Machine) SetPrice(item, price int) { m.with(func() { m.slot(item).Price = price }) }

// RestartAdapter takes the adapter's power away for a moment.
func (m *Machine) RestartAdapter() { m.with(func() { m.adapter.restart() }) }

// AskAgain repeats the request that is open.
func (m *Machine) AskAgain() {
	m.with(func() {
		if v := m.vmc.vend; v != nil {
			m.vmc.ask(v.slot)
		}
	})
}

func (m *Machine) with(do func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	do()
}
