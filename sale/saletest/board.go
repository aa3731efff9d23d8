package saletest

import (
	"context"
	"errors"
	"sync"
	"time"

	"kioskd/sale"
)

// Board is a controller in memory. It counts what it did for each order.
type Board struct {
	// VendTakes is how long the motor turns.
	VendTakes time.Duration

	mu       sync.Mutex
	mute     bool
	plan     func(c sale.Command) Vend
	events   chan sale.BoardEvent
	fault    *sale.Fault
	commands map[sale.Number]int
	drops    map[sale.Number]int
	proved   map[sale.Number]int
	sold     map[sale.Slot]error
	running  int
	Overlap  bool // two vends at once
}

// Vend is the fate of one dispense.
type Vend struct {
	Drops  bool // the product falls
	Silent bool // the result never comes
	Unsent bool // the line was dead: no byte left
}

// NewBoard returns a board that takes two seconds for a vend.
func NewBoard() *Board {
	return &Board{
		VendTakes: 2 * time.Second, events: make(chan sale.BoardEvent, 16),
		commands: map[sale.Number]int{}, drops: map[sale.Number]int{}, proved: map[sale.Number]int{}, sold: map[sale.Slot]error{},
	}
}

var _ sale.Dispenser = (*Board)(nil)

// Press is a customer at the keypad.
func (b *Board) Press(s sale.Slot) { b.events <- sale.Selected{Slot: s} }

// Report is the board's own word about a slot.
func (b *Board) Report(r sale.SlotReport) { b.events <- r }

// Cancel is the cancel key.
func (b *Board) Cancel() { b.events <- sale.CancelPressed{} }

// Break makes the board silent; Mend brings it back.
func (b *Board) Break() {
	b.set(&sale.Fault{Code: sale.CodeSerialSilent, What: "the controller does not answer"})
}

// Mend ends Break.
func (b *Board) Mend() { b.set(nil) }

func (b *Board) set(f *sale.Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = f
}

// Mute says that Recover can prove nothing.
func (b *Board) Mute(mute bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mute = mute
}

// Plan says what the next vends do; nil means clean drops.
func (b *Board) Plan(plan func(c sale.Command) Vend) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.plan = plan
}

// Fate is a plan in which every vend goes the same way.
func Fate(v Vend) func(sale.Command) Vend { return func(sale.Command) Vend { return v } }

// Refuse makes Check answer err for a slot; nil clears it.
func (b *Board) Refuse(s sale.Slot, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sold[s] = err
}

// Commands and Drops are what the board did for an order.
func (b *Board) Commands(n sale.Number) int { return b.count(b.commands, n) }

// Drops is how many products fell for an order.
func (b *Board) Drops(n sale.Number) int { return b.count(b.drops, n) }

// Proved is how many commands of an order it has said to have failed.
func (b *Board) Proved(n sale.Number) int { return b.count(b.proved, n) }

func (b *Board) count(m map[sale.Number]int, n sale.Number) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return m[n]
}

// Events implements sale.Dispenser.
func (b *Board) Events() <-chan sale.BoardEvent { return b.events }

// Health implements sale.Dispenser.
func (b *Board) Health() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fault != nil {
		return b.fault
	}
	return nil
}

// Check implements sale.Dispenser.
func (b *Board) Check(ctx context.Context, s sale.Slot) (sale.Evidence, error) {
	select {
	case <-time.After(200 * time.Millisecond):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := b.Health(); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return sale.Evidence("counter"), b.sold[s]
}

// Dispense implements sale.Dispenser. The product falls whether or not
// anybody still waits for the result.
func (b *Board) Dispense(ctx context.Context, c sale.Command) sale.Verdict {
	vend := Vend{Drops: true}
	b.mu.Lock()
	plan, takes := b.plan, b.VendTakes
	b.mu.Unlock()
	if plan != nil {
		vend = plan(c)
	}
	if vend.Unsent {
		return sale.Verdict{Outcome: sale.OutcomeNotDispensed, Detail: "no byte of the command left", NotSent: true}
	}
	b.turn(c, vend)
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return sale.Verdict{Detail: "no result in time"}
	}
	if vend.Silent {
		<-ctx.Done()
		return sale.Verdict{Detail: "no result in time"}
	}
	if !vend.Drops {
		b.mu.Lock()
		b.proved[c.Number]++
		b.mu.Unlock()
	}
	return verdict(vend.Drops)
}

func (b *Board) turn(c sale.Command, vend Vend) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.commands[c.Number]++
	b.running++
	b.Overlap = b.Overlap || b.running > 1
	time.AfterFunc(b.VendTakes-1, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.running--
		if vend.Drops {
			b.drops[c.Number]++
		}
	})
}

func verdict(dropped bool) sale.Verdict {
	if dropped {
		return sale.Verdict{Outcome: sale.OutcomeDispensed, Detail: "drop seen"}
	}
	return sale.Verdict{Outcome: sale.OutcomeNotDispensed, Detail: "jammed"}
}

// Recover implements sale.Dispenser.
func (b *Board) Recover(ctx context.Context, c sale.Command) (sale.Verdict, error) {
	select {
	case <-time.After(b.VendTakes):
	case <-ctx.Done():
		return sale.Verdict{}, ctx.Err()
	}
	if err := b.Health(); err != nil {
		return sale.Verdict{}, err
	}
	if len(c.Evidence) == 0 {
		return sale.Verdict{}, errors.New("no evidence was stored with the order")
	}
	b.mu.Lock()
	mute := b.mute
	b.mu.Unlock()
	if mute {
		return sale.Verdict{Detail: "the board cannot say"}, nil
	}
	return verdict(b.Drops(c.Number) > 0), nil
}

// Door opens or closes the machine's door.
func (b *Board) Door(open bool) { b.events <- sale.DoorMoved{Open: open} }
