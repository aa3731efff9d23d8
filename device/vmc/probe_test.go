package vmc_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/device"
	"kioskd/device/devicetest"
	"kioskd/device/vmc"
)

// The VMC is heard, asked for its number and nothing else.
func TestProbe(t *testing.T) {
	c, err := devicetest.Start(devicetest.Options{
		Slots: []devicetest.Slot{{Number: 11, Stock: 1}}, Link: filepath.Join(t.TempDir(), "controller"),
		PollEvery: 20 * time.Millisecond, AnswerWithin: 500 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	l := device.Open(device.Config{Path: c.Path(), Baud: 9600})
	defer l.Close()
	got, err := vmc.Probe().Ask(t.Context(), l, 9600, device.ProbeOptions{})
	want := device.Finding{What: "XY controller (VMC), machine SIM0000001", Settings: []string{"baud: 9600"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, finding (-want +got):\n%s", err, diff)
	}
	if diff := cmp.Diff(map[string]int{"51": 1}, c.Counters().Heard); diff != "" {
		t.Errorf("commands that the board heard (-want +got):\n%s", diff)
	}
}

// The document has the temperature twice, one copy of it once, and newer
// firmware says more at the end.
func TestMachine(t *testing.T) {
	money, change := []byte{0, 0, 0, 0}, make([]byte, 8)
	inside := []byte{4, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA}
	none := []byte{0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA}
	text := func(parts ...[]byte) (all []byte) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	degrees := func(n int) *int { return &n }
	is := func(on bool) *bool { return &on }
	id := []byte("0000012345")
	for _, c := range []struct {
		name string
		text []byte
		want vmc.Machine
	}{
		{"the document's", text(money, []byte{0xFE, 1}, change, id, none, none), vmc.Machine{ID: "0000012345", Temperature: degrees(-2), DoorOpen: is(true)}},
		{"without the first temperature", text(money, []byte{0}, change, id, inside, none), vmc.Machine{ID: "0000012345", Temperature: degrees(4), DoorOpen: is(false)}},
		{"newer firmware", text(money, []byte{0xAA, 0}, change, id, none, none, []byte{1, 0}), vmc.Machine{ID: "0000012345", DoorOpen: is(false), ProductInLift: is(true), PickupDoorOpen: is(false)}},
		{"a door that is neither", text(money, []byte{8, 7}, change, []byte("12\x00\x00\x00\x00\x00\x00\x00\x00"), none, none), vmc.Machine{ID: "12", Temperature: degrees(8)}},
	} {
		got, ok := vmc.DecodeMachine(c.text)
		if diff := cmp.Diff(c.want, got); diff != "" || !ok {
			t.Errorf("%s: %v (-want +got):\n%s", c.name, ok, diff)
		}
	}
	if _, ok := vmc.DecodeMachine(make([]byte, 38)); ok {
		t.Error("a text that is cut short is read")
	}
}
