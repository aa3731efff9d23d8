package modbus_test

import (
	"testing"
	"time"

	"kioskd/sale"
)

// TestDoorMoves: opening and closing are told once each, and where the door was
// at the start is no news.
func TestDoorMoves(t *testing.T) {
	t.Parallel()
	r := counting()
	r.settings.Door.Input = "1/8"
	b, d := r.start(t)
	eventually(t, "health", func() bool { return d.Health() == nil })
	time.Sleep(200 * time.Millisecond)
	for _, open := range []bool{true, false, true} {
		b.Hold(1, 8, open)
		select {
		case e := <-d.Events():
			if e != (sale.DoorMoved{Open: open}) {
				t.Errorf("got %#v, the door is open: %v", e, open)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("nothing told of the door, open: %v", open)
		}
	}
	b.Hold(1, 8, true)
	select {
	case e := <-d.Events():
		t.Errorf("%#v, and nothing moved", e)
	case <-time.After(200 * time.Millisecond):
	}
}
