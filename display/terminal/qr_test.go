package terminal_test

import (
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/skip2/go-qrcode"
	"pgregory.net/rapid"

	"kioskd/display/screen/screentest"
	"kioskd/display/terminal"
)

const codeURL = "weixin://wxpay/bizpayurl?pr=p4lpSuKzz"

func modules(t rapid.TB, url string) [][]bool {
	t.Helper()
	qr, err := qrcode.New(url, qrcode.Medium)
	if err != nil {
		t.Fatal(err)
	}
	qr.DisableBorder = true
	return qr.Bitmap()
}

// paper is a terminal that draws half blocks: each character is two pixels
// above each other, in the colours of the last escape sequence.
type paper struct{ ink, ground color.Gray }

var (
	black, white = color.Gray{0}, color.Gray{0xff}

	darkTerminal  = paper{ink: white, ground: black}
	lightTerminal = paper{ink: black, ground: white}
)

// pixels draws lines with an edge of the terminal's own ground around them.
func (own paper) pixels(t rapid.TB, lines []string) *image.Gray {
	t.Helper()
	const scale, edge = 4, 3
	var grid [][2][]color.Gray // a line: its upper and lower row
	widest := 0
	for _, line := range lines {
		now := own
		var row [2][]color.Gray
		for line != "" {
			if rest, ok := strings.CutPrefix(line, "\x1b[38;5;16;48;5;231m"); ok {
				now, line = paper{ink: black, ground: white}, rest
				continue
			}
			if rest, ok := strings.CutPrefix(line, "\x1b[0m"); ok {
				now, line = own, rest
				continue
			}
			r := []rune(line)[0]
			line = line[len(string(r)):]
			upper, lower := now.ground, now.ground
			switch r {
			case '█':
				upper, lower = now.ink, now.ink
			case '▀':
				upper = now.ink
			case '▄':
				lower = now.ink
			case ' ':
			default:
				t.Fatalf("%q in a QR code", r)
			}
			row[0], row[1] = append(row[0], upper), append(row[1], lower)
		}
		widest = max(widest, len(row[0]))
		grid = append(grid, row)
	}
	img := image.NewGray(image.Rect(0, 0, (widest+2*edge)*scale, (2*len(grid)+2*edge)*scale))
	for i := range img.Pix {
		img.Pix[i] = own.ground.Y
	}
	for y, row := range grid {
		for half, colours := range row {
			for x, c := range colours {
				for p := range scale * scale {
					img.SetGray((x+edge)*scale+p%scale, (2*y+half+edge)*scale+p/scale, c)
				}
			}
		}
	}
	return img
}

func TestCodeCanBeScanned(t *testing.T) {
	tests := []struct {
		name              string
		colour, lightText bool
		paper             paper
	}{
		{"colour on a dark terminal", true, true, darkTerminal},
		{"colour on a light terminal", true, true, lightTerminal},
		{"plain on a dark terminal", false, true, darkTerminal},
		{"plain on a light terminal", false, false, lightTerminal},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lines := terminal.Draw(modules(t, codeURL), tt.colour, tt.lightText)
			img := tt.paper.pixels(t, lines)
			if got, err := screentest.ReadQR(img); got != codeURL {
				t.Errorf("gozxing reads %q, %v", got, err)
			}
			if got := screentest.Zbar(t, img); len(got) != 1 || got[0] != codeURL {
				t.Errorf("zbarimg reads %q", got)
			}
		})
	}
}

// Every code has the modules of its text and four light ones on each side.
func TestCodeProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := modules(t, "weixin://wxpay/bizpayurl?pr="+rapid.StringMatching(`[0-9A-Za-z]{1,40}`).Draw(t, "pr"))
		img := darkTerminal.pixels(t, terminal.Draw(m, rapid.Bool().Draw(t, "colour"), true))
		const scale, edge, quiet = 4, 3, 4
		for y := range len(m) + 2*quiet {
			for x := range len(m) + 2*quiet {
				want := white
				if r, c := y-quiet, x-quiet; r >= 0 && r < len(m) && c >= 0 && c < len(m) && m[r][c] {
					want = black
				}
				if got := img.GrayAt((x+edge)*scale, (y+edge)*scale); got != want {
					t.Fatalf("module %d,%d is %v, want %v", x-quiet, y-quiet, got, want)
				}
			}
		}
	})
}
