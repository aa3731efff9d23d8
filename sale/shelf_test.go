package sale_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/sale"
	"kioskd/sale/saletest"
)

// inSlots runs a test on a machine with water in 11, 21 and 22, and tea in 12.
func inSlots(t *testing.T, other bool, test func(k *kiosk)) {
	inBubble(t, func(k *kiosk) {
		k.off()
		k.options.Products = []sale.Product{{Slot: 11, Name: "water", Price: 200}, {Slot: 12, Name: "tea", Price: 350}}
		k.options.Spares = map[sale.Slot][]sale.Slot{11: {21, 22}}
		k.options.Policy.OtherSlot = other
		k.on()
		k.sees(sale.SceneIdle, time.Second)
		test(k)
	})
}

func (k *kiosk) shelf(slot sale.Slot) sale.SlotStatus {
	k.t.Helper()
	all, err := k.machine.Slots(context.Background())
	if err != nil {
		k.t.Fatal(err)
	}
	for _, s := range all {
		if s.Product.Slot == slot {
			return s
		}
	}
	k.t.Fatalf("no slot %d", slot)
	return sale.SlotStatus{}
}

func (k *kiosk) shelve(slot sale.Slot, want sale.Shelving) {
	k.t.Helper()
	if _, err := k.machine.Shelve(context.Background(), slot, want); err != nil {
		k.t.Fatal(err)
	}
}

// jam lets the slots named fail, and all others serve.
func (k *kiosk) jam(slots ...sale.Slot) {
	k.board.Plan(func(c sale.Command) saletest.Vend {
		for _, s := range slots {
			if s == c.Slot {
				return saletest.Vend{}
			}
		}
		return saletest.Vend{Drops: true}
	})
}

func TestNextSlotWhenEmptyOrClosed(t *testing.T) {
	for _, c := range []struct {
		name   string
		breaks func(k *kiosk)
		want   sale.Slot
	}{
		{"all well", func(k *kiosk) {}, 11},
		{"the board says sold out", func(k *kiosk) { k.board.Refuse(11, sale.ErrSoldOut) }, 21},
		{"two are refused", func(k *kiosk) { k.board.Refuse(11, sale.ErrSlotClosed); k.board.Refuse(21, sale.ErrNoSlot) }, 22},
		{"counted down to nothing", func(k *kiosk) { k.shelve(11, sale.Shelving{Stock: new(0)}) }, 21},
		{"closed by a person", func(k *kiosk) { k.shelve(11, sale.Shelving{Open: new(false)}) }, 21},
	} {
		t.Run(c.name, func(t *testing.T) {
			inSlots(t, false, func(k *kiosk) {
				c.breaks(k)
				k.pay(k.code(11))
				o := k.ends(sale.Dispensed, sale.CauseDropped, 20*time.Second)
				if o.Product != (sale.Product{Slot: c.want, Name: "water", Price: 200}) {
					t.Errorf("sold %+v, want slot %d", o.Product, c.want)
				}
				k.audit()
			})
		})
	}
}

func TestAllSlotsOfAProductAreOut(t *testing.T) {
	inSlots(t, false, func(k *kiosk) {
		k.board.Refuse(11, sale.ErrSoldOut)
		k.shelve(21, sale.Shelving{Open: new(false), Reason: "cracked"})
		k.shelve(22, sale.Shelving{Stock: new(0)})
		k.board.Press(11)
		k.sees(sale.SceneSoldOut, time.Second)
		idle := k.sees(sale.SceneIdle, 6*time.Second)
		want := []sale.Offer{
			{Product: sale.Product{Slot: 11, Name: "water", Price: 200}, Stock: sale.OutOfStock},
			{Product: sale.Product{Slot: 12, Name: "tea", Price: 350}},
		}
		if d := cmp.Diff(want, idle.Offers); d != "" {
			t.Errorf("offers (-want +got):\n%s", d)
		}
		k.board.Refuse(11, nil) // somebody has filled it, and the board does not say so by itself
		k.pay(k.code(11))
		k.ends(sale.Dispensed, sale.CauseDropped, 20*time.Second)
	})
}

// Whichever slots the board was asked about, the screen answers the key.
func TestScreenAnswersTheKey(t *testing.T) {
	inSlots(t, false, func(k *kiosk) {
		k.board.Refuse(11, sale.ErrSoldOut)
		k.board.Refuse(21, sale.ErrSlotClosed)
		k.board.Refuse(22, sale.ErrSlotClosed)
		k.board.Press(11)
		if s := k.sees(sale.SceneSoldOut, 2*time.Second); s.Slot != 11 || s.Product.Slot != 11 {
			t.Errorf("the screen shows slot %d, product %+v", s.Slot, s.Product)
		}
		k.board.Refuse(22, nil)
		k.code(11)
		if s := k.panel.Now(); s.Slot != 11 || s.Product.Slot != 22 {
			t.Errorf("the code is up for slot %d, product %+v", s.Slot, s.Product)
		}
	})
}

// A press on a spare slot sells from it, and a spare slot that is out is
// replaced by the main one.
func TestSpareSlotPressed(t *testing.T) {
	inSlots(t, false, func(k *kiosk) {
		k.pay(k.code(22))
		if o := k.ends(sale.Dispensed, sale.CauseDropped, 20*time.Second); o.Product.Slot != 22 || o.Product.Price != 200 {
			t.Errorf("sold %+v", o.Product)
		}
		k.wait(10 * time.Second)
		k.shelve(22, sale.Shelving{Stock: new(0)})
		k.pay(k.code(22))
		if o := k.ends(sale.Dispensed, sale.CauseDropped, 20*time.Second); o.Product.Slot != 11 {
			t.Errorf("sold %+v", o.Product)
		}
	})
}

// Only a proved drop counts a slot down, and the count outlives the process.
func TestStockCountsDrops(t *testing.T) {
	inSlots(t, false, func(k *kiosk) {
		k.shelve(12, sale.Shelving{Stock: new(2)})
		stock := func(want int) {
			t.Helper()
			if got := k.shelf(12).Shelf; !got.Counted || got.Stock != want {
				t.Errorf("the slot has %+v, want %d", got, want)
			}
		}
		sell := func() { k.pay(k.code(12)); k.wait(40 * time.Second) }
		sell()
		stock(1)
		k.off()
		k.on()
		k.wait(2 * time.Second)
		stock(1)

		k.board.Plan(saletest.Fate(saletest.Vend{Silent: true, Drops: true})) // unknown, then proved by the board
		sell()
		k.ends(sale.Dispensed, sale.CauseDropped, 2*time.Minute)
		stock(0)
		k.board.Press(12)
		k.sees(sale.SceneSoldOut, 10*time.Second)
		k.shelve(12, sale.Shelving{Stock: new(5)})
		k.wait(10 * time.Second)

		k.board.Plan(saletest.Fate(saletest.Vend{Unsent: true}))
		sell()
		k.board.Plan(nil)
		stock(5) // and the slot is not to blame
		k.wait(time.Minute)
		sell()
		stock(4)
		k.shelve(12, sale.Shelving{Stock: new(-1)})
		if s := k.shelf(12).Shelf; s.Counted || s.Stock != 0 {
			t.Errorf("not counted any more, but %+v", s)
		}
	})
}

// A slot whose vend failed stays closed over restarts and whatever the board
// says, until a person opens it.
func TestFailedSlotWaitsForAPerson(t *testing.T) {
	inSlots(t, false, func(k *kiosk) {
		k.jam(12)
		k.pay(k.code(12))
		o := k.ends(sale.Refunded, sale.CauseRefunded, 20*time.Second)
		s := k.shelf(12)
		if s.State != sale.SlotClosed || s.Shelf.Closed != sale.ClosedByFailure || s.Shelf.Order != o.Number || s.Shelf.Reason != "jammed" || s.Shelf.Since.IsZero() {
			t.Errorf("the slot is %+v", s)
		}
		k.off()
		k.on()
		k.board.Report(sale.SlotReport{Slot: 12})
		k.wait(2 * time.Second)
		k.board.Press(12)
		k.sees(sale.SceneSlotClosed, time.Second)
		k.jam()
		k.shelve(12, sale.Shelving{Open: new(true)})
		k.wait(5 * time.Second)
		k.pay(k.code(12))
		k.ends(sale.Dispensed, sale.CauseDropped, 20*time.Second)
		if s := k.shelf(12); s.State != sale.InStock || s.Shelf != (sale.Shelf{Slot: 12}) {
			t.Errorf("the slot is %+v", s)
		}
	})
}

// After a proved failure another slot serves the order, with a command of its
// own; after two the money goes back.
func TestOtherSlotAfterAFailure(t *testing.T) {
	for _, c := range []struct {
		name   string
		breaks func(k *kiosk)
		state  sale.State
		cause  sale.Cause
		failed []sale.Slot
		slot   sale.Slot
	}{
		{"the next one", func(k *kiosk) { k.jam(11) }, sale.Dispensed, sale.CauseDropped, []sale.Slot{11}, 21},
		{"the third one", func(k *kiosk) { k.jam(11, 21) }, sale.Dispensed, sale.CauseDropped, []sale.Slot{11, 21}, 22},
		{"the board refuses one", func(k *kiosk) { k.jam(11); k.board.Refuse(21, sale.ErrSoldOut) }, sale.Dispensed, sale.CauseDropped, []sale.Slot{11}, 22},
		{"all fail", func(k *kiosk) { k.jam(11, 21, 22) }, sale.Refunded, sale.CauseRefunded, []sale.Slot{11, 21}, 22},
		{"no other is left", func(k *kiosk) {
			k.jam(11)
			k.shelve(21, sale.Shelving{Open: new(false)})
			k.shelve(22, sale.Shelving{Open: new(false)})
		}, sale.Refunded, sale.CauseRefunded, nil, 11},
		{"the command never left", func(k *kiosk) { k.board.Plan(saletest.Fate(saletest.Vend{Unsent: true})) }, sale.Refunded, sale.CauseRefunded, nil, 11},
		{"silence", func(k *kiosk) { k.board.Plan(saletest.Fate(saletest.Vend{Silent: true})); k.board.Mute(true) }, sale.Refunded, sale.CauseRefunded, nil, 11},
	} {
		t.Run(c.name, func(t *testing.T) {
			inSlots(t, true, func(k *kiosk) {
				c.breaks(k)
				k.pay(k.code(11))
				o := k.ends(c.state, c.cause, 3*time.Minute)
				if d := cmp.Diff(c.failed, o.Failed); d != "" || o.Product.Slot != c.slot || o.Commands != len(c.failed)+1 {
					t.Errorf("slot %d, %d commands, failed (-want +got):\n%s", o.Product.Slot, o.Commands, d)
				}
				for _, slot := range c.failed {
					if s := k.shelf(slot).Shelf; s.Closed != sale.ClosedByFailure || s.Order != o.Number {
						t.Errorf("slot %d is %+v", slot, s)
					}
				}
				k.audit()
			})
		})
	}
}

// Each command of an order has a token of its own. A board may keep only one
// byte of it, modulo 255, and take what comes twice in a row for a repeat: the
// orders that share it are at least 64 apart.
func TestTokensOfOneOrder(t *testing.T) {
	inSlots(t, true, func(k *kiosk) {
		var tokens []uint32
		k.board.Plan(func(c sale.Command) saletest.Vend {
			tokens = append(tokens, c.Token)
			return saletest.Vend{}
		})
		k.pay(k.code(11))
		k.ends(sale.Refunded, sale.CauseRefunded, 3*time.Minute)
		if len(tokens) != 3 || tokens[0] != 1 {
			t.Fatalf("tokens %d", tokens)
		}
		for _, token := range tokens[1:] {
			if n := (token - tokens[0]) % 255; n < 64 || token-tokens[0] < 1<<28 {
				t.Errorf("token %d shares its byte with that of %d orders later", token, n)
			}
		}
	})
}

// The power goes at each commit of an order that is served from another slot.
func TestPowerCutWhileTryingElsewhere(t *testing.T) {
	for cut := 1; cut <= 7; cut++ {
		for _, before := range []bool{true, false} {
			inSlots(t, true, func(k *kiosk) {
				k.jam(11)
				n := 0
				k.ledger.CutPower(func(sale.Step) (bool, bool) {
					n++
					return n == cut && before, n == cut && !before
				})
				k.board.Press(11)
				k.wait(2 * time.Second)
				if code := k.panel.Now().CodeURL; code != "" {
					_ = k.provider.Pay(code)
				}
				for range 3 {
					k.wait(time.Minute)
					select {
					case err := <-k.ended:
						if !errors.Is(err, saletest.ErrPowerCut) {
							t.Fatal(err)
						}
						k.on()
					default:
					}
				}
				k.wait(5 * time.Minute)
				for _, o := range k.ledger.Orders() {
					if !o.State.Final() {
						t.Errorf("cut %d: order %s is %s", cut, o.Number, o.State)
					}
				}
				k.audit()
			})
		}
	}
}

// A person may close a slot while the board is asked about it: then no motor
// turns there.
func TestClosedWhileTheBoardIsAsked(t *testing.T) {
	inSlots(t, true, func(k *kiosk) {
		k.board.Press(11)
		k.wait(100 * time.Millisecond)
		k.shelve(11, sale.Shelving{Open: new(false)})
		k.wait(time.Second)
		k.jam(21)
		k.pay(k.panel.Now().CodeURL)
		for end := time.Now().Add(10 * time.Second); k.order().State != sale.Paid || len(k.order().Failed) == 0; k.wait(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("order %+v", k.order())
			}
		}
		k.shelve(11, sale.Shelving{Open: new(true)})
		k.wait(300 * time.Millisecond) // the wait for the machine, and half of the question
		k.shelve(11, sale.Shelving{Open: new(false)})
		if o := k.ends(sale.Dispensed, sale.CauseDropped, 20*time.Second); o.Product.Slot != 22 || len(o.Failed) != 1 || o.Failed[0] != 21 {
			t.Errorf("served from %d after %v", o.Product.Slot, o.Failed)
		}
	})
}

func TestWrongShelvings(t *testing.T) {
	inSlots(t, false, func(k *kiosk) {
		for _, c := range []struct {
			slot sale.Slot
			want sale.Shelving
			err  error
		}{
			{99, sale.Shelving{}, sale.ErrSlotUnknown},
			{11, sale.Shelving{Stock: new(1000)}, sale.ErrStockRange},
			{11, sale.Shelving{Stock: new(-2)}, sale.ErrStockRange},
		} {
			if _, err := k.machine.Shelve(context.Background(), c.slot, c.want); !errors.Is(err, c.err) {
				t.Errorf("slot %d, %+v: %v", c.slot, c.want, err)
			}
		}
		full := &sale.Fault{Code: sale.CodeStoreSpace}
		k.ledger.Ail(full)
		if _, err := k.machine.Shelve(context.Background(), 11, sale.Shelving{Stock: new(3)}); !errors.Is(err, full) {
			t.Error(err)
		}
		k.ledger.Ail(nil)
		if s := k.shelf(11).Shelf; s != (sale.Shelf{Slot: 11}) {
			t.Errorf("the slot is %+v", s)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := k.machine.Slots(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// What a person has opened stays open, whatever news of the refund comes later.
func TestRefundClosesNoSlotAgain(t *testing.T) {
	for _, c := range []struct {
		name string
		then error // of the refund calls once the slot is open
	}{{"accepted at last", nil}, {"refused", sale.ErrRefused}} {
		t.Run(c.name, func(t *testing.T) {
			inSlots(t, false, func(k *kiosk) {
				k.jam(12)
				k.provider.RefundTakes(time.Hour)
				code := k.code(12)
				k.provider.Break(failing("refund", sale.ErrNotEnough))
				k.pay(code)
				k.wait(10 * time.Second)
				if s := k.shelf(12).Shelf; s.Closed != sale.ClosedByFailure || s.Reason != "jammed" {
					t.Fatalf("the slot is %+v", s)
				}
				k.shelve(12, sale.Shelving{Open: new(true)})
				k.provider.Break(nil)
				if c.then != nil {
					k.provider.Break(failing("refund", c.then))
				}
				k.wait(30 * time.Minute)
				if s := k.shelf(12).Shelf; s != (sale.Shelf{Slot: 12}) {
					t.Errorf("the slot is %+v", s)
				}
			})
		})
	}
}
