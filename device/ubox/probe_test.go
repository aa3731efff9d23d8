package ubox_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kioskd/device"
	"kioskd/device/devicetest"
	"kioskd/device/ubox"
	"kioskd/device/ubox/uboxtest"
)

// A board is found, and nothing vends.
func TestProbeFinds(t *testing.T) {
	b, err := uboxtest.Start(filepath.Join(t.TempDir(), "controller"))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Cable.Close()
	l := device.Open(device.Config{Path: b.Cable.Path(), Baud: 19200})
	defer l.Close()
	got, err := ubox.Probe().Ask(t.Context(), l, 19200, device.ProbeOptions{})
	want := device.Finding{What: `UBOX "SIMPLE" controller, 60 channels`, Settings: []string{
		"baud: 19200", "drop_sensor: true # false if the machine has none, or its menu has it off",
		"stock_bit: available # or empty: docs/controllers/ubox.md",
	}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, finding (-want +got):\n%s", err, diff)
	}
	if b.Commands() != 0 || b.Turns() != 0 || b.Probes() != 0 {
		t.Errorf("%d commands, %d turns, %d vends of no channel", b.Commands(), b.Turns(), b.Probes())
	}
}

// GET_INFO 4 is written and nothing else; only the states of channels are an
// answer.
func TestProbeBytes(t *testing.T) {
	const question = "AA 01 01 04 C6 58"
	states := ubox.Frame{Type: 1, Data: []byte{4, 2, 0, 0}}.Append(nil)
	damaged := bytes.Clone(states)
	damaged[4] ^= 1
	for name, c := range map[string]struct {
		says []byte
		want string
	}{
		"states":              {states, `UBOX "SIMPLE" controller, 2 channels`},
		"behind a cut frame":  {append([]byte{0xAA, 3, 2}, states...), `UBOX "SIMPLE" controller, 2 channels`},
		"damaged":             {damaged, ""},
		"a key":               {devicetest.Unhex(t, "AA 03 02 01 0D 7B EA"), ""},
		"no channels":         {ubox.Frame{Type: 1, Data: []byte{4, 0}}.Append(nil), ""},
		"what was written":    {devicetest.Unhex(t, question), ""},
		"a report of a vend":  {devicetest.Unhex(t, "AA 02 03 0D 00 01 EA 05"), ""},
		"states that are cut": {states[:len(states)-1], ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := devicetest.NewReplier(t, func([]byte) []byte { return c.says })
			l := device.Open(device.Config{Path: b.Port, Baud: 9600})
			defer l.Close()
			f, err := ubox.Probe().Ask(t.Context(), l, 9600, device.ProbeOptions{})
			if f.What != c.want || err != nil {
				t.Errorf("found %q, %v; want %q", f.What, err, c.want)
			}
			b.HeardOnly(t, devicetest.Unhex(t, question))
		})
	}
}
