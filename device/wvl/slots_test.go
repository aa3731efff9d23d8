package wvl_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kioskd/device"
	"kioskd/sale"
)

func TestSlots(t *testing.T) {
	b := newBench(t)
	b.board.Empty(2)
	b.board.Pause(3)
	got, err := b.dev.Slots(t.Context(), []sale.Slot{1, 9})
	if err != nil {
		t.Fatal(err)
	}
	var want []device.Slot
	for n := range sale.Slot(8) {
		want = append(want, device.Slot{Number: n + 1, State: device.SlotReady})
	}
	want[1].State, want[2].State = device.SlotSoldOut, device.SlotClosed
	want = append(want, device.Slot{Number: 9, State: device.SlotMissing})
	if diff := cmp.Diff(want, got.Slots); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(b.board.Turns()) != 0 || len(b.wire.Commands()) != 0 {
		t.Error("something moved")
	}
}
