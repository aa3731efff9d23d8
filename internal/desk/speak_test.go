package desk_test

import (
	"testing"
	"testing/synctest"
	"time"

	"kioskd/internal/desk"
	"kioskd/payment/paytest"
	"kioskd/sale"
)

// The documents of API v2 let no order be closed in its first five minutes.
// Nobody waits for that: the next customer buys meanwhile.
func TestAYoungOrderIsClosedLater(t *testing.T) {
	keys, err := desk.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		w, err := desk.Bubble(desk.BubbleOptions{Keys: keys, Mode: desk.V2, Provider: func(b *paytest.Behaviour) { b.CloseAge = 5 * time.Minute }})
		if err != nil {
			t.Fatal(err)
		}
		w.Shown(time.Minute, sale.SceneIdle)
		w.Board.Press(11)
		w.Shown(10*time.Second, sale.ScenePay)
		young := w.Newest().Number
		w.Board.Cancel()
		time.Sleep(15 * time.Second)
		w.Board.Press(12)
		if !w.Shown(10*time.Second, sale.ScenePay) || w.Pay(w.Panel.Now()) != nil {
			t.Errorf("the next customer sees %s", w.Panel.Now().Kind)
		}
		if err := w.Settled(10 * time.Minute); err != nil {
			t.Error(err)
		}
		if o, err := w.Provider.Order(string(young)); err != nil || o.TradeState != paytest.TradeClosed || o.ClosedAt.Sub(o.CreatedAt) < 5*time.Minute {
			t.Errorf("%+v, %v", o, err)
		}
		if f, broken := w.Check(); broken != nil || f.Dispensed != 1 || f.Closed != 1 {
			t.Errorf("%+v %q", f, broken)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A technician changes payment.driver over the night, while orders are open
// that the old driver made.
func TestPaymentDriverChangedOverOpenOrders(t *testing.T) {
	keys, err := desk.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	for before, meanwhile := range map[desk.Mode]desk.Mode{desk.PublicKey: desk.V2, desk.V2: desk.PublicKey} {
		synctest.Test(t, func(t *testing.T) { changed(t, keys, before, meanwhile) })
	}
}

func changed(t *testing.T, keys desk.Keys, before, meanwhile desk.Mode) {
	w, err := desk.Bubble(desk.BubbleOptions{Keys: keys, Mode: before})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}()
	w.Shown(time.Minute, sale.SceneIdle)
	w.Board.Press(11)
	if !w.Shown(10*time.Second, sale.ScenePay) {
		t.Fatal("no code came")
	}
	code := w.Panel.Now()
	again := func(m desk.Mode) {
		t.Helper()
		if err := w.End(); err != nil {
			t.Fatal(err)
		}
		if err := w.Speak(m); err != nil {
			t.Fatal(err)
		}
		if err := w.Begin(); err != nil {
			t.Fatal(err)
		}
	}
	again(meanwhile)
	if err := w.Pay(code); err != nil { // the provider takes the money all the same
		t.Fatal(err)
	}
	w.Until(10*time.Minute, func() bool { return false })
	order := w.Newest()
	if order.State != sale.Closing || w.Panel.Now().Kind != sale.SceneOutOfService {
		t.Errorf("under the other driver the order is %s, the screen shows %s", order.State, w.Panel.Now().Kind)
	}
	again(before)
	if err := w.Settled(10 * time.Minute); err != nil {
		t.Error(err)
	}
	if order = w.Newest(); order.State != sale.Refunded || order.Cause != sale.CauseRefunded {
		t.Errorf("with the old driver back the order is %s, %s", order.State, order.Cause)
	}
	if !w.Shown(time.Minute, sale.SceneIdle) {
		t.Errorf("the screen shows %s", w.Panel.Now().Kind)
	}
	if _, broken := w.Check(); broken != nil {
		t.Errorf("%q", broken)
	}
}
