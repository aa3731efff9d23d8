package ubox_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/device/ubox"
)

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		change func(*ubox.Settings)
		want   map[string]string
	}{
		{func(*ubox.Settings) {}, map[string]string{}},
		{func(s *ubox.Settings) { s.StockBit, s.ProbeChannel, s.VendTime = "empty", 255, 5*time.Second }, map[string]string{}},
		{func(s *ubox.Settings) {
			s.Baud, s.VendTime, s.StockBit, s.ProbeChannel = 9601, 3*time.Minute, "full", 256
		}, map[string]string{
			"baud":          "9601 is no speed of a serial port: write 9600, or what the board's manual says, from 1200 to 115200",
			"vend_time":     "3m0s is out of range: write 5s to 2m0s, longer than the board's own limit for a vend",
			"stock_bit":     "write available or empty: what a bit that is set in the board's stock map means",
			"probe_channel": "256 is out of range: write the number of no channel, up to 255, that was tried; or 0",
		}},
	} {
		s, got := ubox.DefaultSettings(), map[string]string{}
		c.change(&s)
		s.Check("/", func(field, what string) { got[field] = what })
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", s, diff)
		}
	}
}
