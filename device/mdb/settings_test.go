package mdb_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/device/mdb"
	"kioskd/sale"
)

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		change func(*mdb.Settings)
		want   map[string]string
	}{
		{func(*mdb.Settings) {}, map[string]string{}},
		{func(s *mdb.Settings) {
			s.Adapter, s.Mode, s.Level, s.Device, s.Write, s.Baud = "waferstar", "session", 1, 2, "text", 9600
			s.Items = []mdb.Item{{Item: 65535, Slot: 11}, {Item: 0, Slot: 11}}
		}, map[string]string{}},
		{func(s *mdb.Settings) {
			*s = mdb.Settings{Adapter: "usb", Baud: 1200, Mode: "idle", Device: 3, Level: 4, Scale: 0, Decimals: 4, Deny: "no", Write: "hex",
				Items: []mdb.Item{{Item: 65536, Slot: 0}, {Item: 7, Slot: 1}, {Item: 7, Slot: 2}}}
		}, map[string]string{
			"adapter":       `"usb" is not possible: write qibixx or waferstar`,
			"baud":          "1200 is not possible: write 9600, 19200, 38400, 57600 or 115200, or 0 for the adapter's own",
			"mode":          `"idle" is not possible: write always_idle or session`,
			"device":        "3 is out of range: write 1 to 2",
			"level":         "4 is out of range: write 1 to 3",
			"scale":         "0 is out of range: write 1 to 100",
			"decimals":      "4 is out of range: write 0 to 3",
			"deny":          `"no" is not possible: write vend or stop`,
			"write":         `"hex" is not possible: write binary or text`,
			"items[0].item": "65536 is out of range: write 0 to 65535",
			"items[0].slot": "0 is out of range: write 1 to 9999",
			"items[2].item": "7 stands in items[1] already",
		}},
		{func(s *mdb.Settings) { s.Level = 2 }, map[string]string{"level": "2 is too low for mode always_idle: write 3, or mode: session"}},
	} {
		s, got := mdb.DefaultSettings(), map[string]string{}
		c.change(&s)
		s.Check("/", func(field, what string) { got[field] = what })
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", s, diff)
		}
	}
	s := mdb.DefaultSettings()
	if most := s.PayWithinMost(); most != 225*time.Second {
		t.Errorf("a customer may have %v", most)
	}
}

func TestItems(t *testing.T) {
	s := mdb.DefaultSettings()
	s.Items = []mdb.Item{{Item: 1, Slot: 11}, {Item: 2, Slot: 11}, {Item: 65535, Slot: 12}}
	for item, want := range map[uint16]sale.Slot{
		1: 11, 2: 11, 65535: 12, // listed
		3: 3, 9999: 9999, // their own
		11: 0, 12: 0, // taken by others
		0: 0,
	} {
		if got := mdb.SlotOf(s, item); got != want {
			t.Errorf("item %d is slot %v, not %v", item, got, want)
		}
	}
	if got := mdb.SlotOf(mdb.DefaultSettings(), 65535); got != 0 {
		t.Errorf("an item without a number is slot %v", got)
	}
}
