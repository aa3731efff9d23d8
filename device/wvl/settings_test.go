package wvl_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kioskd/device/wvl"
)

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		change func(*wvl.Settings)
		want   map[string]string
	}{
		{func(*wvl.Settings) {}, map[string]string{}},
		{func(s *wvl.Settings) { s.Baud, s.DropSensor, s.QuietLines = 115200, false, true }, map[string]string{}},
		{func(s *wvl.Settings) { s.Baud = 57601 }, map[string]string{
			"baud": "57601 is not possible: write 9600, 19200, 38400, 57600 or 115200, as the board's firmware has it",
		}},
	} {
		s, got := wvl.DefaultSettings(), map[string]string{}
		c.change(&s)
		s.Check("/", func(field, what string) { got[field] = what })
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", s, diff)
		}
	}
}
