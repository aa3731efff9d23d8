package sale_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"kioskd/sale"
	"kioskd/sale/saletest"
)

// master is a board that chooses by itself, and waits for the end of each sale.
type master struct {
	*saletest.Board
	checks   int
	declined chan string
	presumes bool
}

func (b *master) Check(ctx context.Context, s sale.Slot) (sale.Evidence, error) {
	if _, err := b.Board.Check(ctx, s); err != nil {
		return nil, err
	}
	b.checks++
	return sale.Evidence{byte('0' + b.checks)}, nil
}

func (b *master) Decline(e sale.Evidence) { b.declined <- string(e) }

func (b *master) Dispense(ctx context.Context, c sale.Command) sale.Verdict {
	if b.presumes {
		return sale.Verdict{Outcome: sale.OutcomeDispensed, Presumed: true, Detail: "presumed"}
	}
	return b.Board.Dispense(ctx, c)
}

// withMaster runs a machine whose board is a master.
func withMaster(t *testing.T, test func(k *kiosk, b *master)) {
	inBubble(t, func(k *kiosk) {
		k.off()
		b := &master{Board: k.board, declined: make(chan string, 100)}
		k.options.Dispenser = b
		k.on()
		test(k, b)
	})
}

// told is what the board was told since the last call.
func (b *master) told() (all []string) {
	for {
		select {
		case e := <-b.declined:
			all = append(all, e)
		default:
			return all
		}
	}
}

func (k *kiosk) declined(b *master, want ...string) {
	k.t.Helper()
	if got := b.told(); !slices.Equal(got, want) {
		k.t.Errorf("declined %q, not %q", got, want)
	}
}

// A sale that is served, or fails at the motor, is told by Dispense alone.
func TestServedIsNotDeclined(t *testing.T) {
	withMaster(t, func(k *kiosk, b *master) {
		k.pay(k.code(11))
		k.ends(sale.Dispensed, sale.CauseDropped, 20*time.Second)
		k.declined(b)
		k.wait(time.Minute)
		b.Plan(saletest.Fate(saletest.Vend{}))
		k.pay(k.code(12))
		k.ends(sale.Refunded, sale.CauseRefunded, 20*time.Second)
		k.declined(b)
	})
}

// It is told when nothing can be paid any more, and not while it may be.
func TestUnpaidIsDeclined(t *testing.T) {
	withMaster(t, func(k *kiosk, b *master) {
		k.code(11)
		k.wait(89 * time.Second)
		k.declined(b)
		k.ends(sale.Closed, sale.CauseClosedThere, 20*time.Second)
		k.declined(b, "1")
		k.wait(25 * time.Hour) // two sweeps
		k.declined(b)

		k.code(12)
		k.board.Cancel()
		k.ends(sale.Closed, sale.CauseClosedThere, 20*time.Second)
		k.declined(b, "2")
	})
}

// The money goes back without a command: the board waits no longer.
func TestPaidTooLateIsDeclined(t *testing.T) {
	withMaster(t, func(k *kiosk, b *master) {
		code := k.code(11)
		k.board.Cancel()
		k.pay(code)
		k.ends(sale.Refunded, sale.CauseRefunded, 30*time.Second)
		k.declined(b, "1")
	})
}

// unprepared is a provider for which no order can be made.
type unprepared struct{ sale.Gateway }

func (unprepared) Prepare(sale.Order, time.Time) ([]byte, error) { return nil, sale.ErrMerchant }

// The board found the slot good, and no order was made.
func TestCheckWithoutAnOrderIsDeclined(t *testing.T) {
	withMaster(t, func(k *kiosk, b *master) {
		k.off()
		k.options.Gateway = unprepared{k.provider}
		k.on()
		k.board.Press(11)
		k.sees(sale.SceneOutOfService, 3*time.Second)
		k.declined(b, "1")
	})
}

// What was dispensed by a rule of the protocol alone is marked.
func TestPresumed(t *testing.T) {
	withMaster(t, func(k *kiosk, b *master) {
		b.presumes = true
		k.pay(k.code(11))
		o := k.ends(sale.Dispensed, sale.CauseNoProof, 20*time.Second)
		if !o.Presumed || o.Detail != "presumed" || o.Doubted {
			t.Errorf("%+v", o)
		}
		k.declined(b)
	})
}

// The board found the slot good, and then nothing may be tested any more.
func TestCheckWithoutATestVendIsDeclined(t *testing.T) {
	withMaster(t, func(k *kiosk, b *master) {
		k.sees(sale.SceneIdle, time.Second)
		k.wait(2 * time.Second)
		b.Refuse(11, sale.ErrSoldOut)
		if _, err := k.tests(11); err == nil {
			t.Error("an empty slot was tested")
		}
		b.Refuse(11, nil)
		k.wait(700 * time.Millisecond)
		k.ledger.Ail(&sale.Fault{Code: sale.CodeStoreSpace, What: "full"}) // asked about in a moment
		if _, err := k.tests(11); err == nil || err.Error() != "E-STORE-02: full" {
			t.Errorf("the test is answered with: %v", err)
		}
		k.declined(b, "1")
	})
}

// Such a machine gives what it asks for, from the slot that it asks for: no
// other is looked at, and that it does not ask says nothing about a slot.
func TestMasterHasItsOwnSlot(t *testing.T) {
	inSlots(t, true, func(k *kiosk) {
		k.off()
		b := &master{Board: k.board, declined: make(chan string, 100)}
		k.options.Dispenser = b
		k.on()
		k.sees(sale.SceneIdle, time.Second)
		for _, s := range []sale.Slot{12, 21, 22} { // it asks for 11 alone
			b.Refuse(s, sale.ErrSlotClosed)
		}
		b.Press(12) // and has given up before the answer
		k.sees(sale.SceneSlotClosed, 2*time.Second)
		k.jam(11)
		k.pay(k.code(11))
		if o := k.ends(sale.Refunded, sale.CauseRefunded, 20*time.Second); o.Failed != nil {
			t.Errorf("failed in %v", o.Failed)
		}
		k.sees(sale.SceneIdle, time.Minute)
		b.Press(11)
		k.sees(sale.SceneSlotClosed, 2*time.Second)
		for _, s := range []sale.Slot{12, 21, 22} {
			if got := k.shelf(s); got.State != sale.InStock {
				t.Errorf("slot %d is %s", s, got.State)
			}
		}
	})
}
