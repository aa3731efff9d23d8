package keypad_test

import (
	"testing"

	"kioskd/display/keypad"
	"kioskd/sale"
	"kioskd/sale/service"
)

func TestLength(t *testing.T) {
	choices, slots := [5]sale.Slot{1, 2, 3, 4, 0}, [5]sale.Slot{11, 12, 13, 14, 121}
	for _, c := range []struct {
		desk *sale.Desk
		want int
	}{
		{nil, 2},
		{&sale.Desk{Page: service.PIN, Keys: slots}, 1},
		{&sale.Desk{Page: service.Menu, Keys: choices}, 1},
		{&sale.Desk{Page: service.Menu, Keys: slots}, 3},
		{&sale.Desk{Page: service.TestOK, Keys: choices}, 1},
		{&sale.Desk{Page: service.RefillSlot, Keys: choices}, 4},
		{&sale.Desk{Page: service.Count, Keys: choices}, 4},
	} {
		if got := keypad.Length(sale.Scene{Desk: c.desk}, 2); got != c.want {
			t.Errorf("%+v: %d digits, want %d", c.desk, got, c.want)
		}
	}
}
