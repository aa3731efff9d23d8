package vmc_test

import (
	"testing"

	"kioskd/device/devicetest"
	"kioskd/device/vmc"
)

func TestConformance(t *testing.T) {
	devicetest.RunDriver(t, devicetest.CabinetHarness(func(_ testing.TB, port string) devicetest.Driver {
		s := vmc.DefaultSettings()
		s.Counts = true
		return vmc.Open(port, s, vmc.Options{})
	}))
}
