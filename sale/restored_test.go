package sale_test

import (
	"slices"
	"testing"
	"time"

	"kioskd/sale"
	"kioskd/sale/saletest"
)

// lose leaves of every order only its number, as a restore without a tape does.
func lose(o sale.Order) sale.Order {
	return sale.Order{Number: o.Number, Seq: o.Seq, State: sale.Closing, Cause: sale.CauseRestored, CreatedAt: o.CreatedAt, Restored: true}
}

// TestOrdersKnownByNumberAlone: the provider is asked about each before anything
// is sold, what was paid is left to a person, and what never was there is made
// and closed, because "not found" proves nothing.
func TestOrdersKnownByNumberAlone(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.wait(time.Minute)
		served := k.code(11)
		k.wait(5 * time.Second)
		k.pay(served)
		served = string(k.ends(sale.Dispensed, sale.CauseDropped, 10*time.Second).Number)
		k.wait(time.Minute)
		k.board.Plan(func(sale.Command) saletest.Vend { return saletest.Vend{} })
		jammed := k.code(12)
		k.wait(5 * time.Second)
		k.pay(jammed)
		jammed = string(k.ends(sale.Refunded, sale.CauseRefunded, time.Minute).Number)
		k.wait(time.Minute)
		k.code(13)
		k.wait(5 * time.Second)
		open := k.order().Number
		k.off()

		k.ledger.Rewrite(lose)
		k.ledger.Add(sale.Order{Number: "T1-9-GHOSTS", Seq: 9, State: sale.Closing, Restored: true})
		before := k.board.Commands(sale.Number(served))
		begun := time.Now()
		k.on()
		scene := k.sees(sale.SceneOutOfService, 10*time.Second)
		if scene.Code != sale.CodeStoreRestored {
			t.Errorf("the screen shows %s", scene.Code)
		}
		k.board.Press(13)
		k.wait(time.Second)
		if n := len(k.ledger.Orders()); n != 4 {
			t.Errorf("%d orders: something was sold", n)
		}
		k.sees(sale.SceneIdle, time.Minute)
		t.Logf("selling again after %s", time.Since(begun))
		k.wait(time.Minute) // a refund is no reason not to sell

		got := map[string]sale.Order{}
		for _, o := range k.ledger.Orders() {
			got[string(o.Number)] = o
		}
		for number, want := range map[string]struct {
			state sale.State
			price sale.Fen
		}{
			served: {sale.Attention, 200}, jammed: {sale.Refunded, 350}, string(open): {sale.Closed, 0}, "T1-9-GHOSTS": {sale.Closed, 0},
		} {
			if o := got[number]; o.State != want.state || o.Product.Price != want.price {
				t.Errorf("order %s is %s at %s, want %s at %s", number, o.State, o.Product.Price, want.state, want.price)
			}
		}
		if k.board.Commands(sale.Number(served)) != before {
			t.Error("a command was sent for an order from a copy")
		}
		ghost, _ := k.provider.Trade("T1-9-GHOSTS")
		if ghost.State != sale.TradeClosed {
			t.Errorf("the order that never was is %s at the provider", ghost.State)
		}
	})
}

// TestOrdersFromACopyAreNeverServed: a copy knows of a payment a few seconds
// ago, and the customer stands there; but it may have been served already.
func TestOrdersFromACopyAreNeverServed(t *testing.T) {
	for _, state := range []sale.State{sale.Awaiting, sale.Paid, sale.Dispensing, sale.Unknown} {
		t.Run(string(state), func(t *testing.T) {
			inBubble(t, func(k *kiosk) {
				k.options.Policy.LateDispense = true
				k.off()
				k.on()
				k.wait(time.Minute)
				code := k.code(11)
				k.wait(5 * time.Second)
				k.pay(code)
				k.wait(3 * time.Second)
				k.off()
				was := k.order()
				k.ledger.Rewrite(func(o sale.Order) sale.Order {
					o.State, o.Restored = state, true
					return o
				})
				k.on()
				k.ends(sale.Attention, sale.CauseRestored, time.Minute)
				if n := k.board.Commands(was.Number); n != 1 {
					t.Errorf("%d commands", n)
				}
			})
		})
	}
}

// TestManyOrdersFromACopy: hundreds are looked up at a bearable pace.
func TestManyOrdersFromACopy(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.off()
		for seq := range uint64(200) {
			number := sale.Number("T1-" + string('A'+rune(seq/26)) + string('A'+rune(seq%26)) + "-LOSTLY")
			k.ledger.Add(sale.Order{Number: number, Seq: 100 + seq, State: sale.Closing, Restored: true})
		}
		k.on()
		k.wait(3 * time.Minute)
		k.sees(sale.SceneIdle, time.Second)
		var calls []time.Time
		for _, trade := range k.provider.Trades() {
			if trade.State != sale.TradeClosed {
				t.Errorf("order %s is %s", trade.Number, trade.State)
			}
			calls = append(calls, trade.Calls...)
		}
		slices.SortFunc(calls, time.Time.Compare)
		most := 0
		for i, at := range calls {
			n := 0
			for _, later := range calls[i:] {
				if later.Sub(at) < time.Second {
					n++
				}
			}
			most = max(most, n)
		}
		if most > 40 { // 16 on average, in steps that chance draws
			t.Errorf("%d calls within a second", most)
		}
		t.Logf("%d calls, at most %d within a second", len(calls), most)
	})
}
