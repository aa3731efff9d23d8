package mdbtest

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// The adapters.
const (
	Qibixx        = "qibixx"
	Waferstar     = "waferstar"
	WaferstarText = "waferstar-text" // writes hexadecimal text to the host
)

// Options describe a machine. The zero value of a field is its default.
type Options struct {
	Adapter string // Qibixx
	Session bool   // a machine that wants a session first, instead of Always Idle
	Slots   []Slot // at least one
	Link    string // a symbolic link to make for the pty

	PollEvery time.Duration // 100 ms
	VendTime  time.Duration // 1.5 s from the approval to the result; the product falls after 3/5 of it
	BootTime  time.Duration // 500 ms without power in a Restart
	// GiveUp is how long the machine waits for an answer to its request. 0 is
	// what the reader's configuration says.
	GiveUp time.Duration

	Seed uint64
	Log  *slog.Logger
}

// Slot is one column of products.
type Slot struct {
	Number int // the item, as the machine reports it
	Price  int // fen
	Stock  int
	Paused bool
}

// Machine is a vending machine with its adapter. All methods may be called by
// any goroutine.
type Machine struct {
	opt  Options
	log  *slog.Logger
	stop chan struct{}
	done sync.WaitGroup
	once sync.Once

	mu      sync.Mutex
	rng     *rand.Rand
	slots   []*Slot
	vmc     vmc
	adapter adapter
	wire    wire
	jams    map[int]int // item: so many of the next products hang
	off     bool        // a person has opened the door, which switches cashless payment off
	books
}

// adapter is what hangs between the bus and the line. All of it runs with the
// machine's mutex held.
type adapter interface {
	// bus answers a block of the machine; nil is silence.
	bus(block []byte) []byte
	// host takes what came from the host, a message or the beginning of one.
	host(b []byte)
	// restart loses what it knows.
	restart()
}

// Start makes the pty and switches the machine on. Close it.
func Start(o Options) (*Machine, error) {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&o.PollEvery, 100*time.Millisecond)
	def(&o.VendTime, 1500*time.Millisecond)
	def(&o.BootTime, 500*time.Millisecond)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if len(o.Slots) == 0 {
		return nil, errors.New("a machine needs at least one slot")
	}
	m := &Machine{
		opt: o, log: o.Log, stop: make(chan struct{}),
		rng: rand.New(rand.NewPCG(o.Seed, 0x10)), jams: map[int]int{},
	}
	for _, s := range o.Slots {
		if s.Number < 0 || s.Number > 0xFFFF || s.Price < 0 || s.Price > 0xFFFF {
			return nil, fmt.Errorf("item %d at %d fen: the bus has 16 bits for each", s.Number, s.Price)
		}
		m.slots = append(m.slots, &s)
	}
	switch o.Adapter {
	case "", Qibixx:
		m.adapter = newHat(m)
	case Waferstar, WaferstarText:
		m.adapter = &box{m: m, text: o.Adapter == WaferstarText}
	default:
		return nil, fmt.Errorf("there is no adapter %q", o.Adapter)
	}
	m.vmc = vmc{machine: m}
	m.vmc.boot()
	if err := m.Plug(); err != nil {
		return nil, err
	}
	m.done.Go(m.run)
	return m, nil
}

// Close switches everything off and waits until it has ended. The books stay
// readable.
func (m *Machine) Close() error {
	m.once.Do(func() { close(m.stop) })
	m.done.Wait()
	m.Unplug()
	return nil
}

// run is the machine's clock: one block on the bus at each tick.
func (m *Machine) run() {
	tick := time.NewTicker(m.opt.PollEvery)
	defer tick.Stop()
	for {
		select {
		case <-m.stop:
			return
		case <-tick.C:
		}
		m.mu.Lock()
		m.vmc.turn(time.Now())
		m.mu.Unlock()
	}
}

func (m *Machine) slot(n int) *Slot {
	i := slices.IndexFunc(m.slots, func(s *Slot) bool { return s.Number == n })
	if i < 0 {
		return nil
	}
	return m.slots[i]
}
