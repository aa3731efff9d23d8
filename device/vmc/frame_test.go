package vmc_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kioskd/device/vmc"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// vectors are frames from the document and from other people's hosts.
var vectors = []struct {
	name, wire string
	cmd        byte
	body       string
}{
	{"POLL", "FA FB 41 00 40", 0x41, ""},
	{"ACK", "FA FB 42 00 43", 0x42, ""},
	{"sync", "FA FB 31 01 01 30", 0x31, "01"},
	{"check, LEN 3", "FA FB 01 03 01 00 0D 0F", 0x01, "01 000D"},
	{"check, LEN 4", "FA FB 01 04 01 00 0D 00 08", 0x01, "01 000D 00"},
	{"normal", "FA FB 02 04 01 01 00 0D 0A", 0x02, "01 01 000D"},
	{"out of stock", "FA FB 02 04 01 02 00 0D 09", 0x02, "01 02 000D"},
	{"paused", "FA FB 02 04 01 04 00 0D 0F", 0x02, "01 04 000D"},
	{"buy", "FA FB 03 03 01 00 0D 0D", 0x03, "01 000D"},
	{"drive", "FA FB 06 05 01 01 00 00 0D 0F", 0x06, "01 01 00 000D"},
	{"drive with lift", "FA FB 06 05 01 01 01 00 0D 0E", 0x06, "01 01 01 000D"},
	{"drive 300", "FA FB 06 05 7F 01 00 01 2C 51", 0x06, "7F 01 00 012C"},
	{"dispensing", "FA FB 04 05 05 01 00 0D 00 09", 0x04, "05 01 000D 00"},
	{"success 02", "FA FB 04 05 06 02 00 0D 00 09", 0x04, "06 02 000D 00"},
	{"success 24", "FA FB 04 05 06 24 00 0D 00 2F", 0x04, "06 24 000D 00"},
	{"jammed", "FA FB 04 05 06 03 00 0D 00 08", 0x04, "06 03 000D 00"},
	{"terminated", "FA FB 04 05 07 FF 00 0D 00 F5", 0x04, "07 FF 000D 00"},
	{"success, LEN 4", "FA FB 04 04 06 02 00 0D 08", 0x04, "06 02 000D"},
	{"keypad 13", "FA FB 05 03 09 00 0D 03", 0x05, "09 000D"},
	{"cancel", "FA FB 05 03 09 00 00 0E", 0x05, "09 0000"},
	{"slot report", "FA FB 11 0C 03 00 0D 00 00 01 5E 07 0A 00 2A 00 6A", 0x11, "03 000D 0000015E 07 0A 002A 00"},
	{"price", "FA FB 12 07 04 00 0D 00 00 01 5E 42", 0x12, "04 000D 0000015E"},
	{"interval", "FA FB 16 02 02 02 15", 0x16, "02 02"},
	{"credit", "FA FB 27 06 08 05 00 00 01 5E 72", 0x27, "08 05 0000015E"},
	{"status request", "FA FB 51 01 01 50", 0x51, "01"},
	{"lift request", "FA FB 53 01 01 52", 0x53, "01"},
	{"lift normal", "FA FB 54 02 01 00 56", 0x54, "01 00"},
	{"jam query", "FA FB 70 03 01 32 00 41", 0x70, "01 32 00"},
	{"jam clear", "FA FB 70 03 01 32 01 40", 0x70, "01 32 01"},
	{"jam list", "FA FB 71 0B 03 32 00 02 00 01 00 15 01 00 05 58", 0x71, "03 32 00 02 0001 0015 01 0005"},
	{"sales query", "FA FB 70 05 01 47 00 00 0D 3F", 0x70, "01 47 00 000D"},
	{"sales", "FA FB 71 0B 01 47 00 00 00 00 80 00 00 AF 00 12", 0x71, "01 47 00 00000080 0000AF00"},
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			want := vmc.Frame{Cmd: v.cmd, Body: unhex(t, v.body)}
			if got := want.Append(nil); !bytes.Equal(got, unhex(t, v.wire)) {
				t.Errorf("encoded as % X, want %s", got, v.wire)
			}
			var p vmc.Parser
			got := p.Feed(unhex(t, v.wire))
			if diff := cmp.Diff([]vmc.Frame{want}, got); diff != "" {
				t.Errorf("decoded (-want +got):\n%s", diff)
			}
			if p.Pending() {
				t.Error("something is left after a whole frame")
			}
		})
	}
}

const poll, ok13 = "FA FB 41 00 40", "FA FB 04 05 06 02 00 0D 00 09"

func TestResynchronise(t *testing.T) {
	for _, c := range []struct {
		name   string
		chunks []string
		want   string // commands, in hex
	}{
		{"noise before", []string{"00 FF FB FA 13" + poll}, "41"},
		{"byte by byte", strings.Fields(poll + " " + ok13), "4104"},
		{"two in one", []string{poll + ok13}, "4104"},
		{"wrong XOR", []string{"FA FB 04 05 06 02 00 0D 00 0A" + poll}, "41"},
		{"a damaged length hides a frame", []string{"FA FB 04 0A 06 02 00 0D 00 09" + poll}, "41"},
		{"a start in the noise", []string{"FA FB FA FB 41 00 40", "FA FB 41 00 40 00 00"}, ""},
		{"a start as noise, in the end", []string{"FA FB 01 02" + poll}, "41"},
		{"half a frame", []string{"FA FB 04 05 06", poll}, "41"},
		{"the second start byte comes later", []string{"FA", "FB 41", "00 40"}, "41"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p vmc.Parser
			var got []byte
			for _, chunk := range c.chunks {
				for _, f := range p.Feed(unhex(t, chunk)) {
					got = append(got, f.Cmd)
				}
			}
			if !bytes.Equal(got, unhex(t, c.want)) {
				t.Errorf("found % X, want %s", got, c.want)
			}
		})
	}
}

// A length that promises more than comes must not hold back what follows.
func TestBreak(t *testing.T) {
	var p vmc.Parser
	if got := p.Feed(unhex(t, "FA FB 04 FF 06"+poll+"FA")); got != nil {
		t.Fatalf("found %v in a frame that is not complete", got)
	}
	if !p.Pending() {
		t.Fatal("a frame with length FF is not pending after ten bytes")
	}
	got := p.Break()
	if len(got) != 1 || got[0].Cmd != 0x41 || p.Pending() {
		t.Errorf("Break found %v, pending %v; want the hidden POLL and nothing pending", got, p.Pending())
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		frame := rapid.Custom(func(t *rapid.T) vmc.Frame {
			return vmc.Frame{Cmd: rapid.Byte().Draw(t, "cmd"), Body: rapid.SliceOfN(rapid.Byte(), 0, 255).Draw(t, "body")}
		})
		want := rapid.SliceOfN(frame, 1, 5).Draw(t, "frames")
		var b []byte
		for _, f := range want {
			b = f.Append(b)
		}
		var p vmc.Parser
		var got []vmc.Frame
		for len(b) > 0 {
			n := rapid.IntRange(1, len(b)).Draw(t, "chunk")
			got, b = append(got, p.Feed(b[:n])...), b[n:]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzParser(f *testing.F) {
	for _, v := range vectors {
		f.Add(unhex(f, v.wire), 3)
	}
	f.Add(unhex(f, "FA FB FA FB 41 00 40 FA"), 1)
	f.Fuzz(func(t *testing.T, b []byte, chunk int) {
		var whole, parts vmc.Parser
		want := whole.Feed(b)
		var got []vmc.Frame
		chunk = max(1, chunk)
		for rest := b; len(rest) > 0; {
			n := min(chunk, len(rest))
			got, rest = append(got, parts.Feed(rest[:n])...), rest[n:]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("in one piece and in pieces differ:\n%s", diff)
		}
		for _, f := range append(want, whole.Break()...) {
			if !bytes.Contains(b, f.Append(nil)) {
				t.Fatalf("frame %v is not in the input", f)
			}
			var again vmc.Parser
			if diff := cmp.Diff([]vmc.Frame{f}, again.Feed(f.Append(nil))); diff != "" {
				t.Fatalf("encoded and decoded:\n%s", diff)
			}
		}
		if whole.Pending() {
			t.Fatal("pending after Break")
		}
	})
}

// FuzzEvidence: evidence that was read keeps its meaning when it is stored
// again, and the jam list of a board may be anything.
func FuzzEvidence(f *testing.F) {
	f.Add([]byte(`{"v":1,"run":7,"driven":2,"counters":{"sold":1234,"amount":246800,"jammed":true}}`))
	f.Add([]byte(`{"v":2,"counters":null}`))
	f.Add([]byte("\x02\x00\x01\x00\x15\x01\x00\x05"))
	f.Fuzz(func(t *testing.T, b []byte) {
		first := vmc.Evidence(b)
		if again := vmc.Evidence(first); !bytes.Equal(first, again) {
			t.Fatalf("%s came back as %s", first, again)
		}
		vmc.Listed(b, 11)
	})
}

func TestListed(t *testing.T) {
	const list = "02 0001 0015 01 0005"
	for _, c := range []struct {
		list string
		slot int
		want bool
	}{
		{list, 1, true}, {list, 0x15, true}, {list, 5, true}, {list, 2, false}, {list, 0x1500, false},
		{"00 00", 1, false}, {"", 1, false}, {"02 0001", 1, true}, {"02 0001 00", 0, false}, {"FF", 1, false},
	} {
		if got := vmc.Listed(unhex(t, c.list), slot(c.slot)); got != c.want {
			t.Errorf("slot %d in %q: %v", c.slot, c.list, got)
		}
	}
}
