package sale_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/sale"
	"kioskd/sale/saletest"
)

// kiosk is one machine in one bubble, which can be switched off and on again.
type kiosk struct {
	t        *testing.T
	ledger   *saletest.Ledger
	provider *saletest.Provider
	board    *saletest.Board
	panel    *saletest.Panel
	clock    *saletest.Clock
	options  sale.Options

	machine *sale.Machine
	stop    context.CancelFunc
	ended   chan error
}

func inBubble(t *testing.T, test func(k *kiosk)) {
	synctest.Test(t, func(t *testing.T) {
		k := &kiosk{
			t: t, ledger: saletest.NewLedger(), provider: saletest.NewProvider(), board: saletest.NewBoard(),
			panel: &saletest.Panel{}, clock: &saletest.Clock{},
		}
		k.options = sale.Options{
			Ledger: k.ledger, Gateway: k.provider, Dispenser: k.board, Panel: k.panel, Clock: k.clock, Code: "T1",
			Products: []sale.Product{
				{Slot: 11, Name: "water", Price: 200}, {Slot: 12, Name: "tea", Price: 350}, {Slot: 13, Name: "water", Price: 200},
			},
			PayWithin: 90 * time.Second, DispenseWithin: 30 * time.Second, MaxDoubts: 3,
			Policy: sale.Policy{OnUnknown: sale.UnknownRefund},
		}
		k.on()
		defer k.off()
		test(k)
	})
}

func (k *kiosk) on() {
	k.t.Helper()
	m, err := sale.New(k.options)
	if err != nil {
		k.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	k.machine, k.stop, k.ended = m, stop, make(chan error, 1)
	go func() { k.ended <- m.Run(ctx) }()
	k.wait(time.Second)
}

func (k *kiosk) off() {
	k.t.Helper()
	k.stop()
	if err := <-k.ended; err != nil && !errors.Is(err, saletest.ErrPowerCut) {
		k.t.Errorf("the machine ended with: %v", err)
	}
}

func (k *kiosk) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (k *kiosk) order() sale.Order {
	k.t.Helper()
	all := k.ledger.Orders()
	if len(all) == 0 {
		k.t.Fatal("no order in the ledger")
	}
	return all[len(all)-1]
}

// sees waits until the screen shows a kind.
func (k *kiosk) sees(kind sale.SceneKind, within time.Duration) sale.Scene {
	k.t.Helper()
	for range int(within / (100 * time.Millisecond)) {
		if s := k.panel.Now(); s.Kind == kind {
			return s
		}
		k.wait(100 * time.Millisecond)
	}
	k.t.Fatalf("the screen shows %s after %s, not %s; it showed %s", k.panel.Now().Kind, within, kind, k.panel.Kinds())
	return sale.Scene{}
}

func (k *kiosk) code(slot sale.Slot) string {
	k.t.Helper()
	k.board.Press(slot)
	return k.sees(sale.ScenePay, 3*time.Second).CodeURL
}

func (k *kiosk) pay(code string) {
	k.t.Helper()
	if err := k.provider.Pay(code); err != nil {
		k.t.Fatal(err)
	}
}

func (k *kiosk) ends(want sale.State, cause sale.Cause, within time.Duration) sale.Order {
	k.t.Helper()
	for range int(within / (100 * time.Millisecond)) {
		if k.order().State == want {
			break
		}
		k.wait(100 * time.Millisecond)
	}
	o := k.order()
	if o.State != want || o.Cause != cause {
		k.t.Fatalf("order ended as %s (%s: %s), want %s (%s)", o.State, o.Cause, o.Detail, want, cause)
	}
	k.audit()
	return o
}

func (k *kiosk) audit() {
	k.t.Helper()
	if err := saletest.Audit(k.ledger.Orders(), k.provider, k.board); err != nil {
		k.t.Error(err)
	}
}

func TestPlainSale(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.sees(sale.SceneIdle, time.Second)
		code := k.code(11)
		k.wait(7 * time.Second)
		k.pay(code)
		k.ends(sale.Dispensed, sale.CauseDropped, 10*time.Second)
		k.sees(sale.SceneTake, time.Second)
		k.sees(sale.SceneIdle, 10*time.Second)
		want := []sale.SceneKind{sale.SceneStarting, sale.SceneIdle, sale.SceneCreating, sale.ScenePay, sale.SceneDispensing, sale.SceneTake, sale.SceneIdle}
		if got := k.panel.Kinds(); !slices.Equal(got, want) {
			t.Errorf("scenes %s, want %s", got, want)
		}
		if k.ledger.Commits != 4 {
			t.Errorf("%d commits for a plain sale, want 4", k.ledger.Commits)
		}
		var trail []string
		for _, l := range k.ledger.Journal {
			trail = append(trail, string(l.State)+" "+string(l.Cause))
		}
		if got, want := strings.Join(trail, ", "), "created selected, awaiting code_ready, paid paid, dispensing ready, dispensed dropped"; got != want {
			t.Errorf("journal: %s\nwant:    %s", got, want)
		}
	})
}

func TestNobodyPays(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.code(11)
		k.wait(91 * time.Second)
		k.sees(sale.SceneTimeUp, time.Second)
		k.ends(sale.Closed, sale.CauseClosedThere, 5*time.Second)
		k.sees(sale.SceneNotPaid, 2*time.Second)
		k.sees(sale.SceneIdle, 10*time.Second)
		trade, _ := k.provider.Trade(k.order().Number)
		if trade.State != sale.TradeClosed {
			t.Errorf("closed here and %s at the provider", trade.State)
		}
		k.wait(25 * time.Hour)
		if o := k.order(); o.Sweeps != sale.SweepsWanted || o.Open() {
			t.Errorf("after a day the order was swept %d times", o.Sweeps)
		}
	})
}

func TestPaidAtTheLastMoment(t *testing.T) {
	for _, c := range []struct {
		name  string
		after time.Duration // paying, after the code went up
		want  sale.State
	}{
		{"in time, seen after the code went down", 89900 * time.Millisecond, sale.Dispensed},
		{"too late", 0, sale.Refunded},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(k *kiosk) {
				code := k.code(11)
				k.provider.EnterPIN(code)
				if c.after > 0 {
					k.wait(c.after)
				} else {
					k.sees(sale.SceneTimeUp, 100*time.Second)
					k.wait(4 * time.Second)
				}
				k.pay(code)
				cause := sale.CauseDropped
				if c.want == sale.Refunded {
					cause = sale.CauseRefunded
				}
				k.ends(c.want, cause, 30*time.Second)
			})
		})
	}
}

func TestCancelThenPaid(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		code := k.code(12)
		k.provider.EnterPIN(code)
		k.board.Cancel()
		k.sees(sale.SceneCancelling, time.Second)
		k.wait(2 * time.Second)
		k.pay(code)
		k.sees(sale.SceneRefundLate, 10*time.Second)
		k.ends(sale.Refunded, sale.CauseRefunded, 20*time.Second)
		k.sees(sale.SceneRefunded, 5*time.Second)
	})
}

func TestLatePolicyDispense(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.off()
		k.options.Policy.LateDispense = true
		k.on()
		code := k.code(12)
		k.provider.EnterPIN(code)
		k.board.Cancel()
		k.wait(2 * time.Second)
		k.pay(code)
		if o := k.ends(sale.Dispensed, sale.CauseDropped, 10*time.Second); !o.Late {
			t.Error("the order does not say that the payment was late")
		} else if len(o.Evidence) != 0 {
			t.Error("a late order is dispensed with the evidence of an earlier moment")
		}
	})
}

func TestVendOutcomes(t *testing.T) {
	for _, c := range []struct {
		name  string
		vend  saletest.Vend
		tells bool
		on    sale.UnknownPolicy
		want  sale.State
		cause sale.Cause
		scene sale.SceneKind
	}{
		{"jam", saletest.Vend{}, true, sale.UnknownRefund, sale.Refunded, sale.CauseRefunded, sale.SceneRefunding},
		{"line dead", saletest.Vend{Unsent: true}, true, sale.UnknownRefund, sale.Refunded, sale.CauseRefunded, sale.SceneRefunding},
		{"silent, fell, board tells", saletest.Vend{Drops: true, Silent: true}, true, sale.UnknownRefund, sale.Dispensed, sale.CauseDropped, sale.SceneTake},
		{"silent, jam, board tells", saletest.Vend{Silent: true}, true, sale.UnknownRefund, sale.Refunded, sale.CauseRefunded, sale.SceneRefundUnproved},
		{"silent, mute, refund", saletest.Vend{Drops: true, Silent: true}, false, sale.UnknownRefund, sale.Refunded, sale.CauseRefunded, sale.SceneRefundUnproved},
		{"silent, mute, charge", saletest.Vend{Drops: true, Silent: true}, false, sale.UnknownCharge, sale.Dispensed, sale.CauseNoProof, sale.SceneTake},
		{"silent, mute, hold", saletest.Vend{Silent: true}, false, sale.UnknownHold, sale.Attention, sale.CauseNoProof, sale.SceneHeld},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(k *kiosk) {
				k.off()
				alarms := 0
				k.options.Policy.OnUnknown = c.on
				k.options.Alarm = func(sale.Order) { alarms++ }
				k.board.Mute(!c.tells)
				k.board.Plan(saletest.Fate(c.vend))
				k.on()
				k.pay(k.code(11))
				k.sees(c.scene, 60*time.Second)
				k.ends(c.want, c.cause, 60*time.Second)
				if (alarms > 0) != (c.want == sale.Attention) {
					t.Errorf("%d alarms", alarms)
				}
			})
		})
	}
}

func TestSlotClosesAfterAProvedFailure(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.board.Plan(saletest.Fate(saletest.Vend{}))
		k.pay(k.code(11))
		k.ends(sale.Refunded, sale.CauseRefunded, 20*time.Second)
		k.wait(30 * time.Second)
		k.board.Press(11)
		k.sees(sale.SceneSlotClosed, time.Second)
		k.board.Plan(nil)
		k.pay(k.code(12))
		k.ends(sale.Dispensed, sale.CauseDropped, 20*time.Second)
	})
}

func TestControllerAwayWhenThePaymentArrives(t *testing.T) {
	for _, back := range []bool{true, false} {
		t.Run(fmt.Sprintf("back=%v", back), func(t *testing.T) {
			inBubble(t, func(k *kiosk) {
				code := k.code(11)
				k.board.Break()
				k.pay(code)
				k.sees(sale.SceneDispensing, 3*time.Second)
				if o := k.order(); o.State != sale.Paid {
					t.Fatalf("order is %s while the controller is away", o.State)
				}
				k.wait(5 * time.Second)
				if back {
					k.board.Mend()
					k.ends(sale.Dispensed, sale.CauseDropped, 10*time.Second)
					return
				}
				k.ends(sale.Refunded, sale.CauseRefunded, 30*time.Second)
				k.sees(sale.SceneRefunded, 10*time.Second)
			})
		})
	}
}

func TestNewCodeAndOtherProduct(t *testing.T) {
	for _, slot := range []sale.Slot{11, 12} {
		t.Run(slot.String(), func(t *testing.T) {
			inBubble(t, func(k *kiosk) {
				first := k.code(11)
				k.board.Press(slot)
				k.wait(time.Second)
				second := k.sees(sale.ScenePay, 3*time.Second)
				if second.CodeURL == first || second.Slot != slot {
					t.Fatalf("the second code is %+v", second)
				}
				k.pay(second.CodeURL)
				k.ends(sale.Dispensed, sale.CauseDropped, 10*time.Second)
				k.wait(10 * time.Second)
				if o := k.ledger.Orders()[0]; o.State != sale.Closed {
					t.Errorf("the first order is %s", o.State)
				}
				if err := k.provider.Pay(first); err == nil {
					t.Error("the first code can still be paid")
				}
			})
		})
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		breaks func(k *kiosk)
		slot   sale.Slot
		scene  sale.SceneKind
		code   sale.Code
	}{
		{"no such slot", func(k *kiosk) {}, 99, sale.SceneNoSuchSlot, ""},
		{"sold out", func(k *kiosk) { k.board.Refuse(11, sale.ErrSoldOut) }, 11, sale.SceneSoldOut, ""},
		{"slot closed", func(k *kiosk) { k.board.Refuse(11, sale.ErrSlotClosed) }, 11, sale.SceneSlotClosed, ""},
		{"no such slot on the board", func(k *kiosk) { k.board.Refuse(11, sale.ErrNoSlot) }, 11, sale.SceneSlotClosed, ""},
		{"board fault", func(k *kiosk) { k.board.Refuse(11, &sale.Fault{Code: sale.CodeBoardFault}) }, 11, sale.SceneOutOfService, sale.CodeBoardFault},
		{"board silent", func(k *kiosk) { k.board.Break() }, 11, sale.SceneOutOfService, sale.CodeSerialSilent},
		{"clock", func(k *kiosk) { k.clock.Doubt() }, 11, sale.SceneClock, sale.CodeClock},
		{"store", func(k *kiosk) { k.ledger.Ail(&sale.Fault{Code: sale.CodeStoreSpace}) }, 11, sale.SceneOutOfService, sale.CodeStoreSpace},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(k *kiosk) {
				k.sees(sale.SceneIdle, time.Second)
				c.breaks(k)
				k.board.Press(c.slot)
				if s := k.sees(c.scene, time.Second); s.Code != c.code {
					t.Errorf("the screen shows %q, want %q", s.Code, c.code)
				}
				k.wait(20 * time.Second)
				if n := len(k.ledger.Orders()); n != 0 {
					t.Errorf("%d orders", n)
				}
			})
		})
	}
}

func TestSameProductElsewhere(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.board.Refuse(11, sale.ErrSoldOut)
		k.board.Press(11)
		if s := k.sees(sale.SceneSoldOut, time.Second); s.SameIn != 13 {
			t.Errorf("the screen points to slot %d, want 13", s.SameIn)
		}
		k.sees(sale.SceneIdle, 5*time.Second)
		if got := k.panel.Now().Offers[0].Stock; got != sale.OutOfStock {
			t.Errorf("slot 11 is offered as %q", got)
		}
	})
}

func TestNetwork(t *testing.T) {
	t.Run("gone while idle", func(t *testing.T) {
		inBubble(t, func(k *kiosk) {
			k.sees(sale.SceneIdle, time.Second)
			k.provider.Break(saletest.Down)
			k.sees(sale.SceneOffline, 40*time.Second)
			k.board.Press(11)
			k.wait(time.Second)
			k.sees(sale.SceneOffline, time.Second)
			k.provider.Break(nil)
			k.sees(sale.SceneIdle, 30*time.Second)
		})
	})
	t.Run("gone while creating", func(t *testing.T) {
		inBubble(t, func(k *kiosk) {
			k.sees(sale.SceneIdle, time.Second)
			k.provider.Break(saletest.Down)
			k.board.Press(11)
			k.sees(sale.SceneNoCode, 6*time.Second)
			k.wait(time.Minute)
			k.provider.Break(nil)
			k.ends(sale.Closed, sale.CauseNeverCreated, 5*time.Minute)
		})
	})
	t.Run("gone while the code is up, paid in time, back soon", func(t *testing.T) {
		inBubble(t, func(k *kiosk) {
			code := k.code(11)
			k.provider.Break(saletest.Down)
			k.pay(code)
			k.sees(sale.SceneConfirming, 8*time.Second)
			k.wait(5 * time.Second)
			k.provider.Break(nil)
			k.ends(sale.Dispensed, sale.CauseDropped, 20*time.Second)
		})
	})
	t.Run("gone for an hour after the payment", func(t *testing.T) {
		inBubble(t, func(k *kiosk) {
			code := k.code(11)
			k.provider.Break(saletest.Down)
			k.pay(code)
			k.sees(sale.SceneStillOpen, 60*time.Second)
			k.wait(time.Hour)
			k.provider.Break(nil)
			k.ends(sale.Refunded, sale.CauseRefunded, 2*time.Minute)
		})
	})
	t.Run("every first answer is lost", func(t *testing.T) {
		inBubble(t, func(k *kiosk) {
			lost := map[string]bool{}
			k.provider.Break(func(call string, o sale.Order, after bool) error {
				key := call + string(o.Number)
				if after && !lost[key] {
					lost[key] = true
					return saletest.Down(call, o, after)
				}
				return nil
			})
			k.board.Plan(saletest.Fate(saletest.Vend{}))
			k.wait(45 * time.Second)
			code := k.code(11)
			k.pay(code)
			k.ends(sale.Refunded, sale.CauseRefunded, time.Minute)
		})
	})
}

func TestClockStepsDoNotMatter(t *testing.T) {
	for _, step := range []time.Duration{-50 * 365 * 24 * time.Hour, -time.Minute, time.Hour, 365 * 24 * time.Hour} {
		t.Run(step.String(), func(t *testing.T) {
			inBubble(t, func(k *kiosk) {
				code := k.code(11)
				k.clock.Step(step)
				k.wait(60 * time.Second)
				k.sees(sale.ScenePay, time.Second)
				k.pay(code)
				k.ends(sale.Dispensed, sale.CauseDropped, 10*time.Second)
			})
		})
	}
}

func TestTooManyDoubts(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.board.Mute(true)
		k.board.Plan(saletest.Fate(saletest.Vend{Silent: true}))
		for range 4 {
			k.pay(k.code(12))
			k.ends(sale.Refunded, sale.CauseRefunded, 60*time.Second)
			k.wait(60 * time.Second)
		}
		k.board.Press(12)
		if s := k.sees(sale.SceneOutOfService, time.Second); s.Code != sale.CodeDoubts {
			t.Errorf("code %s", s.Code)
		}
		k.clock.Step(-time.Hour)
		k.wait(time.Minute)
		k.sees(sale.SceneOutOfService, time.Second)
		k.clock.Step(26 * time.Hour)
		k.sees(sale.SceneIdle, 2*time.Minute)
	})
}

func TestStopWaitsForTheVend(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.pay(k.code(11))
		k.sees(sale.SceneDispensing, 3*time.Second)
		k.off()
		if o := k.order(); o.State != sale.Dispensed {
			t.Errorf("order is %s after an orderly stop", o.State)
		}
		k.on()
	})
}

func TestPowerCutAtEveryCommit(t *testing.T) {
	scripts := map[string]saletest.Vend{"drop": {Drops: true}, "jam": {}, "silent drop": {Drops: true, Silent: true}}
	for name, vend := range scripts {
		for _, tells := range []bool{true, false} {
			for cut := 1; cut <= 8; cut++ {
				for _, before := range []bool{true, false} {
					t.Run(fmt.Sprintf("%s/tells=%v/commit %d before=%v", name, tells, cut, before), func(t *testing.T) {
						inBubble(t, func(k *kiosk) { k.cutAt(cut, before, vend, tells) })
					})
				}
			}
		}
	}
}

// cutAt plays one sale in which the power goes at the nth commit, and looks at
// what the next start makes of it.
func (k *kiosk) cutAt(cut int, before bool, vend saletest.Vend, tells bool) {
	k.board.Mute(!tells)
	k.board.Plan(saletest.Fate(vend))
	n := 0
	k.ledger.CutPower(func(sale.Step) (bool, bool) {
		n++
		return n == cut && before, n == cut && !before
	})
	k.board.Press(11)
	died := false
	for range 1200 {
		if s := k.panel.Now(); s.Kind == sale.ScenePay {
			_ = k.provider.Pay(s.CodeURL)
		}
		k.wait(100 * time.Millisecond)
		select {
		case err := <-k.ended:
			if !errors.Is(err, saletest.ErrPowerCut) {
				k.t.Fatalf("the machine ended with: %v", err)
			}
			died = true
		default:
		}
		if died {
			break
		}
	}
	if !died {
		return // the sale needed fewer commits
	}
	k.wait(3 * time.Second) // what turned has turned
	k.on()
	k.wait(5 * time.Minute)
	for _, o := range k.ledger.Orders() {
		if !o.State.Final() {
			k.t.Errorf("order %s is %s five minutes after the restart", o.Number, o.State)
		}
	}
	k.audit()
	if err := k.provider.Pay(k.panel.Now().CodeURL); err == nil {
		k.t.Error("a code from before the power cut is on the screen")
	}
	// And the machine sells again.
	k.board.Plan(nil)
	k.pay(k.code(12))
	k.ends(sale.Dispensed, sale.CauseDropped, 20*time.Second)
}
