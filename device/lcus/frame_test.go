package lcus_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kioskd/device/devicetest"
	"kioskd/device/lcus"
)

// The published frames.
func TestSwitches(t *testing.T) {
	for wire, s := range map[string]lcus.Switch{
		"A0 01 01 A2": {1, true}, "A0 01 00 A1": {1, false},
		"A0 02 01 A3": {2, true}, "A0 02 00 A2": {2, false},
		"A0 04 01 A5": {4, true}, "A0 04 00 A4": {4, false},
		"A0 08 01 A9": {8, true}, "A0 08 00 A8": {8, false},
	} {
		if got := s.Append(nil); !bytes.Equal(got, devicetest.Unhex(t, wire)) {
			t.Errorf("%+v is % X, want %s", s, got, wire)
		}
	}
}

func TestParser(t *testing.T) {
	off, first := []bool{false, false}, []bool{true, false}
	for name, c := range map[string]struct {
		text string
		want [][]bool
	}{
		"an answer":          {"CH1: ON\r\nCH2: OFF\r\n", [][]bool{first}},
		"other line ends":    {"CH1:OFF\nCH2:OFF\n", [][]bool{off}},
		"spaces":             {" CH1 : ON \r\nCH2:  OFF\r\n", [][]bool{first}},
		"two":                {"CH1: ON\r\nCH2: OFF\r\nCH1: OFF\r\nCH2: OFF\r\n", [][]bool{first, off}},
		"noise before":       {"x\xFF\r\nCH1: ON\r\nCH2: OFF\r\n", [][]bool{first}},
		"out of order":       {"CH2: ON\r\nCH1: ON\r\nCH2: OFF\r\n", [][]bool{first}},
		"without the first":  {"CH2: ON\r\nCH2: OFF\r\n", nil},
		"an odd word":        {"CH1: WARM\r\nCH2: OFF\r\n", nil},
		"a line is missing":  {"CH1: ON\r\nCH1: OFF\r\nCH2: OFF\r\n", [][]bool{off}},
		"a line between":     {"CH1: ON\r\nhello\r\nCH2: OFF\r\n", nil},
		"more relays":        {"CH1: ON\r\nCH2: OFF\r\nCH3: ON\r\n", [][]bool{first}},
		"not complete":       {"CH1: ON\r\nCH2: OF", nil},
		"a relay that is no": {"CH9: ON\r\n", nil},
		"lower case":         {"ch1: on\r\nch2: off\r\n", nil},
		"endless":            {strings.Repeat("x", 100) + "\r\nCH1: ON\r\nCH2: OFF\r\n", [][]bool{first}},
	} {
		if diff := cmp.Diff(c.want, lcus.NewParser(2).Feed([]byte(c.text))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	p := lcus.NewParser(2)
	p.Feed([]byte("CH1: ON\r\n"))
	p.Gap()
	if got := p.Feed([]byte("CH2: OFF\r\n")); len(got) != 0 {
		t.Errorf("halves with a gap between them make %v", got)
	}
}

func FuzzParser(f *testing.F) {
	f.Add([]byte("CH1: ON\r\nCH2: OFF\r\n"), 3)
	f.Add([]byte("CH2: ON\nCH1:OFF\r\rCH2 : ON \n"), 1)
	f.Fuzz(func(t *testing.T, b []byte, chunk int) {
		find := func() func([]byte) [][]bool { return lcus.NewParser(2).Feed }
		for _, answer := range devicetest.InPieces(t, find, b, chunk) {
			if len(answer) != 2 || bytes.Count(b, []byte("CH")) < 2 {
				t.Fatalf("%q is taken for %v", b, answer)
			}
		}
	})
}

// FuzzStates: decode(encode(x)) = x.
func FuzzStates(f *testing.F) {
	f.Add(byte(0b0101))
	f.Fuzz(func(t *testing.T, bits byte) {
		var want []bool
		var text strings.Builder
		for i := range 8 {
			want = append(want, bits>>i&1 == 1)
			text.WriteString(lcus.State{Channel: i + 1, On: want[i]}.String() + "\r\n")
		}
		got := lcus.NewParser(8).Feed([]byte(text.String()))
		if len(got) != 1 || !slices.Equal(got[0], want) {
			t.Fatalf("%q is decoded as %v", text.String(), got)
		}
	})
}
