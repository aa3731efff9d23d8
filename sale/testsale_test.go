package sale_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/sale"
	"kioskd/sale/saletest"
)

// trySale runs a test sale; customer is called when the code is up.
func (k *kiosk) trySale(ctx context.Context, customer func(o sale.Order, skip chan struct{})) (sale.Order, error) {
	skip := make(chan struct{})
	return sale.TestSale{
		Ledger: k.ledger, Gateway: k.provider, Clock: k.clock, Panel: k.panel, Code: "T1", Slot: 9999, PayWithin: 2 * time.Minute,
		Told: func(o sale.Order) {
			if o.State == sale.Awaiting && customer != nil {
				go customer(o, skip)
			}
		},
	}.Run(ctx, skip)
}

func TestTestSale(t *testing.T) {
	for _, c := range []struct {
		name     string
		customer func(k *kiosk, o sale.Order, skip chan struct{})
		refund   time.Duration
		trail    string
		within   time.Duration
	}{
		{
			"paid", func(k *kiosk, o sale.Order, _ chan struct{}) { k.pay(o.CodeURL) }, time.Second,
			"created selected, awaiting code_ready, paid paid, dispensing ready, refunding not_sent, refunding not_sent, refunded refunded", 20 * time.Second,
		},
		{
			"nobody pays", nil, time.Second,
			"created selected, awaiting code_ready, closing timeout, closed closed_there", 140 * time.Second,
		},
		{
			"skipped", func(_ *kiosk, _ sale.Order, skip chan struct{}) { close(skip) }, time.Second,
			"created selected, awaiting code_ready, closing cancelled, closed closed_there", 10 * time.Second,
		},
		{
			"a refund that takes days", func(k *kiosk, o sale.Order, _ chan struct{}) { k.pay(o.CodeURL) }, 48 * time.Hour,
			"created selected, awaiting code_ready, paid paid, dispensing ready, refunding not_sent, refunding not_sent", 3 * time.Minute,
		},
		{
			"a close that is never confirmed", func(k *kiosk, o sale.Order, skip chan struct{}) {
				k.provider.Break(saletest.Down)
				close(skip)
			}, time.Second,
			"created selected, awaiting code_ready, closing cancelled", time.Minute,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := aloneKiosk(t)
				k.provider.RefundTakes(c.refund)
				begun := time.Now()
				o, err := k.trySale(t.Context(), func(o sale.Order, skip chan struct{}) {
					if c.customer != nil {
						c.customer(k, o, skip)
					}
				})
				if err != nil || k.trail() != c.trail || o.Number != k.order().Number || o.State != k.order().State {
					t.Errorf("%+v, %v\njournal %s\nwant    %s", o, err, k.trail(), c.trail)
				}
				if took := time.Since(begun); took > c.within {
					t.Errorf("it took %s", took)
				}
				if !o.TestSale() || o.Test() || o.Product.Price != 1 || len(must(k.ledger.Shelves())) != 0 {
					t.Errorf("%+v, slots %v", o, must(k.ledger.Shelves()))
				}
				if kind := k.panel.Now().Kind; kind != sale.SceneStarting {
					t.Errorf("the screen is left with %s", kind)
				}
				if o.State.Final() {
					k.audit()
				}
			})
		})
	}
}

// aloneKiosk is a machine whose daemon does not run.
func aloneKiosk(t *testing.T) *kiosk {
	return &kiosk{
		t: t, ledger: saletest.NewLedger(), provider: saletest.NewProvider(), board: saletest.NewBoard(),
		panel: &saletest.Panel{}, clock: &saletest.Clock{},
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Whoever ends it leaves the order to the daemon, which sends the money back.
// So does a power cut at any commit.
func TestTestSaleIsInterrupted(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.off()
		ctx, stop := context.WithCancel(k.t.Context())
		o, err := k.trySale(ctx, func(o sale.Order, _ chan struct{}) {
			k.pay(o.CodeURL)
			stop()
		})
		if !errors.Is(err, context.Canceled) || o.Number == "" {
			t.Errorf("%s, %v", o.Number, err)
		}
		k.options.Policy = sale.Policy{OnUnknown: sale.UnknownHold, HoldRefunds: true} // of customers, not of this order
		k.on()
		k.wait(time.Minute)
		if o := k.order(); o.State != sale.Refunded {
			t.Errorf("%s (%s), journal %s", o.State, o.Cause, k.trail())
		}
		k.audit()
	})
	for cut := range 7 {
		for _, before := range []bool{true, false} {
			inBubble(t, func(k *kiosk) {
				k.off()
				commits := 0
				k.ledger.CutPower(func(sale.Step) (bool, bool) {
					commits++
					return commits == cut+1 && before, commits == cut+1 && !before
				})
				_, err := k.trySale(k.t.Context(), func(o sale.Order, _ chan struct{}) { _ = k.provider.Pay(o.CodeURL) })
				if commits > cut && !errors.Is(err, saletest.ErrPowerCut) {
					t.Errorf("cut %d: %v", cut, err)
				}
				k.ledger.CutPower(nil)
				k.on()
				k.wait(2 * time.Minute)
				for _, o := range k.ledger.Orders() {
					if o.State != sale.Refunded && o.State != sale.Closed {
						t.Errorf("cut %d, before %v: %s (%s), journal %s", cut, before, o.State, o.Cause, k.trail())
					}
				}
				k.audit()
			})
		}
	}
}

// What a motor may have to do with waits for the daemon, which has the board.
func TestTestSaleBesideAnOpenOrder(t *testing.T) {
	for _, state := range []sale.State{sale.Paid, sale.Dispensing, sale.Unknown} {
		k := aloneKiosk(t)
		k.ledger.Add(sale.Order{Number: "T1-1-ABCDEF", Seq: 1, State: state, Product: sale.Product{Slot: 11, Name: "water", Price: 200}})
		_, err := k.trySale(t.Context(), nil)
		want := "E-SALE-02: order T1-1-ABCDEF is not settled yet (" + string(state) + ") (start kioskd and wait until it has settled it)"
		if err == nil || err.Error() != want {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
}

func TestTestSaleWithoutAProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := aloneKiosk(t)
		k.provider.Break(saletest.Down)
		o, err := k.trySale(t.Context(), nil)
		if want := "E-NET-01: no connection: temporary"; o.Number != "" || err == nil || err.Error() != want {
			t.Errorf("%s, %v, want %s", o.Number, err, want)
		}
	})
}

// A test sale that its process did not live to see is not served by the board
// of the machine that takes it up, nor is that asked about it.
func TestTestSaleTakenUp(t *testing.T) {
	for _, state := range []sale.State{sale.Paid, sale.Dispensing, sale.Unknown} {
		o := sale.Order{Number: "T1-1-abcde", State: state, Product: sale.Product{Slot: 9999, Name: "kioskd 测试 test", Price: 1}}
		if !o.TestSale() {
			t.Fatal("that is no test sale")
		}
		o, lines, effects := sale.Next(o, sale.Restarted{})
		if o.State != sale.Refunding || len(lines) != 1 || !slices.Equal(effects, []sale.Effect{sale.DoRefund}) {
			t.Errorf("%s: %s, %v, %v", state, o.State, lines, effects)
		}
	}
}
