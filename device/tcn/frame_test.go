package tcn_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kioskd/device/devicetest"
	"kioskd/device/tcn"
	"kioskd/sale"
)

// The published commands.
func TestCommands(t *testing.T) {
	for wire, c := range map[string]tcn.Command{
		"00 FF 01 FE AA 55": {0x01, 0xAA},
		"00 FF 01 FE 55 AA": {0x01, 0x55},
		"00 FF 0D F2 AA 55": {0x0D, 0xAA},
		"00 FF 65 9A 55 AA": {0x65, 0x55},
		"00 FF DF 20 55 AA": {0xDF, 0x55},
	} {
		if got := c.Append(nil); !bytes.Equal(got, devicetest.Unhex(t, wire)) {
			t.Errorf("%+v is % X, want %s", c, got, wire)
		}
	}
}

// The published replies, and what each means for an order, with a light
// curtain and without.
func TestReplies(t *testing.T) {
	const unknown, given, not = sale.OutcomeUnknown, sale.OutcomeDispensed, sale.OutcomeNotDispensed
	for _, c := range []struct {
		wire        string
		reply       tcn.Reply
		with, blind sale.Outcome
		detail      string
	}{
		{"00 5D 00 AA 07", tcn.Reply{R4: 0xAA}, given, given, "reply 5D 00 AA: drop seen"},
		{"00 5D 00 CC 29", tcn.Reply{R4: 0xCC}, given, given, "reply 5D 00 CC: drop seen on an extra turn: two products may have fallen"},
		{"00 5D 00 33 90", tcn.Reply{R4: 0x33}, not, unknown, "reply 5D 00 33: no drop seen"},
		{"00 5D 40 00 9D", tcn.Reply{R3: 0x40}, unknown, unknown, "reply 5D 40 00: the light curtain is off or faulty; motor open"},
		{"00 5D 00 00 5D", tcn.Reply{}, unknown, given, "reply 5D 00 00: the light curtain is off or faulty"},
		{"00 5D 40 33 D0", tcn.Reply{R3: 0x40, R4: 0x33}, not, unknown, "reply 5D 40 33: no drop seen; motor open"},
		{"00 5D 50 AA 57", tcn.Reply{R3: 0x50, R4: 0xAA}, given, given, "reply 5D 50 AA: drop seen; running time exceeded"},
		{"00 5D 10 33 A0", tcn.Reply{R3: 0x10, R4: 0x33}, unknown, unknown, "reply 5D 10 33: no drop seen; PMOS short"},
		{"00 5D 20 33 B0", tcn.Reply{R3: 0x20, R4: 0x33}, unknown, unknown, "reply 5D 20 33: no drop seen; NMOS short"},
		{"00 5D 01 AA 08", tcn.Reply{R3: 0x01, R4: 0xAA}, unknown, unknown, "reply 5D 01 AA: drop seen; light curtain fault"},
		{"00 5D 01 33 91", tcn.Reply{R3: 0x01, R4: 0x33}, unknown, unknown, "reply 5D 01 33: no drop seen; light curtain fault"},
		{"00 5C 00 00 5C", tcn.Reply{Failed: true}, unknown, unknown, "reply 5C 00 00: the light curtain is off or faulty; the board says that it failed"},
		{"00 5C 00 33 8F", tcn.Reply{Failed: true, R4: 0x33}, unknown, unknown, "reply 5C 00 33: no drop seen; the board says that it failed"},
	} {
		if got := c.reply.Append(nil); !bytes.Equal(got, devicetest.Unhex(t, c.wire)) {
			t.Errorf("%+v is % X, want %s", c.reply, got, c.wire)
		}
		var p tcn.Parser
		if diff := cmp.Diff([]tcn.Reply{c.reply}, p.Feed(devicetest.Unhex(t, c.wire))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.wire, diff)
		}
		if v := tcn.Judge(c.reply, true); v.Outcome != c.with || v.Detail != c.detail {
			t.Errorf("%s with a light curtain: %v (%s)", c.wire, v.Outcome, v.Detail)
		}
		if v := tcn.Judge(c.reply, false); v.Outcome != c.blind {
			t.Errorf("%s without a light curtain: %v (%s)", c.wire, v.Outcome, v.Detail)
		}
	}
}

func TestUnlisted(t *testing.T) {
	for _, r := range []tcn.Reply{{R4: 0x77}, {R3: 0x60}, {R3: 0xF0, R4: 0xAA}, {R4: 0xAB}} {
		if tcn.Listed(r) {
			t.Errorf("%+v stands in a table", r)
		}
	}
}

func TestParser(t *testing.T) {
	for name, c := range map[string]struct {
		wire string
		want int
	}{
		"noise before":       {"00 FF 00 00 5D 00 AA 07", 1},
		"two":                {"00 5D 00 AA 07 00 5D 01 00 5E", 2},
		"wrong sum":          {"00 5D 00 AA 08", 0},
		"wrong sum, then":    {"00 5D 00 AA 08 00 5D 00 AA 07", 1},
		"another head":       {"00 5E 00 AA 08", 0},
		"cut, then a whole":  {"00 5D 00 00 5D 01 00 5E", 1},
		"the host's own run": {"00 FF 01 FE AA 55", 0},
	} {
		var p tcn.Parser
		if got := p.Feed(devicetest.Unhex(t, c.wire)); len(got) != c.want {
			t.Errorf("%s: %v, want %d", name, got, c.want)
		}
	}
	var p tcn.Parser
	p.Feed(devicetest.Unhex(t, "00 5D 00"))
	p.Gap()
	if got := p.Feed(devicetest.Unhex(t, "AA 07")); len(got) != 0 {
		t.Errorf("halves with a gap between them make %v", got)
	}
}

func FuzzParser(f *testing.F) {
	f.Add([]byte{0x00, 0x5D, 0x00, 0xAA, 0x07}, 2)
	f.Add([]byte{0x00, 0x00, 0x5C, 0x00, 0x00, 0x5C, 0x00, 0x5D}, 1)
	f.Fuzz(func(t *testing.T, b []byte, chunk int) {
		find := func() func([]byte) []tcn.Reply { return new(tcn.Parser).Feed }
		for _, r := range devicetest.InPieces(t, find, b, chunk) {
			if !bytes.Contains(b, r.Append(nil)) {
				t.Fatalf("reply %+v is not in the input", r)
			}
			tcn.Judge(r, true)
		}
	})
}

// FuzzReply: decode(encode(x)) = x.
func FuzzReply(f *testing.F) {
	f.Add(false, byte(0), byte(0xAA))
	f.Fuzz(func(t *testing.T, failed bool, r3, r4 byte) {
		r := tcn.Reply{Failed: failed, R3: r3, R4: r4}
		var p tcn.Parser
		if diff := cmp.Diff([]tcn.Reply{r}, p.Feed(r.Append(nil))); diff != "" {
			t.Fatal(diff)
		}
	})
}
