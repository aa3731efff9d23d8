package sale

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"time"
)

// Trial runs test vends where no Machine runs: while the daemon is stopped. The
// rules are those of [Machine.Test].
type Trial struct {
	Ledger    Ledger // which nobody else has open
	Dispenser Dispenser
	Clock     Clock

	Code           string // this machine's part of every order number
	DispenseWithin time.Duration
	Random         io.Reader // nil means crypto/rand
}

// Run turns the motor of the product's slot once and returns the order as it
// ended. After an error it may be open: then the daemon takes it up.
func (t Trial) Run(ctx context.Context, p Product) (Order, error) {
	if err := t.free(); err != nil {
		return Order{}, err
	}
	o, err := t.prepare(ctx, p)
	if err != nil {
		return o, err
	}
	a := Action{By: ByCommand, What: DeedTest, Slot: p.Slot, Order: o.Number, At: t.Clock.Now()}
	if err := t.Ledger.SaveAction(a); err != nil {
		return Order{}, fmt.Errorf("keep who tests the slot: %w", err)
	}
	began := time.Now()
	next, lines, effects := BeginTest(o)
	for {
		if o, err = t.commit(o.State, next, lines, time.Since(began)); err != nil || len(effects) == 0 {
			return o, err
		}
		event := t.carryOut(ctx, o, effects[0])
		if err := ctx.Err(); err != nil && o.State == Unknown {
			return o, err
		}
		next, lines, effects = Next(o, event)
	}
}

// free says why no motor may turn now.
func (t Trial) free() error {
	open, err := t.Ledger.Open()
	if err != nil {
		return fmt.Errorf("read the open orders: %w", err)
	}
	for _, o := range open {
		if err := untestable(o); err != nil {
			return err
		}
	}
	return t.Ledger.Health()
}

func (t Trial) prepare(ctx context.Context, p Product) (Order, error) {
	checking, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	evidence, err := t.Dispenser.Check(checking, p.Slot)
	if err != nil {
		return Order{}, err
	}
	seq, err := t.Ledger.LastSeq()
	if err != nil {
		return Order{}, fmt.Errorf("read the order sequence: %w", err)
	}
	random := t.Random
	if random == nil {
		random = rand.Reader
	}
	return newTest(t.Code, seq+1, p, evidence, t.Clock.Now(), random)
}

// commit makes a step durable, if it is one.
func (t Trial) commit(from State, o Order, lines []Line, since time.Duration) (Order, error) {
	if len(lines) == 0 {
		return o, nil
	}
	known, err := t.Ledger.Shelves()
	if err != nil {
		return o, fmt.Errorf("read the slots: %w", err)
	}
	now := t.Clock.Now()
	step := Step{From: from, Order: o, Trail: lines, Shelves: shelved(shelfIn(known, o.Product.Slot), from, o, lines, now), At: now, Since: since}
	if err := t.Ledger.Commit(step); err != nil {
		return o, fmt.Errorf("commit test vend %s as %s: %w", o.Number, o.State, err)
	}
	return o, nil
}

// carryOut does what the stored state permits: the one command, or asking what
// became of it.
func (t Trial) carryOut(ctx context.Context, o Order, effect Effect) Event {
	if effect == DoDispense {
		// Whoever loses patience does not stop a motor.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.DispenseWithin)
		defer cancel()
		return Vended{Verdict: t.Dispenser.Dispense(ctx, command(o))}
	}
	for end := time.Now().Add(silentWithin); ; {
		looking, cancel := context.WithTimeout(ctx, recoverWithin)
		v, err := t.Dispenser.Recover(looking, command(o))
		cancel()
		if err == nil {
			return Recovered{v}
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return CallFailed{Call: DoRecover, Detail: err.Error()}
		}
		if time.Now().After(end) {
			return Recovered{Verdict{Detail: "the board stayed silent"}}
		}
	}
}
