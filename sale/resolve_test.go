package sale_test

import (
	"context"
	"testing"
	"time"

	"kioskd/sale"
)

// A person settles the question of an order, each way once, with the reason in
// the journal.
func TestResolve(t *testing.T) {
	for _, c := range []struct {
		as, want sale.State
		refunds  int
	}{
		{sale.Dispensed, sale.Dispensed, 0},
		{sale.WrittenOff, sale.WrittenOff, 0},
		{sale.Refunding, sale.Refunded, 1},
	} {
		t.Run(string(c.as), func(t *testing.T) {
			inBubble(t, func(k *kiosk) {
				n := k.question()
				if _, err := k.resolve(n, c.as); err != nil {
					t.Fatal(err)
				}
				k.wait(10 * time.Second)
				o := k.order()
				if o.State != c.want {
					t.Fatalf("it is %s", o.State)
				}
				if trade, _ := k.provider.Trade(n); trade.Refunds != c.refunds {
					t.Errorf("%d refunds", trade.Refunds)
				}
				if c.as != sale.Refunding && (o.Cause != sale.CausePerson || o.Detail != "the customer called") {
					t.Errorf("recorded as %s, %q", o.Cause, o.Detail)
				}
				_, err := k.resolve(n, sale.Dispensed)
				want := "order " + string(n) + ": asks nothing, it is " + string(c.want)
				if err == nil || err.Error() != want {
					t.Errorf("a second word: %v, want %q", err, want)
				}
				k.audit()
			})
		})
	}
}

// Who was written off and turns up gets the money back, over a restart too.
func TestResolveAgain(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		n := k.question()
		if _, err := k.resolve(n, sale.WrittenOff); err != nil {
			t.Fatal(err)
		}
		k.off()
		k.on()
		if o := k.order(); o.State != sale.WrittenOff {
			t.Fatalf("after a restart it is %s", o.State)
		}
		if _, err := k.resolve(n, sale.Refunding); err != nil {
			t.Fatal(err)
		}
		k.ends(sale.Refunded, sale.CauseRefunded, time.Minute)
	})
}

func TestResolveRefuses(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		n := k.question()
		for as, want := range map[sale.State]string{
			"sold":      `cannot be settled as "sold"`,
			sale.Closed: `cannot be settled as "closed"`,
			"":          `cannot be settled as ""`,
		} {
			if _, err := k.resolve(n, as); err == nil || err.Error() != "order "+string(n)+": "+want {
				t.Errorf("%q: %v", as, err)
			}
		}
		if _, err := k.machine.Resolve(context.Background(), sale.Resolution{Number: string(n), As: sale.Dispensed}); err == nil || err.Error() != "no reason is given" {
			t.Errorf("without a reason: %v", err)
		}
		if o := k.order(); o.State != sale.Attention {
			t.Errorf("it is %s", o.State)
		}
	})
}

// What goes on by itself is no question.
func TestResolveWaits(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.provider.RefundTakes(time.Hour)
		n := k.paidAndFailed()
		want := "order " + string(n) + ": is being settled (refunding): wait"
		if _, err := k.resolve(n, sale.WrittenOff); err == nil || err.Error() != want {
			t.Errorf("%v, want %q", err, want)
		}
	})
}

// The money of a refund that the provider has closed may have gone back by
// another way: nobody can say of it that it stays.
func TestResolveAfterARefund(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.provider.RefundTakes(time.Hour)
		n := k.paidAndFailed()
		k.provider.SetRefund(n, sale.RefundClosed)
		k.wait(10 * time.Minute)
		want := "order " + string(n) + ": a refund was asked for, and may have gone through: settle it as refund, which asks again, or as written-off"
		if _, err := k.resolve(n, sale.Dispensed); err == nil || err.Error() != want {
			t.Errorf("%v, want %q", err, want)
		}
		if o, err := k.resolve(n, sale.WrittenOff); err != nil || o.State != sale.WrittenOff {
			t.Errorf("%s, %v", o.State, err)
		}
	})
}

// question leaves a paid order that waits for a person.
func (k *kiosk) question() sale.Number {
	k.t.Helper()
	k.off()
	k.options.Policy.HoldRefunds = true
	k.on()
	n := k.paidAndFailed()
	if o := k.order(); o.State != sale.Attention {
		k.t.Fatalf("the order is %s", o.State)
	}
	return n
}

func (k *kiosk) resolve(n sale.Number, as sale.State) (sale.Order, error) {
	return k.machine.Resolve(context.Background(), sale.Resolution{Number: string(n), As: as, Reason: "the customer called"})
}
