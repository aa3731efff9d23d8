package ubox_test

import (
	"testing"
	"time"

	"kioskd/device/devicetest"
	"kioskd/device/ubox"
	"kioskd/device/ubox/uboxtest"
)

// settings have a short vend_time: the simulated motor needs 60 ms, the rest is for
// a busy machine.
func settings(probe int) ubox.Settings {
	s := ubox.DefaultSettings()
	s.VendTime, s.ProbeChannel = 2*time.Second, probe
	return s
}

func TestConformance(t *testing.T) {
	for name, probe := range map[string]int{"no probe": 0, "probe": uboxtest.Probe} {
		t.Run(name, func(t *testing.T) {
			devicetest.RunDriver(t, uboxtest.Harness(probe != 0, func(_ testing.TB, port string) devicetest.Driver {
				return ubox.Open(port, settings(probe), ubox.Options{})
			}))
		})
	}
}
