package wvl_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kioskd/device/wvl"
)

// vectors are lines as they stand on the wire, without CR and LF.
var vectors = []struct {
	wire string
	seq  uint16
	body string
}{
	{"@1 HELLO 1*42", 1, "HELLO 1"},
	{"@1 OK WVL/1 board=demo fw=0.1 slots=8 boot=17*7E", 1, "OK WVL/1 board=demo fw=0.1 slots=8 boot=17"},
	{"@3 VEND 1042 13 DROP=1*2A", 3, "VEND 1042 13 DROP=1"},
	{"@3 ACK 1042 RUNNING*1A", 3, "ACK 1042 RUNNING"},
	{"@0 EV RESULT 1042 DROPPED 1830*5F", 0, "EV RESULT 1042 DROPPED 1830"},
	{"@4 VEND 1042 13 DROP=1*2D", 4, "VEND 1042 13 DROP=1"},
	{"@4 ACK 1042 DROPPED*02", 4, "ACK 1042 DROPPED"},
	{"@5 RESULT 1042*3B", 5, "RESULT 1042"},
	{"@5 OK 1042 DROPPED 1830*64", 5, "OK 1042 DROPPED 1830"},
	{"@6 OK 999 UNKNOWN*63", 6, "OK 999 UNKNOWN"},
	{"@0 EV KEY 13*56", 0, "EV KEY 13"},
	// What the reference firmware says.
	{"@2 OK NEWLOG LOG=3F2A9C01 N=0 HAS=0*1E", 2, "OK NEWLOG LOG=3F2A9C01 N=0 HAS=0"},
	{"@6 NAK 1044 BUSY LOG=3F2A9C01 N=2 HAS=2*7E", 6, "NAK 1044 BUSY LOG=3F2A9C01 N=2 HAS=2"},
	{"@0 EV KEY 3 ID=1*46", 0, "EV KEY 3 ID=1"},
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.wire, func(t *testing.T) {
			want := wvl.Line{Seq: v.seq, Words: strings.Split(v.body, " ")}
			if got := string(want.Append(nil)); got != v.wire+"\r\n" {
				t.Errorf("encoded as %q", got)
			}
			var p wvl.Parser
			if diff := cmp.Diff([]wvl.Line{want}, p.Feed([]byte(v.wire+"\r\n"))); diff != "" {
				t.Errorf("decoded (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNoLine(t *testing.T) {
	const good = "@5 RESULT 1042*3B\r\n"
	long := strings.Repeat("x", 117)
	for _, c := range []struct {
		name, wire string
		want       int // lines
	}{
		{"LF alone ends a line, too", "@5 RESULT 1042*3B\n", 1},
		{"noise before", "\x00\xff*3B\r\n" + good, 1},
		{"cut and begun anew", "@5 RESULT 10" + good, 1},
		{"cut at its check", "@5 RESULT 1042*3\r\n" + good, 1},
		{"wrong check", "@5 RESULT 1043*3B\r\n", 0},
		{"lower case check", "@5 RESULT 1042*3b\r\n", 0},
		{"no check", "@5 RESULT 1042\r\n", 0},
		{"nothing", "@\r\n", 0},
		{"no words", "@5*35\r\n", 0},
		{"two spaces", string(wvl.Line{Seq: 5, Words: []string{"A", "", "B"}}.Append(nil)), 0},
		{"leading zero", "@05 RESULT 1042*0B\r\n", 0},
		{"number too great", "@65536 A*40\r\n", 0},
		{"a control character", "@5 \x01A*55\r\n", 0},
		{"at its longest", string(wvl.Line{Seq: 5, Words: []string{"A" + long}}.Append(nil)), 1},
		{"too long", string(wvl.Line{Seq: 5, Words: []string{"AB" + long}}.Append(nil)) + good, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p wvl.Parser
			if got := p.Feed([]byte(c.wire)); len(got) != c.want {
				t.Errorf("%d lines: %v, want %d", len(got), got, c.want)
			}
		})
	}
}

func TestRoundTrip(t *testing.T) {
	word := rapid.StringMatching(`[!-)+-?A-~]{1,9}`)
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) wvl.Line {
			return wvl.Line{Seq: rapid.Uint16().Draw(t, "seq"), Words: rapid.SliceOfN(word, 1, 10).Draw(t, "words")}
		}), 1, 5).Draw(t, "lines")
		var b []byte
		for _, l := range want {
			b = l.Append(b)
		}
		var p wvl.Parser
		var got []wvl.Line
		for len(b) > 0 {
			n := rapid.IntRange(1, len(b)).Draw(t, "chunk")
			got, b = append(got, p.Feed(b[:n])...), b[n:]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// One damaged byte is always noticed, and the next line is found.
func TestDamage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SampledFrom(vectors).Draw(t, "line")
		b := []byte(v.wire + "\r\n")
		at := rapid.IntRange(0, len(v.wire)-1).Draw(t, "at")
		b[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		var p wvl.Parser
		if got := p.Feed(b); len(got) != 0 {
			t.Fatalf("%q is taken for %v", b, got)
		}
		if got := p.Feed([]byte(vectors[0].wire + "\r\n")); len(got) != 1 {
			t.Fatalf("the line after %q is not found", b)
		}
	})
}

func FuzzParser(f *testing.F) {
	for _, v := range vectors {
		f.Add([]byte(v.wire+"\r\n"), 3)
	}
	f.Fuzz(func(t *testing.T, b []byte, chunk int) {
		var whole, parts wvl.Parser
		want := whole.Feed(b)
		var got []wvl.Line
		for rest := b; len(rest) > 0; {
			n := min(max(1, chunk), len(rest))
			got, rest = append(got, parts.Feed(rest[:n])...), rest[n:]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("in one piece and in pieces differ:\n%s", diff)
		}
		for _, l := range want {
			wire := bytes.TrimSuffix(l.Append(nil), []byte("\r\n"))
			if !bytes.Contains(bytes.ReplaceAll(b, []byte("\r"), nil), wire) {
				t.Fatalf("line %v is not in the input", l)
			}
			wvl.DecodeAll(l.Words)
		}
	})
}

func TestCRC(t *testing.T) {
	if got := wvl.CRC16("123456789"); got != 0x29B1 {
		t.Errorf("CRC is %04X, want 29B1", got)
	}
	const want = "VEND 4294967295 3 DROP=1 LOG=3F2A9C01 AT=57 CRC=69CD"
	if got := wvl.Vend(4294967295, 3, true, 0x3F2A9C01, 57); got != want {
		t.Errorf("VEND is %q, want %q", got, want)
	}
}

func TestRecords(t *testing.T) {
	const tail = " LOG=3F2A9C01 N=57 HAS=32"
	for _, c := range []struct{ words, want string }{
		{"1042 DROPPED 1830 SLOT=13 I=57" + tail, "1042 DROPPED 1830 slot 13 record 57 of 57 in 3F2A9C01, which has 32"},
		{"1042 RUNNING 0 SLOT=13 I=57" + tail + " NEW=1 new", "1042 RUNNING 0 slot 13 record 57 of 57 in 3F2A9C01, which has 32"},
		{"1042 UNKNOWN" + tail, "1042 UNKNOWN 0 slot 0 record 0 of 57 in 3F2A9C01, which has 32"},
		{"1042 DROPPED 1830", ""},
		{"1042 DROPPED 1830 SLOT=13 I=58" + tail, ""},
		{"1042 DROPPED 1830 SLOT=13 I=0" + tail, ""},
		{"1042 DROPPED 1830 SLOT=13 SLOT=13 I=57" + tail, ""},
		{"1042 DROPPED SLOT=13 I=57" + tail, ""},
		{"4294967296 UNKNOWN" + tail, ""},
		{"1042 UNKNOWN LOG=3f2a9c01 N=57 HAS=32", ""},
		{"1042 UNKNOWN LOG=3F2A9C01 N=3 HAS=4", ""},
		{"1042 UNKNOWN LOG=3F2A9C01 N=57", ""},
		{"1042", ""},
	} {
		if got := wvl.Record(strings.Split(c.words, " ")); got != c.want {
			t.Errorf("%q is %q, want %q", c.words, got, c.want)
		}
	}
}
