package sale_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"kioskd/sale"
	"kioskd/sale/saletest"
)

// paidAndFailed leaves a paid order whose product did not fall.
func (k *kiosk) paidAndFailed() sale.Number {
	k.t.Helper()
	k.board.Plan(saletest.Fate(saletest.Vend{}))
	code := k.code(11)
	k.pay(code)
	for range 100 {
		k.wait(100 * time.Millisecond)
		if s := k.order().State; s == sale.Refunding || s == sale.Attention || s == sale.Refunded {
			break
		}
	}
	if _, err := k.machine.Shelve(context.Background(), 11, sale.Shelving{Open: new(true)}); err != nil {
		k.t.Fatal(err)
	}
	k.sees(sale.SceneIdle, 2*time.Minute)
	return k.order().Number
}

func (k *kiosk) giveBack(n sale.Number, dispensed bool) error {
	_, err := k.machine.Refund(context.Background(), sale.GiveBack{Number: string(n), Reason: "the bottle was broken", Dispensed: dispensed})
	k.wait(3 * time.Second)
	return err
}

// Three refunds that the provider refuses for a reason of its own end the
// asking for a while; then one tries for all.
func TestRefundsBreak(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		calls := []time.Time{}
		var broken atomic.Bool
		broken.Store(true)
		k.provider.Break(func(call string, _ sale.Order, after bool) error {
			if call != "refund" || after || !broken.Load() {
				return nil
			}
			calls = append(calls, time.Now())
			return fmt.Errorf("%w: HTTP 500 SYSTEM_ERROR", sale.ErrTemporary)
		})
		begun := time.Now()
		for range 5 {
			k.paidAndFailed()
		}
		k.wait(time.Hour - time.Since(begun))
		// Three at once, then 10, 20 and 40 minutes later one each.
		if n := len(calls); n < 5 || n > 7 {
			t.Errorf("%d refund calls in an hour in which all failed, of five orders: %v", n, calls)
		}
		broken.Store(false)
		k.wait(90 * time.Minute)
		for _, o := range k.ledger.Orders() {
			if o.State != sale.Refunded {
				t.Errorf("order %s is %s after the provider works again", o.Number, o.State)
			}
		}
		k.audit()
	})
}

// Without a network nothing is known of the provider: refunds that could not be
// asked for are asked for as soon as it is back.
func TestRefundsDoNotBreakWithoutANetwork(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		var down atomic.Bool
		down.Store(true)
		k.provider.Break(func(call string, o sale.Order, after bool) error {
			if down.Load() && call == "refund" {
				return &sale.Fault{Code: sale.CodeNetDown, What: "no network", Err: sale.ErrTemporary}
			}
			return nil
		})
		k.board.Plan(saletest.Fate(saletest.Vend{}))
		k.pay(k.code(11))
		k.wait(20 * time.Minute)
		down.Store(false)
		k.ends(sale.Refunded, sale.CauseRefunded, 6*time.Minute)
	})
}

func TestRefundsAreHeld(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.off()
		k.options.Policy.HoldRefunds = true
		k.on()
		n := k.paidAndFailed()
		k.wait(time.Hour)
		if o := k.order(); o.State != sale.Attention || o.Cause != sale.CauseRefundHeld {
			t.Fatalf("%s because of %s", o.State, o.Cause)
		}
		if trade, _ := k.provider.Trade(n); trade.Refunds != 0 {
			t.Fatal("refunded without a person's word")
		}
		if err := k.giveBack(n, false); err != nil {
			t.Fatal(err)
		}
		k.ends(sale.Refunded, sale.CauseRefunded, time.Minute)
	})
}

// Once the refunds of a day reach the cap, the next orders wait for a person,
// over a restart too, and a day later no more.
func TestRefundCap(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.off()
		k.options.RefundCap = 400 // two of them
		k.on()
		states := func() (s []sale.State) {
			for _, o := range k.ledger.Orders() {
				s = append(s, o.State)
			}
			return s
		}
		k.paidAndFailed()
		k.paidAndFailed()
		k.paidAndFailed()
		k.off()
		k.on()
		k.paidAndFailed()
		k.wait(25 * time.Hour)
		k.paidAndFailed()
		k.wait(time.Minute)
		want := []sale.State{sale.Refunded, sale.Refunded, sale.Attention, sale.Attention, sale.Refunded}
		if got := states(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("orders end as %v, want %v", got, want)
		}
	})
}

func TestAPersonGivesBack(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.pay(k.code(11))
		served := k.ends(sale.Dispensed, sale.CauseDropped, 10*time.Second).Number
		for _, c := range []struct {
			do   func() error
			want string
		}{
			{func() error { return k.giveBack(served, false) },
				"order " + string(served) + ": its product was dispensed: add --dispensed if the money shall go back all the same"},
			{func() error { return k.giveBack("nobody", false) }, `no order "nobody"`},
			{func() error {
				_, err := k.machine.Refund(context.Background(), sale.GiveBack{Number: string(served), Dispensed: true})
				return err
			}, "no reason is given"},
		} {
			if err := c.do(); err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		}
		if err := k.giveBack(served, true); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			if k.wait(time.Second); k.order().State == sale.Refunded {
				break
			}
		}
		o := k.order()
		if trade, _ := k.provider.Trade(served); o.State != sale.Refunded || !o.Refund.ByPerson || trade.Refunds != 1 || k.board.Drops(served) != 1 {
			t.Errorf("%s, %+v, %d refunds", o.State, o.Refund, trade.Refunds)
		}
		if err := k.giveBack(served, true); err == nil || err.Error() != "order "+string(served)+": its money is back already" {
			t.Error(err)
		}
	})
}

// A refund that the provider has closed moved no money. A person may have it
// asked for again, under a number of its own.
func TestAPersonAsksAgainAfterAClosedRefund(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.provider.RefundTakes(time.Hour)
		n := k.paidAndFailed()
		k.provider.SetRefund(n, sale.RefundClosed)
		k.wait(10 * time.Minute)
		o := k.order()
		if o.State != sale.Attention || o.Refund.Status != sale.RefundClosed {
			t.Fatalf("%s, refund %s", o.State, o.Refund.Status)
		}
		if err := k.giveBack(n, false); err != nil {
			t.Fatal(err)
		}
		if got := k.order().RefundNumber(); got != string(n)+"R2" {
			t.Errorf("asks under %s", got)
		}
	})
}

// An order that only other settings can speak for is refused here, without a
// word to the provider: that says nothing of other refunds.
func TestRefundsDoNotBreakOverAnOrderOfOtherSettings(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		foreign := sale.Number("")
		k.provider.Break(func(call string, o sale.Order, after bool) error {
			if call != "refund" && call != "query refund" {
				return nil
			}
			if foreign == "" {
				foreign = o.Number
			}
			if o.Number == foreign {
				return &sale.Fault{Code: sale.CodePayMerchant, What: "the order was made with another payment.driver", Err: sale.ErrMerchant}
			}
			return nil
		})
		k.paidAndFailed()
		k.wait(3 * time.Hour)
		n := k.paidAndFailed()
		k.wait(time.Minute)
		if o := k.order(); o.Number != n || o.State != sale.Refunded {
			t.Errorf("%s is %s", o.Number, o.State)
		}
	})
}

// Who asks for a refund in person does not wait until the others may be tried again.
func TestAPersonsRefundDoesNotWaitForOthers(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		var broken atomic.Bool
		broken.Store(true)
		k.provider.Break(func(call string, _ sale.Order, after bool) error {
			if call != "refund" || after || !broken.Load() {
				return nil
			}
			return fmt.Errorf("%w: HTTP 500 SYSTEM_ERROR", sale.ErrTemporary)
		})
		k.pay(k.code(12))
		served := k.ends(sale.Dispensed, sale.CauseDropped, 10*time.Second).Number
		k.sees(sale.SceneIdle, 20*time.Second)
		for range 4 {
			k.paidAndFailed()
		}
		k.wait(3 * time.Hour)
		broken.Store(false)
		if err := k.giveBack(served, true); err != nil {
			t.Fatal(err)
		}
		k.wait(15 * time.Second)
		for _, o := range k.ledger.Orders() {
			if o.Number == served && o.State != sale.Refunded {
				t.Errorf("%s after 15 s", o.State)
			}
		}
	})
}

// Somebody asked for money at the provider, under a number of his own. Where no
// money may go back by itself, that is no reason to send the rest.
func TestHeldRefundsAreNotAddedToThoseOfThePortal(t *testing.T) {
	o := sale.Order{Number: "T1-1-ABCDEF", State: sale.Awaiting, CodeURL: "weixin://", Product: sale.Product{Slot: 11, Price: 200}}
	for _, held := range []bool{false, true} {
		o.Policy.HoldRefunds = held
		o, _, effects := sale.Next(o, sale.TradeSeen{Trade: sale.Trade{State: sale.TradeRefunded, TransactionID: "tx"}})
		if o.State != sale.Refunding || !slices.Equal(effects, []sale.Effect{sale.DoQueryRefund}) {
			t.Fatalf("%s, %v", o.State, effects)
		}
		o, _, effects = sale.Next(o, sale.CallFailed{Call: sale.DoQueryRefund, Why: sale.FailNotFound})
		want, do := sale.Refunding, sale.DoRefund
		if held {
			want, do = sale.Attention, sale.DoAlarm
		}
		if o.State != want || !slices.Equal(effects, []sale.Effect{do}) {
			t.Errorf("held %v: %s, %v", held, o.State, effects)
		}
		if !held {
			continue
		}
		o, _, _ = sale.Next(o, sale.Resolved{As: sale.Refunding, Reason: "half was missing"})
		o, _, effects = sale.Next(o, sale.CallFailed{Call: sale.DoQueryRefund, Why: sale.FailNotFound})
		if o.State != sale.Refunding || !slices.Equal(effects, []sale.Effect{sale.DoRefund}) {
			t.Errorf("by a person: %s, %v", o.State, effects)
		}
	}
}

// Settings that cannot speak for a refund that is under way, after a change of
// the merchant for instance, are a person's business: nothing else will tell.
func TestARefundThatCannotBeAskedAboutNeedsAPerson(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		alarms := make(chan sale.Number, 100)
		k.off()
		k.options.Alarm = func(o sale.Order) { alarms <- o.Number }
		k.on()
		k.provider.RefundTakes(time.Hour)
		n := k.paidAndFailed()
		k.off()
		k.provider.Break(func(call string, _ sale.Order, after bool) error {
			if call == "query refund" {
				return &sale.Fault{Code: sale.CodePayMerchant, What: "the order belongs to another merchant", Err: sale.ErrMerchant}
			}
			return nil
		})
		k.on()
		k.wait(10 * time.Minute)
		if len(alarms) != 1 || <-alarms != n {
			t.Errorf("%d more alarms in ten minutes", len(alarms))
		}
		k.provider.Break(nil)
		k.wait(2 * time.Hour)
		k.ends(sale.Refunded, sale.CauseRefunded, time.Minute)
	})
}

// What the screen promises where refunds are held: money that is owed for
// certain, and nothing where the product may have fallen.
func TestWhatIsSaidOfHeldRefunds(t *testing.T) {
	for _, c := range []struct {
		name  string
		vend  saletest.Vend
		cause sale.Cause
		scene sale.SceneKind
	}{
		{"proved", saletest.Vend{}, sale.CauseRefundHeld, sale.SceneRefundPerson},
		{"in doubt", saletest.Vend{Drops: true, Silent: true}, sale.CauseNoProof, sale.SceneHeld},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(k *kiosk) {
				k.off()
				k.options.Policy.HoldRefunds = true
				k.board.Mute(true)
				k.board.Plan(saletest.Fate(c.vend))
				k.on()
				k.pay(k.code(11))
				k.sees(c.scene, 90*time.Second)
				k.ends(sale.Attention, c.cause, time.Second)
				if err := k.giveBack(k.order().Number, false); err != nil {
					t.Fatal(err)
				}
				k.ends(sale.Refunded, sale.CauseRefunded, time.Minute)
			})
		})
	}
}
