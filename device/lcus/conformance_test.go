package lcus_test

import (
	"testing"
	"time"

	"kioskd/device/devicetest"
	"kioskd/device/lcus"
	"kioskd/device/lcus/lcustest"
)

func settings() lcus.Settings {
	s := lcus.DefaultSettings()
	s.Channels, s.Load = lcustest.Channels, "lock"
	s.Slots = []lcus.Slot{
		{Slot: 11, Channel: lcustest.Relay, On: 200 * time.Millisecond},
		{Slot: 30, Channel: lcustest.OtherRelay, On: 200 * time.Millisecond},
	}
	return s
}

func TestConformance(t *testing.T) {
	devicetest.RunDriver(t, lcustest.Harness(func(_ testing.TB, port string) devicetest.Driver {
		return lcus.Open(port, settings(), lcus.Options{})
	}))
}
