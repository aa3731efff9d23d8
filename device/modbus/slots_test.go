package modbus_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kioskd/device"
	"kioskd/sale"
)

func TestSlots(t *testing.T) {
	b, d := counting().start(t)
	b.Hold(1, 2, true)
	eventually(t, "Health is nil", func() bool { return d.Health() == nil })
	pulses := b.Pulses()
	var got device.Shelf
	eventually(t, "the input is seen", func() bool {
		var err error
		if got, err = d.Slots(t.Context(), []sale.Slot{99}); err != nil {
			t.Fatal(err)
		}
		return len(got.Notes) > 0 && got.Notes[0] == "inputs that are on: 1/2"
	})
	var states []string
	for _, s := range got.Slots {
		states = append(states, s.Number.String()+" "+string(s.State))
	}
	if diff := cmp.Diff([]string{"11 ready", "99 missing", "300 ready"}, states); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s := got.Slots[0]; s.Detail != "relay 1/1 for 200ms, key 1/1" || s.Price != nil || s.Stock != nil {
		t.Errorf("slot 11 is %+v", s)
	}
	if b.Pulses() != pulses {
		t.Error("something moved")
	}
	if _, told := d.DoorOpen(); told {
		t.Error("a machine without a switch tells about its door")
	}
}
