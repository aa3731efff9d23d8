package lcus_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/device/lcus"
)

func TestSettings(t *testing.T) {
	const kinds = "write lamp, lock (a magnetic lock that may stay open) or signal (an input of a gate or another controller)"
	const single = "a board with one relay never answers, so nobody would know whether it is there: use one with 2, 4 or 8"
	for _, c := range []struct {
		change func(*lcus.Settings)
		want   map[string]string
	}{
		{func(*lcus.Settings) {}, map[string]string{}},
		{func(s *lcus.Settings) { s.Load = "" }, map[string]string{"load": "missing: what do the relays switch? " + kinds}},
		{func(s *lcus.Settings) { s.Load = "motor" }, map[string]string{
			"load": "a motor is refused: these relays have no timer, so if this program, its computer or the cable fails while one is on, " +
				"the motor turns on and gives everything away. Use a board that ends its pulse itself: driver modbus, or wvl",
		}},
		{func(s *lcus.Settings) { s.Load = "heater" }, map[string]string{"load": kinds + "; it must be safe when it stays on, so a motor is refused"}},
		{func(s *lcus.Settings) { s.Channels, s.Slots = 1, s.Slots[:1] }, map[string]string{"channels": single}},
		{func(s *lcus.Settings) { s.Channels = 3 }, map[string]string{"channels": "3 is not possible: write 2, 4 or 8, as many relays as the board has"}},
		{func(s *lcus.Settings) { s.Baud, s.Slots = 1, nil }, map[string]string{
			"baud":  "1 is no speed of these boards: write 9600, 19200, 38400, 57600 or 115200",
			"slots": "missing: write at least one",
		}},
		{func(s *lcus.Settings) { s.Slots[0] = lcus.Slot{Slot: 10000, Channel: 5, On: 6 * time.Minute} }, map[string]string{
			"slots[0].slot":    "10000 is out of range: write 1 to 9999",
			"slots[0].channel": "5 is out of range: write 1 to 4",
			"slots[0].on":      "6m0s is out of range: write 200ms to 5m0s",
		}},
		{func(s *lcus.Settings) { s.Slots[1] = s.Slots[0] }, map[string]string{
			"slots[1].slot":    "11 has a relay already: keep one of them",
			"slots[1].channel": "relay 1 is in use already, by slots[0]",
		}},
	} {
		s, got := settings(), map[string]string{}
		c.change(&s)
		s.Check("/", func(field, what string) { got[field] = what })
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", s, diff)
		}
	}
}
