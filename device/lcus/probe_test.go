package lcus_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/device"
	"kioskd/device/devicetest"
	"kioskd/device/lcus"
	"kioskd/device/lcus/lcustest"
)

// A board is found, and its relays stay as they are, on or off.
func TestProbe(t *testing.T) {
	b, err := lcustest.Start(filepath.Join(t.TempDir(), "controller"))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Cable.Close()
	b.Switch(3, true)
	l := device.Open(device.Config{Path: b.Cable.Path(), Baud: 19200})
	defer l.Close()
	got, err := lcus.Probe().Ask(t.Context(), l, 19200, device.ProbeOptions{})
	want := device.Finding{What: "LCUS board, 4 relays", Settings: []string{
		"baud: 19200", "channels: 4", "load: lamp # or lock, or signal; never a motor: docs/controllers/lcus.md",
		"slots: # one line for each load", "  - {slot: 11, channel: 1, on: 5s}",
	}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, finding (-want +got):\n%s", err, diff)
	}
	if b.Commands() != 0 || b.Turns() != 0 || !b.On() {
		t.Errorf("%d commands, %d turns, relay 3 on: %v", b.Commands(), b.Turns(), b.On())
	}
}

// FF is written and nothing else; an answer is one only if it is whole.
func TestProbeBytes(t *testing.T) {
	two, four := "CH1: ON\r\nCH2: OFF\r\n", "CH1: ON\r\nCH2: OFF\r\nCH3: OFF\r\nCH4: OFF\r\n"
	for name, c := range map[string]struct {
		answers []string // one after the other; a | is a rest of 100 ms
		want    string
	}{
		"two":           {[]string{two, two}, "LCUS board, 2 relays"},
		"in pieces":     {[]string{two + "|" + four[len(two):], four}, "LCUS board, 4 relays"},
		"once cut":      {[]string{two, four, four}, "LCUS board, 4 relays"},
		"not the same":  {[]string{two, four, two}, ""},
		"one relay":     {[]string{"CH1: ON\r\n", "CH1: ON\r\n", "CH1: ON\r\n"}, ""},
		"three":         {[]string{two + "CH3: ON\r\n", two + "CH3: ON\r\n", two + "CH3: ON\r\n"}, ""},
		"another order": {[]string{"CH2: ON\r\nCH1: ON\r\n", "CH2: ON\r\nCH1: ON\r\n", two}, ""},
		"an echo":       {[]string{"\xFF", "\xFF", "\xFF"}, ""},
		"nobody":        {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b *devicetest.Replier
			b = devicetest.NewReplier(t, func([]byte) []byte {
				if len(c.answers) == 0 {
					return nil
				}
				now, later, cut := strings.Cut(c.answers[0], "|")
				if c.answers = c.answers[1:]; cut {
					time.AfterFunc(100*time.Millisecond, func() { b.Send([]byte(later)) })
				}
				return []byte(now)
			})
			l := device.Open(device.Config{Path: b.Port, Baud: 9600})
			defer l.Close()
			f, err := lcus.Probe().Ask(t.Context(), l, 9600, device.ProbeOptions{})
			if f.What != c.want || err != nil {
				t.Errorf("found %q, %v; want %q", f.What, err, c.want)
			}
			b.HeardOnly(t, []byte{0xFF})
		})
	}
}
