package tcn_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/device/tcn"
)

func TestSettings(t *testing.T) {
	const slots = "write the highest motor's number, 1 to 99"
	for _, c := range []struct {
		change func(*tcn.Settings)
		want   map[string]string
	}{
		{func(*tcn.Settings) {}, map[string]string{}},
		{func(s *tcn.Settings) { s.Slots, s.VendTime, s.Door = 99, 2*time.Minute, "reversed" }, map[string]string{}},
		{func(s *tcn.Settings) { s.Slots = 0 }, map[string]string{"slots": "missing: " + slots}},
		{func(s *tcn.Settings) { s.Slots = 100 }, map[string]string{"slots": "100 is out of range: " + slots}},
		{func(s *tcn.Settings) { s.Slots = -1 }, map[string]string{"slots": "-1 is out of range: " + slots}},
		{func(s *tcn.Settings) { s.Baud, s.VendTime, s.Door = 9601, 4*time.Second, "yes" }, map[string]string{
			"baud":      "9601 is no speed of a serial port: write 9600, or what the board's manual says, from 1200 to 115200",
			"vend_time": "4s is out of range: write 5s to 2m0s, longer than two turns of the slowest motor",
			"door":      "write none, normal (the board answers 00 while the door is open) or reversed (it answers 01)",
		}},
	} {
		s, got := tcn.DefaultSettings(), map[string]string{}
		s.Slots = 60
		c.change(&s)
		s.Check("/", func(field, what string) { got[field] = what })
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", s, diff)
		}
	}
}
