package sale_test

import (
	"testing"
	"time"

	"kioskd/sale"
)

func (k *kiosk) pressesAgain(first string) (second string) {
	k.t.Helper()
	for range 100 {
		k.wait(100 * time.Millisecond)
		s := k.panel.Now()
		switch {
		case s.Kind == sale.ScenePay && s.CodeURL != first:
			return s.CodeURL
		case s.Kind != sale.SceneCreating && s.Kind != sale.ScenePay:
			k.t.Fatalf("the customer waits for a new code and sees %s", s.Kind)
		}
	}
	k.t.Fatal("no new code within ten seconds")
	return ""
}

// A customer whose code a stranger has scanned presses the number again, or the
// key for a new code. The new one comes only after the old order is closed at
// the provider.
func TestNewCode(t *testing.T) {
	for name, key := range map[string]sale.Slot{"the same number": 11, "the key for it": 99} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(k *kiosk) {
				k.off()
				k.options.NewCode = 99
				k.on()
				first := k.code(11)
				old := k.order().Number
				k.wait(5 * time.Second)
				k.board.Press(key)
				second := k.pressesAgain(first)
				if trade, _ := k.provider.Trade(old); trade.State != sale.TradeClosed {
					t.Errorf("a new code, and the old order is %s at the provider", trade.State)
				}
				k.pay(second)
				o := k.ends(sale.Dispensed, sale.CauseDropped, 10*time.Second)
				if o.Number == old || o.Product.Slot != 11 {
					t.Errorf("served as %s from slot %v", o.Number, o.Product.Slot)
				}
			})
		})
	}
}

// Who has paid and presses the number before the machine knows gets the
// product, and no new code.
func TestNewCodeAfterPaying(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		code := k.code(11)
		k.wait(5200 * time.Millisecond)
		k.pay(code)
		k.board.Press(11)
		k.ends(sale.Dispensed, sale.CauseDropped, 10*time.Second)
		if n := len(k.ledger.Orders()); n != 1 || k.order().Late {
			t.Errorf("%d orders, late %v", n, k.order().Late)
		}
	})
}

func TestNewCodeIsCancelled(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.code(11)
		k.wait(5 * time.Second)
		k.board.Press(11)
		k.wait(100 * time.Millisecond)
		k.board.Cancel()
		k.sees(sale.SceneCancelling, time.Second)
		k.ends(sale.Closed, sale.CauseClosedThere, 10*time.Second)
		k.sees(sale.SceneIdle, 10*time.Second)
		if n := len(k.ledger.Orders()); n != 1 {
			t.Errorf("%d orders", n)
		}
	})
}

// A power cut between the two codes leaves an order that is closed, and a free
// machine.
func TestPowerCutBeforeTheNewCode(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.code(11)
		k.wait(5 * time.Second)
		k.board.Press(11)
		k.wait(100 * time.Millisecond)
		k.off()
		k.on()
		k.ends(sale.Closed, sale.CauseClosedThere, 20*time.Second)
		k.sees(sale.SceneIdle, 20*time.Second)
	})
}

// Nobody can ask the provider: the customer is told, and no second code comes
// up before the first is dead.
func TestNoNewCodeWithoutTheProvider(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.code(11)
		k.wait(5 * time.Second)
		k.provider.Slow(time.Hour)
		k.board.Press(11)
		k.sees(sale.SceneStillOpen, 40*time.Second)
		if n := len(k.ledger.Orders()); n != 1 {
			t.Errorf("%d orders", n)
		}
		k.provider.Slow(40 * time.Millisecond)
		k.ends(sale.Closed, sale.CauseClosedThere, 3*time.Minute)
	})
}

func TestTheKeyForANewCodeIsNoProduct(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.off()
		k.options.NewCode = 99
		k.on()
		k.board.Press(99)
		k.sees(sale.SceneNoSuchSlot, time.Second)
	})
}

// Who waits for a new code in vain is told after a while, and then a key works.
func TestAKeyEndsAWaitForANewCodeInVain(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.code(11)
		k.wait(5 * time.Second)
		k.provider.Slow(time.Hour)
		k.board.Press(11)
		k.sees(sale.SceneStillOpen, 40*time.Second)
		k.wait(9 * time.Second)
		k.board.Press(12)
		k.sees(sale.SceneOffline, time.Second)
	})
}
