package vmc_test

import (
	"testing"

	"kioskd/device/devicetest"
	"kioskd/device/vmc"
)

func TestConformance(t *testing.T) {
	devicetest.RunDriver(t, devicetest.CabinetHarness(func(_ testing.TB, port string) devicetest.Driver {
		s := vmc.DefaultSettings()
		s.Counts, s.Pace = true, 0
		return vmc.Open(port, s, vmc.Options{})
	}))
}
