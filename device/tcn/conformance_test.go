package tcn_test

import (
	"testing"
	"time"

	"kioskd/device/devicetest"
	"kioskd/device/tcn"
	"kioskd/device/tcn/tcntest"
)

// settings have a short vend_time: the simulated motor needs 60 ms, the rest is for
// a busy machine.
func settings(curtain bool) tcn.Settings {
	s := tcn.DefaultSettings()
	s.Slots, s.DropSensor, s.VendTime = 60, curtain, 2*time.Second
	return s
}

func TestConformance(t *testing.T) {
	for name, curtain := range map[string]bool{"light curtain": true, "no light curtain": false} {
		t.Run(name, func(t *testing.T) {
			devicetest.RunDriver(t, tcntest.Harness(curtain, func(_ testing.TB, port string) devicetest.Driver {
				return tcn.Open(port, settings(curtain), tcn.Options{})
			}))
		})
	}
}
