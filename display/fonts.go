package display

import (
	"image"
	"image/color"
	"math"
	"strings"
	"unicode"
)

// fonts measures and draws lines of text. Sizes are px of the em square.
type fonts struct {
	name  string        // of the file, or "bitmap"
	faces [2][]typeface // regular and bold; the first that has a character draws it

	chosen [2]map[rune]typeface
	masks  map[maskKey]*image.Alpha
	held   int // bytes of masks
}

type maskKey struct {
	r     rune
	size  int // 1/64 px
	shift uint8
	bold  bool
}

// maskLimit bounds the memory of the glyph cache, in bytes.
const maskLimit = 6 << 20

func newFonts(name string, regular, bold []typeface) *fonts {
	return &fonts{
		name:   name,
		faces:  [2][]typeface{append(regular, pixels{}), append(bold, pixels{})},
		chosen: [2]map[rune]typeface{{}, {}},
		masks:  map[maskKey]*image.Alpha{},
	}
}

func weight(bold bool) int {
	if bold {
		return 1
	}
	return 0
}

// face is the typeface that draws r, or nil.
func (f *fonts) face(r rune, bold bool) typeface {
	chosen := f.chosen[weight(bold)]
	if t, known := chosen[r]; known {
		return t
	}
	var found typeface
	for _, t := range f.faces[weight(bold)] {
		if t.has(r) {
			found = t
			break
		}
	}
	chosen[r] = found
	return found
}

// clean drops what no font can show (emoji, control characters, marks of
// direction) and puts a box in the place of unknown letters.
func (f *fonts) clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Variation_Selector):
			return -1
		case f.face(r, false) != nil:
			return r
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			return '□'
		}
		return -1
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// width is the length of a line.
func (f *fonts) width(s string, size float64, bold bool) float64 {
	w := 0.0
	for _, r := range s {
		if t := f.face(r, bold); t != nil {
			w += t.advance(r, size)
		}
	}
	return w
}

// shifts is how many positions within a pixel a character may take.
const shifts = 4

func (f *fonts) mask(t typeface, r rune, size float64, shift uint8, bold bool) *image.Alpha {
	key := maskKey{r, int(size * 64), shift, bold}
	if m, known := f.masks[key]; known {
		return m
	}
	m := t.mask(r, size, float64(shift)/shifts)
	if m != nil {
		if f.held += len(m.Pix); f.held > maskLimit {
			clear(f.masks)
			f.held = len(m.Pix)
		}
	}
	f.masks[key] = m
	return m
}

// draw paints a line with its origin at (x, y), y being the baseline, and
// returns the rectangle that the ink took.
func (f *fonts) draw(c *canvas, x, y float64, s string, size float64, bold bool, col color.RGBA) image.Rectangle {
	var ink image.Rectangle
	base := whole(y)
	x = float64(whole(x))
	for _, r := range s {
		t := f.face(r, bold)
		if t == nil {
			continue
		}
		left, part := math.Modf(x)
		shift := uint8(part * shifts)
		if _, square := t.(pixels); square {
			left, shift = float64(whole(x)), 0
		}
		if m := f.mask(t, r, size, shift, bold); m != nil {
			at := m.Rect.Add(image.Pt(int(left), base))
			ink = ink.Union(at)
			c.stamp(m, at, col)
		}
		x += t.advance(r, size)
	}
	return ink
}

// stamp paints a colour through a mask.
func (c *canvas) stamp(m *image.Alpha, at image.Rectangle, col color.RGBA) {
	r := at.Intersect(c.clip)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := m.Pix[(y-at.Min.Y)*m.Stride+r.Min.X-at.Min.X:][:r.Dx()]
		i := c.img.PixOffset(r.Min.X, y)
		for _, cover := range row {
			if cover != 0 {
				c.blend(i, col, uint32(cover))
			}
			i += 4
		}
	}
}
