package display

import (
	"image"
	"image/draw"
	"math"
	"slices"
	"unicode"

	"github.com/hajimehoshi/bitmapfont/v4"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// typeface gives the shapes of single characters.
type typeface interface {
	has(r rune) bool
	// advance is how far the next character stands, in px at this size.
	advance(r rune, size float64) float64
	// mask is the cover of the character, its origin at (shift, 0) with shift
	// from 0 to 1. It is nil for blanks.
	mask(r rune, size, shift float64) *image.Alpha
}

// outlines is a font file. strong is how many px at size 1 every stroke is
// widened, for a bold face that the file does not have.
type outlines struct {
	font   *sfnt.Font
	strong float64

	buf      sfnt.Buffer
	rast     vector.Rasterizer
	em       fixed.Int26_6
	advances map[rune]float64 // at size 1; -1 for a character that is missing
}

func newOutlines(f *sfnt.Font, strong float64) *outlines {
	return &outlines{font: f, strong: strong, em: fixed.I(int(f.UnitsPerEm())), advances: map[rune]float64{}}
}

func (o *outlines) index(r rune) sfnt.GlyphIndex {
	x, err := o.font.GlyphIndex(&o.buf, r)
	if err != nil {
		return 0
	}
	return x
}

func (o *outlines) measure(r rune) float64 {
	if a, known := o.advances[r]; known {
		return a
	}
	a := -1.0
	if x := o.index(r); x != 0 {
		if units, err := o.font.GlyphAdvance(&o.buf, x, o.em, font.HintingNone); err == nil {
			a = float64(units) / float64(o.em)
		}
	}
	o.advances[r] = a
	return a
}

func (o *outlines) has(r rune) bool { return o.measure(r) >= 0 }

func (o *outlines) advance(r rune, size float64) float64 { return max(0, o.measure(r)) * size }

func (o *outlines) mask(r rune, size, shift float64) *image.Alpha {
	segments, err := o.font.LoadGlyph(&o.buf, o.index(r), fixed.Int26_6(size*64), nil)
	if err != nil || len(segments) == 0 {
		return nil
	}
	wide := o.strong * size // to the right, and half as much down
	high := wide / 2
	x, y := shift-wide/2, -high/2 // a widened stroke keeps its middle
	b := segments.Bounds()
	r0 := image.Rect(
		int(math.Floor(float64(b.Min.X)/64+x)), int(math.Floor(float64(b.Min.Y)/64+y)),
		int(math.Ceil(float64(b.Max.X)/64+x+wide)), int(math.Ceil(float64(b.Max.Y)/64+y+high)))
	if r0.Empty() {
		return nil
	}
	m := o.rasterize(segments, r0, x, y)
	if wide == 0 {
		return m
	}
	// Each edge is rasterized where it will be, so that it stays sharp; what
	// lies between the edges is filled in whole pixels.
	fillRight(m, int(wide), o.rasterize(segments, r0, x+wide, y))
	low := o.rasterize(segments, r0, x, y+high)
	fillRight(low, int(wide), o.rasterize(segments, r0, x+wide, y+high))
	fillDown(m, int(high), low)
	return m
}

// rasterize draws a character with its origin at (x, y).
func (o *outlines) rasterize(segments sfnt.Segments, r image.Rectangle, x, y float64) *image.Alpha {
	m := image.NewAlpha(r)
	o.rast.Reset(r.Dx(), r.Dy())
	o.rast.DrawOp = draw.Src
	dx, dy := float32(x-float64(r.Min.X)), float32(y-float64(r.Min.Y))
	at := func(p fixed.Point26_6) (float32, float32) { return float32(p.X)/64 + dx, float32(p.Y)/64 + dy }
	for _, s := range segments {
		ax, ay := at(s.Args[0])
		bx, by := at(s.Args[1])
		cx, cy := at(s.Args[2])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			o.rast.MoveTo(ax, ay)
		case sfnt.SegmentOpLineTo:
			o.rast.LineTo(ax, ay)
		case sfnt.SegmentOpQuadTo:
			o.rast.QuadTo(ax, ay, bx, by)
		case sfnt.SegmentOpCubeTo:
			o.rast.CubeTo(ax, ay, bx, by, cx, cy)
		}
	}
	o.rast.Draw(m, r, image.Opaque, image.Point{})
	return m
}

// fillRight lays copies of m over it, 1 to n px to the right, and then last.
func fillRight(m *image.Alpha, n int, last *image.Alpha) {
	w := m.Rect.Dx()
	for row := 0; row < len(m.Pix); row += m.Stride {
		p := m.Pix[row : row+w]
		for x := w - 1; x >= 0; x-- {
			p[x] = max(slices.Max(p[max(0, x-n):x+1]), last.Pix[row+x])
		}
	}
}

// fillDown does the same downwards.
func fillDown(m *image.Alpha, n int, last *image.Alpha) {
	for i := len(m.Pix) - 1; i >= 0; i-- {
		v := last.Pix[i]
		for k := 0; k <= n && i-k*m.Stride >= 0; k++ {
			v = max(v, m.Pix[i-k*m.Stride])
		}
		m.Pix[i] = v
	}
}

// pixels is the built-in bitmap font, scaled by whole factors.
type pixels struct{}

const (
	pixelEm       = 12
	pixelBaseline = 12
)

func (pixels) scale(size float64) int { return max(1, whole(size/pixelEm)) }

func (p pixels) has(r rune) bool {
	_, ok := bitmapfont.FaceSC.GlyphAdvance(r)
	return ok && (unicode.IsSpace(r) || p.mask(r, pixelEm, 0) != nil)
}

func (p pixels) advance(r rune, size float64) float64 {
	a, _ := bitmapfont.FaceSC.GlyphAdvance(r)
	return float64(a.Round() * p.scale(size))
}

func (p pixels) mask(r rune, size, _ float64) *image.Alpha {
	rect, bits, at, _, ok := bitmapfont.FaceSC.Glyph(fixed.P(0, pixelBaseline), r)
	if !ok {
		return nil
	}
	var ink image.Rectangle // in cells of the bitmap
	for y := range rect.Dy() {
		for x := range rect.Dx() {
			if set(bits, at.X+x, at.Y+y) {
				ink = ink.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	if ink.Empty() {
		return nil
	}
	k := p.scale(size)
	corner := rect.Min.Sub(image.Pt(0, pixelBaseline))
	m := image.NewAlpha(image.Rectangle{ink.Min.Add(corner).Mul(k), ink.Max.Add(corner).Mul(k)})
	for i := range m.Pix {
		if set(bits, at.X+ink.Min.X+i%m.Stride/k, at.Y+ink.Min.Y+i/m.Stride/k) {
			m.Pix[i] = 0xff
		}
	}
	return m
}

func set(bits image.Image, x, y int) bool {
	_, _, _, a := bits.At(x, y).RGBA()
	return a != 0
}
