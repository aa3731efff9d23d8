package display_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"kioskd/display"
)

// cells is the built-in font at 12 px: 12 for Chinese, 6 for Latin.
func cells(t testing.TB) display.Type {
	t.Helper()
	f, err := display.NewType(display.Bitmap)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestWrap(t *testing.T) {
	f := cells(t)
	for _, tt := range []struct {
		text  string
		width float64
		want  []string
	}{
		{"", 60, nil},
		{"海盐柠檬苏打水", 84, []string{"海盐柠檬苏打水"}},
		{"海盐柠檬苏打水", 60, []string{"海盐柠檬苏", "打水"}},
		{"很抱歉，钱会退回", 36, []string{"很抱", "歉，钱", "会退回"}}, // no comma at the start
		{"茉莉花茶（无糖）", 60, []string{"茉莉花茶", "（无糖）"}},     // no bracket at the end
		{"Sea-salt lemon soda", 60, []string{"Sea-salt", "lemon soda"}},
		{"矿泉水 550 ml", 60, []string{"矿泉水", "550 ml"}}, // no break before a unit
		{"可乐 330 个", 60, []string{"可乐 330", "个"}},     // but before others
		{"Donaudampfschiff", 36, []string{"Donaud", "ampfsc", "hiff"}},
		{"  a  b ", 60, []string{"a  b"}},
		{"水", 3, []string{"水"}}, // a character that does not fit stands alone
	} {
		if got := f.Wrap(tt.text, tt.width, 12); !slices.Equal(got, tt.want) {
			t.Errorf("%q in %v: %q, want %q", tt.text, tt.width, got, tt.want)
		}
	}
}

func TestBalance(t *testing.T) {
	f := cells(t)
	for _, tt := range []struct {
		text  string
		width float64
		want  []string
	}{
		{"海盐柠檬苏打水", 60, []string{"海盐柠檬", "苏打水"}},
		{"茉莉花茶（无糖）", 84, []string{"茉莉花茶", "（无糖）"}},
		{"Mineral water 550 ml", 90, []string{"Mineral", "water 550 ml"}},
		{"Dark chocolate 70%", 84, []string{"Dark", "chocolate 70%"}},
		{"Freshly squeezed orange juice", 84, []string{"Freshly", "squeezed oran…"}},
		{"黑巧克力 70%", 72, []string{"黑巧克力", "70%"}},
	} {
		if got := f.Balance(tt.text, tt.width, 12); !slices.Equal(got, tt.want) {
			t.Errorf("%q in %v: %q, want %q", tt.text, tt.width, got, tt.want)
		}
	}
}

func TestLines(t *testing.T) {
	f := cells(t)
	for _, tt := range []struct {
		text  string
		width float64
		n     int
		want  []string
	}{
		{"海盐柠檬苏打水", 84, 1, []string{"海盐柠檬苏打水"}},
		{"海盐柠檬苏打水", 60, 1, []string{"海盐柠檬…"}},
		{"海盐，柠檬苏打水", 42, 1, []string{"海盐…"}}, // no comma before …
		{"Sea salt lemon", 60, 1, []string{"Sea salt…"}},
		{"海盐柠檬苏打水饮料", 48, 2, []string{"海盐柠檬", "苏打水…"}},
	} {
		if got := f.Lines(tt.text, tt.width, 12, tt.n); !slices.Equal(got, tt.want) {
			t.Errorf("%q in %v: %q, want %q", tt.text, tt.width, got, tt.want)
		}
	}
}

func TestFit(t *testing.T) {
	f, err := display.NewType(heiFont(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ width, size, least, want float64 }{
		{1000, 40, 20, 40}, {70, 40, 20, 35}, {71.9, 40, 20, 35.5}, {10, 40, 20, 20}, {1000, 33.3, 20, 33.3},
	} {
		if got := f.Fit("支付", tt.width, tt.size, tt.least); got != tt.want {
			t.Errorf("%v: %v, want %v", tt, got, tt.want)
		}
	}
}

// TestWrapKeepsText: wrapping loses nothing but spaces, and every line fits.
func TestWrapKeepsText(t *testing.T) {
	f := cells(t)
	plain := func(s string) string { return strings.ReplaceAll(s, " ", "") }
	rapid.Check(t, func(t *rapid.T) {
		s := f.Clean(rapid.StringOf(rapid.RuneFrom([]rune("水茶（，。 ab12mlg·"))).Draw(t, "text"))
		width := rapid.Float64Range(1, 200).Draw(t, "width")
		lines := f.Wrap(s, width, 12)
		if plain(strings.Join(lines, "")) != plain(s) {
			t.Fatalf("%q became %q", s, lines)
		}
		n := rapid.IntRange(1, 3).Draw(t, "lines")
		for _, lines := range [][]string{lines, f.Lines(s, width, 12, n), f.Balance(s, width, 12)} {
			for _, line := range lines {
				if f.Width(line, 12) > width && utf8.RuneCountInString(line) > 1 {
					t.Fatalf("%q is wider than %v", line, width)
				}
			}
		}
		if got := f.Lines(s, width, 12, n); len(got) > n {
			t.Fatalf("%q: %d lines, at most %d", s, len(got), n)
		}
	})
}

func TestClean(t *testing.T) {
	f, err := display.NewType(heiFont(t))
	if err != nil {
		t.Fatal(err)
	}
	for s, want := range map[string]string{
		"可乐 330ml":            "可乐 330ml",
		"🥤":                   "",
		"🥤 可乐  👨‍👩‍👧 冰":       "可乐 冰",
		"a\x00b\u202ec\ufe0f": "abc",
		"\t水\n ":              "水",
		"𠮷野家":                 "□野家",
	} {
		if got := f.Clean(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("可乐 330ml\x00🥤", 100.0)
	f.Add("\xff\xfe", 1.0)
	face := cells(f)
	f.Fuzz(func(t *testing.T, s string, width float64) {
		if len(s) > 400 { // no name is that long, and setting it takes its time
			return
		}
		clean := face.Clean(s)
		if !utf8.ValidString(clean) || face.Clean(clean) != clean {
			t.Errorf("%q is not clean", clean)
		}
		if width > 0 && width < 1e4 {
			face.Lines(clean, width, 12, 2)
			face.Balance(clean, width, 12)
		}
	})
}
