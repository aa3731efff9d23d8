package display

import (
	"image"
	"image/color"

	"kioskd/sale"
)

// board is one scene being laid out: the canvas with its unit, its colours
// and its words.
type board struct {
	*canvas
	colours
	pictures *pictures

	s        Style
	sc       sale.Scene
	t        Text
	w, h     float64
	u        float64 // px; the smallest size of text
	portrait bool
	live     []live
}

// live is a part that may change while the rest of the scene stands.
type live struct {
	area   image.Rectangle
	ground color.RGBA
	value  func(sale.Scene) string // what it shows; equal values look equal
	draw   func(sale.Scene)
}

// unit is the smallest size of text in px on a screen of this size.
func unit(w, h float64) (u float64, portrait bool) {
	if h >= w {
		return min(w/36, h/60), true
	}
	return min(h/24, w/38), false
}

// pl is a measure that differs between portrait and landscape, in units.
func (b *board) pl(portrait, landscape float64) float64 {
	if b.portrait {
		return portrait * b.u
	}
	return landscape * b.u
}

// span is an area that belongs to the whole screen.
func (b *board) screen() box { return box{0, 0, b.w, b.h} }

// top writes a line whose line box begins at y.
func (b *board) top(x, y float64, s string, size, lineHeight float64, bold bool, col color.RGBA) {
	b.write(x, y+(lineHeight-1)*size/2+0.88*size, s, size, bold, col)
}

// middle writes a line centred on cy.
func (b *board) middle(x, cy float64, s string, size float64, bold bool, col color.RGBA) {
	b.write(x, cy+0.37*size, s, size, bold, col)
}

// block writes lines under each other and returns where they end. share is the
// part of the free width that stays at the left: 0 left, 0.5 centre, 1 right.
func (b *board) block(x, y, width, share float64, lines []string, size, lineHeight float64, bold bool, col color.RGBA) float64 {
	for _, line := range lines {
		free := width - b.fonts.width(line, size, bold)
		b.top(x+free*share, y, line, size, lineHeight, bold, col)
		y += size * lineHeight
	}
	return y
}

// heading fits a headline: one line down to least, else two balanced ones.
func (b *board) heading(s string, width, size, least float64) (lines []string, used float64) {
	f := b.fonts
	used = f.fit(s, width, size, least, true)
	if f.width(s, used, true) <= width+0.01 {
		return []string{s}, used
	}
	used = max(least, 0.86*size)
	return f.balance(s, width, used, true), used
}

// hairline is the thickness of a line between rows.
func (b *board) hairline() float64 { return float64(max(1, whole(b.u/18))) }
