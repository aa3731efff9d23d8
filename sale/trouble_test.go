package sale_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"kioskd/sale"
	"kioskd/sale/saletest"
)

// vendsSilently makes every vend end without a word and without evidence.
func (k *kiosk) vendsSilently() {
	k.board.Mute(true)
	k.board.Plan(saletest.Fate(saletest.Vend{Silent: true}))
}

func failing(call string, err error) saletest.Fault {
	return func(c string, _ sale.Order, after bool) error {
		if c == call && !after {
			return err
		}
		return nil
	}
}

func TestSweepsOfAMachineThatIsOffAtNight(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		for range 20 {
			k.code(11)
			k.board.Cancel()
			k.wait(18 * time.Hour)
			k.off()
			k.wait(6 * time.Hour)
			k.on()
		}
		open, err := k.ledger.Open()
		if err != nil || len(open) > 3 {
			t.Errorf("%d orders still open after 20 days (%v)", len(open), err)
		}
	})
}

func TestAPaymentFoundByASweepGoesBackWithAnAlarm(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.off()
		alarms := 0
		k.options.Alarm = func(sale.Order) { alarms++ }
		k.on()
		k.code(11)
		k.board.Cancel()
		k.ends(sale.Closed, sale.CauseClosedThere, 20*time.Second)
		k.provider.PayAnyway(k.order().Number)
		k.wait(30 * time.Minute)
		k.ends(sale.Refunded, sale.CauseRefunded, time.Minute)
		if alarms != 1 || !k.order().Late {
			t.Errorf("%d alarms, late %v", alarms, k.order().Late)
		}
	})
}

// TestRestartAsksNoSooner: a process that begins right after the last one does
// not ask about an order within the same second.
func TestRestartAsksNoSooner(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.code(11)
		k.wait(10 * time.Second)
		for range 20 {
			k.stop()
			if err := <-k.ended; err != nil {
				k.t.Fatal(err)
			}
			k.on()
			k.wait(1300 * time.Millisecond)
		}
		k.audit() // which measures the time between two calls
		if trade, _ := k.provider.Trade(k.order().Number); len(trade.Calls) < 5 {
			k.t.Errorf("only %d calls", len(trade.Calls))
		}
	})
}

// TestALookWithABadKeyIsNoLook: what the provider refuses to this merchant says
// nothing about the order.
func TestALookWithABadKeyIsNoLook(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.code(11)
		k.board.Cancel()
		k.ends(sale.Closed, sale.CauseClosedThere, 20*time.Second)
		k.provider.Break(failing("query", fmt.Errorf("HTTP 401: %w", sale.ErrMerchant)))
		k.provider.PayAnyway(k.order().Number)
		k.wait(2 * 24 * time.Hour)
		if o := k.order(); o.State != sale.Closed || o.Sweeps != 0 {
			t.Errorf("order is %s after %d looks", o.State, o.Sweeps)
		}
		k.provider.Break(nil)
		k.wait(10 * time.Minute)
		k.ends(sale.Refunded, sale.CauseRefunded, time.Minute)
	})
}

func TestACloseThatKeepsFailingIsNotHammered(t *testing.T) {
	for _, e := range []error{sale.ErrRefused, sale.ErrTemporary, sale.ErrMerchant, sale.ErrPaying} {
		t.Run(e.Error(), func(t *testing.T) {
			inBubble(t, func(k *kiosk) {
				k.code(11)
				k.provider.Break(failing("close", fmt.Errorf("HTTP 400: %w", e)))
				k.board.Cancel()
				k.wait(time.Hour)
				trade, _ := k.provider.Trade(k.order().Number)
				if n := len(trade.Calls); n > 200 {
					t.Errorf("%d calls in an hour", n)
				}
			})
		})
	}
}

func TestOrdersOfAFormerMerchantDoNotStopTheMachine(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		for range 5 {
			k.code(11)
			k.board.Cancel()
			k.ends(sale.Closed, sale.CauseClosedThere, 20*time.Second)
			k.wait(20 * time.Second)
		}
		k.off()
		former := map[sale.Number]bool{}
		for _, o := range k.ledger.Orders() {
			former[o.Number] = true
		}
		k.provider.Break(func(_ string, o sale.Order, _ bool) error {
			if former[o.Number] {
				return &sale.Fault{Code: sale.CodePayMerchant, What: "the order belongs to another merchant", Err: sale.ErrMerchant}
			}
			return nil
		})
		k.on()
		for range 3600 {
			k.wait(time.Second)
			if kind := k.panel.Now().Kind; kind != sale.SceneIdle {
				t.Fatalf("the screen shows %s", kind)
			}
		}
	})
}

func TestARefundThatCannotBeMadeRaisesOneAlarm(t *testing.T) {
	for _, e := range []error{sale.ErrNotEnough, sale.ErrMerchant} {
		t.Run(e.Error(), func(t *testing.T) {
			inBubble(t, func(k *kiosk) {
				k.off()
				alarms := 0
				k.options.Alarm = func(sale.Order) { alarms++ }
				k.on()
				k.board.Plan(saletest.Fate(saletest.Vend{}))
				code := k.code(11)
				k.provider.Break(failing("refund", fmt.Errorf("HTTP 403: %w", e)))
				k.pay(code)
				k.wait(48 * time.Hour)
				if alarms != 1 || k.order().State != sale.Refunding {
					t.Errorf("%d alarms, order is %s", alarms, k.order().State)
				}
				trade, _ := k.provider.Trade(k.order().Number)
				if n := len(trade.Calls); n > 2*48*8 {
					t.Errorf("%d calls in two days", n)
				}
				k.provider.Break(nil)
				k.ends(sale.Refunded, sale.CauseRefunded, 2*time.Hour)
			})
		})
	}
}

func TestARefusedRefundEndsWithAPerson(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.board.Plan(saletest.Fate(saletest.Vend{}))
		code := k.code(11)
		k.provider.Break(failing("refund", fmt.Errorf("account gone: %w", sale.ErrRefused)))
		k.pay(code)
		o := k.ends(sale.Attention, sale.CauseRefundFailed, time.Minute)
		if !strings.Contains(o.Detail, "account gone") {
			t.Errorf("the journal says %q", o.Detail)
		}
		k.sees(sale.SceneRefundPerson, time.Second)
	})
}

func TestNoMotorTurnsWhileAnOutcomeIsOpen(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.off()
		k.options.Policy.LateDispense = true
		k.on()
		first := k.code(11)
		k.provider.EnterPIN(first)
		k.board.Cancel()
		k.wait(2 * time.Second)
		k.vendsSilently()
		k.pay(k.code(11))
		k.sees(sale.SceneDispensing, 5*time.Second)
		k.ledger.CutPower(func(sale.Step) (bool, bool) { return true, false })
		k.board.Break()
		k.pay(first)
		k.wait(3 * time.Second)
		k.ledger.CutPower(nil)
		k.board.Mend()
		k.board.Plan(func(c sale.Command) saletest.Vend {
			for _, o := range k.ledger.Orders() {
				if o.Number != c.Number && o.State == sale.Unknown {
					t.Errorf("command for %s while %s is %s", c.Number, o.Number, o.State)
				}
			}
			return saletest.Vend{Drops: true}
		})
		k.on()
		k.wait(2 * time.Minute)
		k.audit()
	})
}

func TestNothingIsSoldWhileAnOrderIsUnsettled(t *testing.T) {
	for _, state := range []sale.State{sale.Awaiting, sale.Closing, sale.Paid, sale.Dispensing, sale.Unknown} {
		t.Run(string(state), func(t *testing.T) {
			inBubble(t, func(k *kiosk) {
				k.ledger.CutPower(func(s sale.Step) (bool, bool) { return false, s.Order.State == state })
				var code string
				if state == sale.Awaiting { // the power goes before the code is shown
					k.board.Press(11)
					k.wait(3 * time.Second)
				} else {
					code = k.code(11)
				}
				switch state {
				case sale.Closing:
					k.board.Cancel()
				case sale.Paid:
					k.board.Break()
					k.pay(code)
				case sale.Dispensing, sale.Unknown:
					k.vendsSilently()
					k.pay(code)
				}
				k.wait(40 * time.Second)
				k.ledger.CutPower(nil)
				k.board.Plan(nil)
				k.provider.Break(saletest.Down) // nothing can be settled
				k.board.Break()
				k.on()
				k.board.Mend()
				for range 20 {
					k.board.Press(12)
					k.wait(time.Second)
				}
				if n := len(k.ledger.Orders()); n != 1 {
					t.Errorf("%d orders", n)
				}
				k.provider.Break(nil)
				k.wait(3 * time.Minute)
				k.pay(k.code(12))
				k.ends(sale.Dispensed, sale.CauseDropped, 30*time.Second)
			})
		})
	}
}

func TestAStalePaymentIsNotDispensedAfterARestart(t *testing.T) {
	for _, c := range []struct {
		dark time.Duration
		ends sale.State
	}{{10 * time.Second, sale.Dispensed}, {2 * time.Minute, sale.Refunded}} {
		t.Run(c.dark.String(), func(t *testing.T) {
			inBubble(t, func(k *kiosk) {
				code := k.code(11)
				k.board.Break()
				k.pay(code)
				k.wait(2 * time.Second)
				if k.order().State != sale.Paid {
					t.Fatalf("order is %s", k.order().State)
				}
				k.off()
				k.wait(c.dark)
				k.board.Mend()
				k.clock.Step(-c.dark) // as a board does that keeps no time
				k.on()
				k.wait(time.Minute)
				if o := k.order(); o.State != c.ends {
					t.Errorf("order ended as %s", o.State)
				}
				k.audit()
			})
		})
	}
}

func TestTheScreenPromisesNothingItCannotKeep(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		code := k.code(11)
		k.board.Break()
		k.pay(code)
		k.wait(2 * time.Second)
		k.off()
		k.provider.Break(saletest.Down)
		k.board.Mend()
		before := len(k.panel.Kinds())
		k.on()
		k.wait(2 * time.Hour)
		for _, kind := range k.panel.Kinds()[before:] {
			if kind == sale.SceneDispensing {
				t.Errorf("it says that the product comes: %s", k.panel.Kinds()[before:])
			}
		}
	})
}

func TestWhoPaidBeforeAPowerCutIsNotCalledLate(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		code := k.code(11)
		k.wait(5 * time.Second)
		k.provider.Break(saletest.Down)
		k.pay(code)
		k.off()
		k.provider.Break(nil)
		k.on()
		k.wait(20 * time.Second)
		if s := fmt.Sprint(k.panel.Kinds()); strings.Contains(s, string(sale.SceneRefundLate)) || !strings.Contains(s, string(sale.SceneRefunding)) {
			t.Errorf("screens: %s", s)
		}
	})
}

func TestNoCodeOutlivesTheMachine(t *testing.T) {
	t.Run("orderly stop", func(t *testing.T) {
		inBubble(t, func(k *kiosk) {
			k.code(11)
			k.off()
			if s := k.panel.Now(); s.Kind != sale.SceneStarting || k.order().State != sale.Closing {
				t.Errorf("the screen shows %s, the order is %s", s.Kind, k.order().State)
			}
			k.on()
		})
	})
	t.Run("failed commit", func(t *testing.T) {
		inBubble(t, func(k *kiosk) {
			code := k.code(11)
			k.ledger.CutPower(func(sale.Step) (bool, bool) { return false, true })
			k.pay(code)
			k.wait(5 * time.Second)
			if s := k.panel.Now(); s.Kind != sale.SceneStarting {
				t.Errorf("the screen shows %s", s.Kind)
			}
		})
	})
	t.Run("dead screen", func(t *testing.T) {
		inBubble(t, func(k *kiosk) {
			code := k.code(11)
			k.provider.EnterPIN(code)
			k.machine.Settle(&sale.Fault{Code: sale.CodeScreenDead, What: "the window is gone"})
			k.wait(2 * time.Second)
			k.pay(code)
			if err := <-k.ended; err != nil {
				t.Errorf("the machine ended with: %v", err)
			}
			if o := k.order(); o.State != sale.Refunded {
				t.Errorf("order is %s when the machine ends", o.State)
			}
			k.audit()
			k.on()
		})
	})
}

func TestTheNoteDoesNotLie(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.provider.RefundTakes(time.Hour)
		k.board.Plan(saletest.Fate(saletest.Vend{}))
		k.pay(k.code(11))
		k.sees(sale.SceneRefunding, 20*time.Second)
		if note := k.sees(sale.SceneIdle, 60*time.Second).Note; note == nil || note.Done || note.Amount != 200 {
			t.Errorf("note %+v", note)
		}
		k.provider.SetRefund(k.order().Number, sale.RefundAbnormal)
		k.wait(3 * time.Minute)
		if k.order().State != sale.Attention || k.panel.Now().Note != nil {
			t.Errorf("order is %s, note %+v", k.order().State, k.panel.Now().Note)
		}
	})
}

func TestHammeringOnTheKeys(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.provider.Slow(300 * time.Millisecond)
		k.wait(40 * time.Second)
		for range 3 {
			k.board.Press(11)
			k.wait(100 * time.Millisecond)
		}
		k.sees(sale.ScenePay, 3*time.Second)
		k.board.Press(99) // neither ends a code that can be paid
		k.board.Refuse(12, sale.ErrSoldOut)
		k.wait(time.Second)
		if n := len(k.ledger.Orders()); n != 1 || k.panel.Now().Kind != sale.ScenePay {
			t.Errorf("%d orders, the screen shows %s", n, k.panel.Now().Kind)
		}
	})
}

func TestASlowProviderIsNeverAskedTwiceAtOnce(t *testing.T) {
	for _, latency := range []time.Duration{700 * time.Millisecond, 1200 * time.Millisecond, 1900 * time.Millisecond} {
		t.Run(latency.String(), func(t *testing.T) {
			inBubble(t, func(k *kiosk) {
				k.wait(time.Minute)
				k.provider.Slow(latency)
				k.wait(2 * time.Minute)
				code := k.code2(11)
				k.wait(3 * time.Second)
				k.board.Cancel() // while a query is under way
				k.wait(time.Second)
				_ = k.provider.Pay(code)
				k.wait(2 * time.Minute)
				k.audit()
				if o := k.order(); !o.State.Final() {
					t.Errorf("order is %s", o.State)
				}
			})
		})
	}
}

// TestAProviderThatSwallowsCallsGetsNoSales: a customer is told within seconds
// that nobody can say whether a payment came.
func TestAProviderThatSwallowsCallsGetsNoSales(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.wait(time.Minute)
		k.provider.Slow(14 * time.Second)
		k.wait(2 * time.Minute)
		k.board.Press(11)
		k.sees(sale.SceneOffline, 5*time.Second)
		if orders := k.ledger.Orders(); len(orders) > 0 {
			t.Errorf("%d orders begun", len(orders))
		}
	})
}

// code2 is code for a provider that takes its time.
func (k *kiosk) code2(slot sale.Slot) string {
	k.t.Helper()
	k.board.Press(slot)
	return k.sees(sale.ScenePay, 20*time.Second).CodeURL
}

func TestABoardThatStaysSilentIsDecidedByPolicy(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.board.Plan(func(sale.Command) saletest.Vend {
			k.board.Break()
			return saletest.Vend{Silent: true, Drops: true}
		})
		k.pay(k.code(11))
		k.wait(35 * time.Second)
		if o := k.order(); o.State != sale.Unknown {
			t.Fatalf("order is %s", o.State)
		}
		k.ends(sale.Refunded, sale.CauseRefunded, 2*time.Minute)
		if !k.order().Doubted {
			t.Error("not marked as doubted")
		}
	})
}

func TestAStaleProviderIsNotTrusted(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.sees(sale.SceneIdle, time.Second)
		k.provider.Slow(14 * time.Minute) // probes hang until they are cut
		k.wait(5 * time.Minute)
		k.board.Press(11)
		k.wait(2 * time.Second)
		if n := len(k.ledger.Orders()); n != 0 {
			t.Errorf("%d orders with a provider that has not answered for minutes", n)
		}
	})
}

func TestStatus(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.code(11)
		s, err := k.machine.Status(context.Background())
		if err != nil || s.Scene != sale.ScenePay || len(s.Open) != 1 || s.Open[0].State != sale.Awaiting || !s.Selling {
			t.Errorf("status %+v, %v", s, err)
		}
		k.board.Break()
		k.board.Cancel()
		k.wait(20 * time.Second)
		if s, _ := k.machine.Status(context.Background()); s.Selling || s.Code != sale.CodeSerialSilent {
			t.Errorf("status %+v", s)
		}
		k.off()
		if _, err := k.machine.Status(context.Background()); err == nil || !strings.Contains(err.Error(), "has stopped") {
			t.Errorf("a stopped machine says %v", err)
		}
		k.board.Mend()
		k.on()
	})
}

// TestStatusWhileTheScreenIsTaken: what the screen shows for somebody else is
// no reason to call the machine closed, or open.
func TestStatusWhileTheScreenIsTaken(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		status := func() sale.Status {
			s, err := k.machine.Status(context.Background())
			if err != nil {
				k.t.Fatal(err)
			}
			return s
		}
		k.code(11)
		k.off()
		k.board.Break()
		k.on() // the order is taken up and holds the screen
		if s := status(); s.Selling || s.Code != sale.CodeSerialSilent {
			k.t.Errorf("without its board: %+v", s)
		}
		k.board.Mend()
		k.sees(sale.SceneNotPaid, 5*time.Second)
		if s := status(); !s.Selling || s.Code != "" {
			k.t.Errorf("while the screen tells how the former order ended: %+v", s)
		}
		k.wait(10 * time.Second)
		k.pay(k.code(12))
		k.sees(sale.SceneDispensing, 5*time.Second)
		if s := status(); !s.Selling {
			k.t.Errorf("while a customer is served: %+v", s)
		}
		k.board.Break()
		if s := status(); s.Selling || s.Code != sale.CodeSerialSilent {
			k.t.Errorf("the board is gone while a customer is served: %+v", s)
		}
		k.board.Mend()
	})
}
