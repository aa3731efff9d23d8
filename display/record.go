package display

import (
	"image"
	"image/color"
	"image/draw"
	"slices"
)

// recorder notes where text went, for tests of the layout. A nil recorder
// notes nothing.
type recorder struct {
	texts []written
	areas []image.Rectangle // the areas that are being filled in now
}

// written is one line of text as it was drawn.
type written struct {
	text   string
	ink    image.Rectangle // the pixels that it took
	within image.Rectangle // the area that it belongs to
	size   float64         // px
	col    color.RGBA
	under  []color.RGBA // the colours that lay under its ink
}

// enter says that what follows belongs to an area, until leave.
func (c *canvas) enter(b box) {
	if c.rec != nil {
		c.rec.areas = append(c.rec.areas, b.round())
	}
}

func (c *canvas) leave() {
	if c.rec != nil {
		c.rec.areas = c.rec.areas[:len(c.rec.areas)-1]
	}
}

// write draws a line of text.
func (c *canvas) write(x, baseline float64, s string, size float64, bold bool, col color.RGBA) {
	if c.rec == nil {
		c.fonts.draw(c, x, baseline, s, size, bold, col)
		return
	}
	area := box{x - size, baseline - 2*size, c.fonts.width(s, size, bold) + 2*size, 3 * size}.out().Intersect(c.img.Rect)
	before := image.NewRGBA(area)
	draw.Draw(before, area, c.img, area.Min, draw.Src)
	ink := c.fonts.draw(c, x, baseline, s, size, bold, col)
	w := written{text: s, ink: ink, size: size, col: col, within: c.img.Rect}
	if n := len(c.rec.areas); n > 0 {
		w.within = c.rec.areas[n-1]
	}
	w.under = covered(before, c.img, ink.Intersect(area))
	c.rec.texts = append(c.rec.texts, w)
}

// covered lists the colours of the pixels that changed between two images.
func covered(before, after *image.RGBA, r image.Rectangle) []color.RGBA {
	var colours []color.RGBA
	for y := r.Min.Y; y < r.Max.Y; y++ {
		b, a := before.Pix[before.PixOffset(r.Min.X, y):], after.Pix[after.PixOffset(r.Min.X, y):]
		for i := 0; i < 4*r.Dx(); i += 4 {
			under := color.RGBA{b[i], b[i+1], b[i+2], 0xff}
			if under != (color.RGBA{a[i], a[i+1], a[i+2], 0xff}) && !slices.Contains(colours, under) {
				colours = append(colours, under)
			}
		}
	}
	return colours
}
