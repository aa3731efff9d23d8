package desk_test

import (
	"testing"
	"testing/synctest"
	"time"

	"kioskd/internal/desk"
	"kioskd/sale"
)

// A technician changes payment.driver over the night, while orders are open
// that the old driver made.
func TestPaymentDriverChangedOverOpenOrders(t *testing.T) {
	keys, err := desk.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	for _, v2 := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) { changed(t, keys, v2) })
	}
}

func changed(t *testing.T, keys desk.Keys, v2 bool) {
	w, err := desk.Bubble(desk.BubbleOptions{Keys: keys, V2: v2})
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
	again := func(v2 bool) {
		t.Helper()
		if err := w.End(); err != nil {
			t.Fatal(err)
		}
		if err := w.Speak(v2); err != nil {
			t.Fatal(err)
		}
		if err := w.Begin(); err != nil {
			t.Fatal(err)
		}
	}
	again(!v2)
	if err := w.Pay(code); err != nil { // the provider takes the money all the same
		t.Fatal(err)
	}
	w.Until(10*time.Minute, func() bool { return false })
	order := w.Newest()
	if order.State != sale.Closing || w.Panel.Now().Kind != sale.SceneOutOfService {
		t.Errorf("under the other driver the order is %s, the screen shows %s", order.State, w.Panel.Now().Kind)
	}
	again(v2)
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
