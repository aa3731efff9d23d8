package wvl_test

import (
	"testing"

	"kioskd/device/devicetest"
	"kioskd/device/wvl"
	"kioskd/device/wvl/wvltest"
)

func open(_ testing.TB, port string) devicetest.Driver {
	return wvl.Open(port, wvl.DefaultSettings(), wvl.Options{})
}

func TestConformance(t *testing.T) { devicetest.RunDriver(t, wvltest.BoardHarness(open)) }

// The same on the reference firmware.
func TestFirmwareConformance(t *testing.T) {
	programs := wvltest.Build(t, "firmware")
	devicetest.RunDriver(t, wvltest.FirmwareHarness(programs, open))
}
