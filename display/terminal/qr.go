package terminal

import "strings"

// quiet is the light border of a QR code in modules (ISO/IEC 18004, 9.1).
const quiet = 4

// Colours of a QR code by their number in the 256-colour palette, where 16 and
// 231 are black and white whatever the theme makes of the first sixteen.
const (
	darkOnLight = "\x1b[38;5;16;48;5;231m"
	plain       = "\x1b[0m"
)

// code draws a QR code with two modules above each other in one character. With
// colour it is black on white on any terminal. Without, it is drawn with the
// terminal's own two colours, of which light says which one is the text's: the
// light one on a dark terminal, the dark one on a light terminal.
func code(modules [][]bool, colour, lightText bool) []string {
	n := len(modules)
	dark := func(x, y int) bool {
		x, y = x-quiet, y-quiet
		return y >= 0 && y < n && x >= 0 && x < len(modules[y]) && modules[y][x]
	}
	inked := dark
	if !colour && lightText {
		inked = func(x, y int) bool { return !dark(x, y) }
	}
	side := n + 2*quiet
	var lines []string
	for y := 0; y < side; y += 2 {
		var b strings.Builder
		if colour {
			b.WriteString(darkOnLight)
		}
		for x := range side {
			b.WriteString(halves(inked(x, y), inked(x, y+1)))
		}
		if colour {
			b.WriteString(plain)
		}
		lines = append(lines, b.String())
	}
	return lines
}

// halves is a character with the ink in its upper half, lower half, or both.
func halves(upper, lower bool) string {
	switch {
	case upper && lower:
		return "█"
	case upper:
		return "▀"
	case lower:
		return "▄"
	}
	return " "
}
