package ubox_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kioskd/device/devicetest"
	"kioskd/device/ubox"
	"kioskd/sale"
)

// vectors are frames whose CRC was computed by another program.
var vectors = map[string]ubox.Frame{
	"AA 02 02 0D 01 89 BF":    {Type: 2, Data: []byte{13, 1}},
	"AA 02 03 0D 00 01 EA 05": {Type: 2, Data: []byte{13, 0, 1}},
	"AA 03 02 01 0D 7B EA":    {Type: 3, Data: []byte{1, 13}},
	"AA 01 01 01 96 FD":       {Type: 1, Data: []byte{1}},
	"AA 02 02 C8 07 00 D8":    {Type: 2, Data: []byte{200, 7}}, // the trial in docs/controllers/ubox.md
}

func TestFrames(t *testing.T) {
	for wire, f := range vectors {
		if got := f.Append(nil); !bytes.Equal(got, devicetest.Unhex(t, wire)) {
			t.Errorf("%+v is % X, want %s", f, got, wire)
		}
		var p ubox.Parser
		if diff := cmp.Diff([]ubox.Frame{f}, p.Feed(devicetest.Unhex(t, wire))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", wire, diff)
		}
	}
	if got := ubox.CRC16([]byte("123456789")); got != 0x31C3 {
		t.Errorf("CRC is %04X, want 31C3", got)
	}
}

func TestParser(t *testing.T) {
	for name, c := range map[string]struct {
		wire       string
		want, more int // at once, and after a gap
	}{
		"noise before":          {"00 55 01 AA 01 01 01 96 FD", 1, 0},
		"two":                   {"AA 03 02 01 0D 7B EA AA 01 01 01 96 FD", 2, 0},
		"wrong CRC, then":       {"AA 01 01 01 96 FE AA 01 01 01 96 FD", 1, 0},
		"a start in the noise":  {"00 AA FF AA 01 01 01 96 FD", 0, 1},
		"impossible length":     {"AA 01 FF AA 01 01 01 96 FD", 1, 0},
		"a length that is long": {"AA 01 F0 AA 01 01 01 96 FD", 0, 1},
		"cut":                   {"AA 01 01 01", 0, 0},
	} {
		var p ubox.Parser
		if got := p.Feed(devicetest.Unhex(t, c.wire)); len(got) != c.want {
			t.Errorf("%s: %v, want %d", name, got, c.want)
		}
		if got := p.Gap(); len(got) != c.more {
			t.Errorf("%s, after a gap: %v, want %d", name, got, c.more)
		}
		if got := p.Feed(devicetest.Unhex(t, "AA 01 01 01 96 FD")); len(got) != 1 {
			t.Errorf("%s: the next frame is not found", name)
		}
	}
}

func FuzzParser(f *testing.F) {
	for wire := range vectors {
		f.Add(devicetest.Unhex(f, wire), 3)
	}
	f.Add(devicetest.Unhex(f, "AA 01 F0 AA 01 01 01 96 FD"), 2)
	f.Fuzz(func(t *testing.T, b []byte, chunk int) {
		find := func() func([]byte) []ubox.Frame { return new(ubox.Parser).Feed }
		found := devicetest.InPieces(t, find, b, chunk)
		var p ubox.Parser
		p.Feed(b)
		for _, frame := range append(found, p.Gap()...) {
			if !bytes.Contains(b, frame.Append(nil)) {
				t.Fatalf("frame %+v is not in the input", frame)
			}
			ubox.DecodeAll(frame)
		}
	})
}

// FuzzFrame: decode(encode(x)) = x.
func FuzzFrame(f *testing.F) {
	f.Add(byte(2), []byte{13, 1})
	f.Fuzz(func(t *testing.T, kind byte, data []byte) {
		frame := ubox.Frame{Type: kind, Data: data[:min(len(data), 250)]}
		var p ubox.Parser
		got := p.Feed(frame.Append(nil))
		if len(got) != 1 || got[0].Type != kind || !bytes.Equal(got[0].Data, frame.Data) {
			t.Fatalf("%+v is decoded as %+v", frame, got)
		}
	})
}

func TestSerial(t *testing.T) {
	for token, want := range map[uint32]byte{0: 1, 1: 2, 254: 255, 255: 1, 1<<32 - 1: 1} {
		if got := ubox.Serial(token); got != want {
			t.Errorf("token %d has SN %d, want %d", token, got, want)
		}
	}
}

func TestResults(t *testing.T) {
	for _, c := range []struct {
		result byte
		sensor bool
		want   sale.Verdict
	}{
		{0, true, sale.Verdict{Outcome: sale.OutcomeDispensed, Detail: "result 0 of channel 13, SN 1"}},
		{0, false, sale.Verdict{Outcome: sale.OutcomeDispensed, Detail: "result 0 of channel 13, SN 1"}},
		{1, true, sale.Verdict{Outcome: sale.OutcomeNotDispensed, Detail: "result 1 of channel 13, SN 1"}},
		{1, false, sale.Verdict{Detail: "result 1 of channel 13, SN 1: failed, and no drop sensor watches"}},
	} {
		if got := ubox.Judge(ubox.Frame{Type: 2, Data: []byte{13, c.result, 1}}, c.sensor); got != c.want {
			t.Errorf("result %d, sensor %v: %+v, want %+v", c.result, c.sensor, got, c.want)
		}
	}
}
