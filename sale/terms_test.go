package sale_test

import (
	"context"
	"testing"
	"time"

	"kioskd/sale"
	"kioskd/sale/saletest"
)

func (k *kiosk) terms() sale.Terms {
	o := k.options
	return sale.Terms{
		Products: o.Products, Spares: o.Spares, NewCode: o.NewCode, PayWithin: o.PayWithin, DispenseWithin: o.DispenseWithin,
		Policy: o.Policy, RefundCap: o.RefundCap, MaxDoubts: o.MaxDoubts,
	}
}

func dearer(t sale.Terms) sale.Terms {
	t.Products = append([]sale.Product(nil), t.Products...)
	for i := range t.Products {
		t.Products[i].Price += 100
	}
	return t
}

// A new price holds for the next order. A customer who has a code pays what it
// says, for as long as it said.
func TestChange(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		was := k.options.Products[0].Price
		code := k.code(11)
		next := dearer(k.terms())
		next.PayWithin = time.Second
		if atOnce, err := k.machine.Change(context.Background(), next); err != nil || atOnce {
			t.Fatalf("at once: %v, %v", atOnce, err)
		}
		k.wait(3 * time.Second)
		k.pay(code)
		k.ends(sale.Dispensed, sale.CauseDropped, time.Minute)
		if o := k.order(); o.Product.Price != was {
			t.Errorf("who had a code for %s paid %s", was, o.Product.Price)
		}
		k.sees(sale.SceneIdle, time.Minute)
		k.wait(time.Second)
		if got := k.panel.Now().Offers[0].Product.Price; got != was+100 {
			t.Errorf("the idle screen says %s, want %s", got, was+100)
		}
		k.code(11)
		if o := k.order(); o.Product.Price != was+100 {
			t.Errorf("the next order costs %s, want %s", o.Product.Price, was+100)
		}
		k.wait(10 * time.Second)
		if o := k.order(); o.State != sale.Closed || o.Cause != sale.CauseClosedThere {
			t.Errorf("after the new time to pay it is %s (%s)", o.State, o.Cause)
		}
		if atOnce, err := k.machine.Change(context.Background(), k.terms()); err != nil || !atOnce {
			t.Errorf("with nobody there: at once %v, %v", atOnce, err)
		}
		k.audit()
	})
}

// A product that is taken out of the sale while it is being bought is served.
func TestChangeTakesAProductOut(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		code := k.code(11)
		next := k.terms()
		next.Products = next.Products[1:]
		if _, err := k.machine.Change(context.Background(), next); err != nil {
			t.Fatal(err)
		}
		k.pay(code)
		k.ends(sale.Dispensed, sale.CauseDropped, time.Minute)
		k.sees(sale.SceneIdle, time.Minute)
		k.wait(time.Second)
		k.machine.Press(11)
		k.sees(sale.SceneNoSuchSlot, time.Minute)
	})
}

// A machine that is to run anew lets the customer who is there finish, and
// leaves what is in the background to the next.
func TestYield(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.provider.RefundTakes(time.Hour)
		refunding := k.paidAndFailed()
		k.board.Plan(saletest.Fate(saletest.Vend{Drops: true}))
		code := k.code(12)
		k.machine.Yield()
		k.wait(5 * time.Second)
		k.pay(code)
		k.wait(10 * time.Second)
		select {
		case err := <-k.ended:
			t.Fatalf("ended with the product in the tray for a moment: %v", err)
		default:
		}
		k.wait(10 * time.Second)
		select {
		case err := <-k.ended:
			if err != nil {
				t.Fatal(err)
			}
		default:
			t.Fatal("it still runs, and nobody is there")
		}
		if o := k.order(); o.State != sale.Dispensed {
			t.Errorf("the customer's order is %s", o.State)
		}
		k.on()
		k.provider.SetRefund(refunding, sale.RefundSuccess)
		k.wait(10 * time.Minute)
		for _, o := range k.ledger.Orders() {
			if o.Number == refunding && o.State != sale.Refunded {
				t.Errorf("the refund in the background is %s", o.State)
			}
		}
		k.audit()
	})
}

// An order that nobody sees on the screen, and of which nobody knows yet whether
// it was served, holds the machine.
func TestYieldWaitsForWhatIsInDoubt(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.off()
		k.ledger.Add(sale.Order{Number: "T1-9-GHOSTS", Seq: 9, State: sale.Unknown, Restored: true})
		k.on()
		k.machine.Yield()
		k.wait(time.Minute)
		select {
		case err := <-k.ended:
			k.ended <- err
			t.Error("it ended with an order in doubt")
		default:
		}
	})
}

// Who presses a key while the customer of before still takes the product pays
// the new price: there need be no moment with nobody at the machine.
func TestChangeBetweenTwoCustomers(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		was := k.options.Products[0].Price
		code := k.code(11)
		if _, err := k.machine.Change(context.Background(), dearer(k.terms())); err != nil {
			t.Fatal(err)
		}
		k.pay(code)
		k.sees(sale.SceneTake, time.Minute)
		k.wait(3 * time.Second) // it may be ended by a key now
		k.code(11)
		if o := k.order(); o.Product.Price != was+100 {
			t.Errorf("the next order costs %s, want %s", o.Product.Price, was+100)
		}
		k.audit()
	})
}
