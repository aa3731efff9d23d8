package sale_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/sale"
	"kioskd/sale/saletest"
)

// tests asks for a test vend and waits for its end.
func (k *kiosk) tests(slot sale.Slot) (sale.Order, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	return k.machine.Test(ctx, slot, sale.ByCommand)
}

func (k *kiosk) tested(slot sale.Slot, want sale.State, cause sale.Cause) sale.Order {
	k.t.Helper()
	o, err := k.tests(slot)
	if err != nil || o.State != want || o.Cause != cause || !o.Test() {
		k.t.Fatalf("the test vend ended as %s (%s: %s), %v; want %s (%s)", o.State, o.Cause, o.Detail, err, want, cause)
	}
	k.audit()
	return o
}

func (k *kiosk) trail() string {
	var trail []string
	for _, l := range k.ledger.Journal {
		trail = append(trail, string(l.State)+" "+string(l.Cause))
	}
	return strings.Join(trail, ", ")
}

func TestTestVend(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.sees(sale.SceneIdle, time.Second)
		o := k.tested(12, sale.Dispensed, sale.CauseDropped)
		if o.Product.Name != "tea" || o.Product.Price != 0 || o.Commands != 1 || string(o.Evidence) != "counter" || o.Open() {
			t.Errorf("recorded as %+v", o)
		}
		if got, want := k.trail(), "created test, dispensing test, dispensed dropped"; got != want || k.ledger.Commits != 2 {
			t.Errorf("%d commits, journal: %s\nwant: %s", k.ledger.Commits, got, want)
		}
		if len(k.provider.Trades()) != 0 {
			t.Error("the provider has heard of it")
		}
		k.wait(25 * time.Hour) // nobody looks at it again
		k.pay(k.code(11))
		k.ends(sale.Dispensed, sale.CauseDropped, 10*time.Second)
	})
}

// A slot need not be one that is sold, and the network not be there.
func TestTestVendBeforeTheMachineSells(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.clock.Doubt()
		if o := k.tested(77, sale.Dispensed, sale.CauseDropped); o.Product != (sale.Product{Slot: 77}) {
			t.Errorf("product %+v", o.Product)
		}
	})
}

// A jam closes the slot, as a jam of a sale does.
func TestTestVendJams(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.board.Plan(saletest.Fate(saletest.Vend{}))
		k.tested(11, sale.Closed, sale.CauseNotDropped)
		k.board.Press(11)
		k.sees(sale.SceneSlotClosed, 3*time.Second)
	})
}

func TestTestVendInDoubt(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.board.Mute(true)
		k.board.Plan(saletest.Fate(saletest.Vend{Drops: true, Silent: true}))
		if o := k.tested(11, sale.Closed, sale.CauseNoProof); !o.Doubted || o.Detail != "the board cannot say" {
			t.Errorf("recorded as %+v", o)
		}
		if got, want := k.trail(), "created test, dispensing test, unknown no_proof, closed no_proof"; got != want {
			t.Errorf("journal: %s", got)
		}
	})
}

// From the question to the board until the end of the vend nobody can buy.
func TestNoSaleBesideATestVend(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.sees(sale.SceneIdle, time.Second)
		ended := make(chan error, 1)
		go func() {
			_, err := k.tests(11)
			ended <- err
		}()
		for _, at := range []time.Duration{100 * time.Millisecond, 400 * time.Millisecond, time.Second} {
			k.wait(at)
			k.board.Press(12)
			k.sees(sale.SceneBusy, time.Second)
			if _, err := k.tests(12); err == nil {
				t.Error("two tests at once")
			}
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if n := len(k.ledger.Orders()); n != 1 {
			t.Errorf("%d orders", n)
		}
		k.wait(5 * time.Second)
		k.pay(k.code(12))
		k.ends(sale.Dispensed, sale.CauseDropped, 10*time.Second)
	})
}

// No motor turns for a test while somebody may be served.
func TestNoTestVendBesideASale(t *testing.T) {
	refused := func(k *kiosk, what string) {
		k.t.Helper()
		if _, err := k.tests(12); err == nil || err.Error() != what {
			k.t.Errorf("the test is answered with: %v\nwant: %s", err, what)
		}
	}
	inBubble(t, func(k *kiosk) {
		k.board.Press(11)
		k.wait(50 * time.Millisecond)
		refused(k, "a customer is at the machine")
		code := k.sees(sale.ScenePay, 3*time.Second).CodeURL
		refused(k, "a customer is at the machine")
		k.pay(code)
		k.sees(sale.SceneDispensing, 3*time.Second)
		refused(k, "a customer is at the machine")
		k.ends(sale.Dispensed, sale.CauseDropped, 10*time.Second)
		k.sees(sale.SceneIdle, 20*time.Second)
		k.board.Refuse(12, sale.ErrSoldOut)
		refused(k, "slot is sold out")
		k.board.Refuse(12, nil)
		k.ledger.Ail(&sale.Fault{Code: sale.CodeStoreSpace, What: "full"})
		k.wait(2 * time.Second)
		refused(k, "E-STORE-02: full")
		k.ledger.Ail(nil)
		k.board.Break()
		k.wait(2 * time.Second)
		refused(k, "E-SERIAL-03: the controller does not answer")
		if n := len(k.ledger.Orders()); n != 1 {
			t.Errorf("%d orders", n)
		}
	})
}

// The power goes at each commit of a test vend: no second command, no question
// to the provider, and the machine sells again.
func TestPowerCutInATestVend(t *testing.T) {
	for _, state := range []sale.State{sale.Dispensing, sale.Dispensed} {
		for _, before := range []bool{true, false} {
			t.Run(string(state), func(t *testing.T) {
				inBubble(t, func(k *kiosk) {
					k.ledger.CutPower(func(s sale.Step) (bool, bool) {
						at := s.Order.State == state
						return at && before, at && !before
					})
					if _, err := k.tests(11); err == nil || err.Error() != "the machine has stopped" {
						t.Fatalf("the test is answered with: %v", err)
					}
					if err := <-k.ended; !errors.Is(err, saletest.ErrPowerCut) {
						t.Fatal(err)
					}
					k.ledger.CutPower(nil)
					k.wait(3 * time.Second) // what turned has turned
					k.on()
					k.wait(time.Minute)
					k.audit()
					for _, o := range k.ledger.Orders() {
						if o.Open() || k.board.Commands(o.Number) > 1 {
							t.Errorf("%s is %s (%s) with %d commands", o.Number, o.State, o.Cause, k.board.Commands(o.Number))
						}
					}
					k.pay(k.code(12))
					k.ends(sale.Dispensed, sale.CauseDropped, 20*time.Second)
				})
			})
		}
	}
}

func TestTrial(t *testing.T) {
	for _, c := range []struct {
		name  string
		vend  saletest.Vend
		mute  bool
		state sale.State
		cause sale.Cause
		trail string
	}{
		{"drop", saletest.Vend{Drops: true}, false, sale.Dispensed, sale.CauseDropped, "created test, dispensing test, dispensed dropped"},
		{"jam", saletest.Vend{}, false, sale.Closed, sale.CauseNotDropped, "created test, dispensing test, closed not_dropped"},
		{"asked", saletest.Vend{Drops: true, Silent: true}, false, sale.Dispensed, sale.CauseDropped, "created test, dispensing test, unknown no_proof, dispensed dropped"},
		{"doubt", saletest.Vend{Drops: true, Silent: true}, true, sale.Closed, sale.CauseNoProof, "created test, dispensing test, unknown no_proof, closed no_proof"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := &kiosk{t: t, ledger: saletest.NewLedger(), provider: saletest.NewProvider(), board: saletest.NewBoard(), clock: &saletest.Clock{}}
				k.board.Plan(saletest.Fate(c.vend))
				k.board.Mute(c.mute)
				o, err := sale.Trial{
					Ledger: k.ledger, Dispenser: k.board, Clock: k.clock, Code: "T1", DispenseWithin: 30 * time.Second,
				}.Run(t.Context(), sale.Product{Slot: 11, Name: "water", Price: 200})
				if err != nil || o.State != c.state || o.Cause != c.cause || k.trail() != c.trail {
					t.Errorf("%s (%s), %v; journal: %s", o.State, o.Cause, err, k.trail())
				}
				k.audit()
			})
		})
	}
}

// The evidence of an order in doubt would be overtaken by a test.
func TestTrialBesideAnOpenOrder(t *testing.T) {
	l, b := saletest.NewLedger(), saletest.NewBoard()
	l.Add(sale.Order{Number: "T1-1-ABCDEF", Seq: 1, State: sale.Unknown, Commands: 1})
	_, err := sale.Trial{Ledger: l, Dispenser: b, Clock: &saletest.Clock{}, Code: "T1", DispenseWithin: time.Minute}.Run(t.Context(), sale.Product{Slot: 11})
	const want = "E-SALE-02: order T1-1-ABCDEF is not settled yet (unknown) (wait until kioskd has settled it)"
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
	if len(l.Orders()) != 1 {
		t.Error("it was recorded")
	}
}
