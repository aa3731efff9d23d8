package display

import (
	"image"
	"image/color"
	"image/draw"
)

// Written is a line of text as it was drawn.
type Written struct {
	Text        string
	Ink, Within image.Rectangle
	Size        float64
	Colour      color.RGBA
	Under       []color.RGBA
}

// Record notes every text that f lets the painter draw, all of it anew.
func (p *Painter) Record(f func()) []Written {
	p.rec = &recorder{}
	p.board, p.frames = nil, [2]frame{}
	f()
	var all []Written
	for _, w := range p.rec.texts {
		all = append(all, Written{w.text, w.ink, w.within, w.size, w.col, w.under})
	}
	p.rec, p.board, p.frames = nil, nil, [2]frame{}
	return all
}

// Unit is the smallest size of text on a screen.
func Unit(w, h int) float64 {
	u, _ := unit(float64(w), float64(h))
	return u
}

// Pages, Cols, Rows and Form of the idle page with n products.
func Pages(w, h, n int) (pages, cols, rows int, form string) {
	p, err := NewPainter(Style{Width: w, Height: h, FontPath: Bitmap})
	if err != nil {
		panic(err)
	}
	b := &board{canvas: &canvas{img: image.NewRGBA(image.Rect(0, 0, w, h)), fonts: p.fonts}, w: float64(w), h: float64(h)}
	b.u, b.portrait = unit(b.w, b.h)
	mx := b.pl(1.6, 1.1)
	top, bottom := 3.25*b.u, b.h-2.15*b.u
	if b.portrait {
		top, bottom = 8.65*b.u, b.h-3.2*b.u
	}
	g := newGrid(n, box{mx, top, b.w - 2*mx, bottom - top}, b.u, b.portrait)
	return g.pages, g.cols, g.rows, [...]string{"tall", "label", "list"}[g.form]
}

// LoadFont finds a font in these folders and returns its name.
func LoadFont(path string, folders []string) (string, error) {
	f, err := loadFonts(path, folders)
	if err != nil {
		return "", err
	}
	return f.name, nil
}

// Type lets a test set text in a font.
type Type struct{ f *fonts }

func NewType(path string) (Type, error) {
	f, err := loadFonts(path, nil)
	return Type{f}, err
}

func (t Type) Width(s string, size float64) float64 { return t.f.width(s, size, false) }
func (t Type) Wrap(s string, width, size float64) []string {
	return t.f.wrap(s, width, size, false)
}
func (t Type) Balance(s string, width, size float64) []string {
	return t.f.balance(s, width, size, false)
}
func (t Type) Lines(s string, width, size float64, n int) []string {
	return t.f.lines(s, width, size, false, n)
}
func (t Type) Fit(s string, width, size, least float64) float64 {
	return t.f.fit(s, width, size, least, false)
}
func (t Type) Clean(s string) string { return t.f.clean(s) }

// Shapes draws with the primitives on a white image.
type Shapes struct{ c *canvas }

func NewShapes(w, h int) Shapes {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	return Shapes{&canvas{img: img, clip: img.Rect}}
}

func (s Shapes) Image() *image.RGBA              { return s.c.img }
func (s Shapes) Rect(x, y, w, h, r float64)      { s.c.rect(box{x, y, w, h}, r, black) }
func (s Shapes) Disc(x, y, r float64)            { s.c.disc(x, y, r, black) }
func (s Shapes) Arc(x, y, r, t, from, d float64) { s.c.arc(x, y, r, t, from, d, black) }
func (s Shapes) Line(t, x0, y0, x1, y1 float64) {
	s.c.lines(t, black, []point{{x0, y0}, {x1, y1}})
}

// Tables maps the tables of the i-th font of a file.
var (
	FontOffsets = fontOffsets
	NewTables   = newTables
	Candidates  = candidates
)
