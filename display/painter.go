package display

import (
	"image"
	"reflect"
	"time"

	"kioskd/sale"
)

// Painter draws scenes. It belongs to one goroutine.
type Painter struct {
	style    Style
	fonts    *fonts
	pictures *pictures
	rec      *recorder // of tests

	themed bool // night is chosen
	night  bool
	code   [][]bool // of url
	url    string
	board  *board
	still  sale.Scene // what board was laid out for
	frames [2]frame
	newest int // index of the frame that was returned last
}

// frame is one of the two images and what is on it.
type frame struct {
	img    *image.RGBA
	board  *board
	values []string // of board.live
}

// NewPainter returns a painter of s.Width by s.Height px. It fails only if
// s.FontPath names a font that cannot be used; without a name the best font of
// the machine is taken, see [Painter.Font].
func NewPainter(s Style) (*Painter, error) {
	fonts, err := loadFonts(s.FontPath, fontFolders())
	if err != nil {
		return nil, err
	}
	for _, words := range []*string{&s.MachineID, &s.MachineName, &s.Help, &s.CancelKey, &s.RefundZh, &s.RefundEn} {
		*words = fonts.clean(*words)
	}
	p := &Painter{style: s, fonts: fonts}
	p.Resize(s.Width, s.Height)
	return p, nil
}

// Font is the file whose letters are drawn, or "bitmap" for the built-in font.
func (p *Painter) Font() string { return p.fonts.name }

// Legible reports whether the smallest text can be read at arm's length: it
// is 16 px or more. On smaller screens everything is drawn all the same.
func (p *Painter) Legible() bool {
	u, _ := unit(float64(p.style.Width), float64(p.style.Height))
	return u >= 16
}

// Resize changes the size of the screen in px. Sizes under 1 px count as 1.
func (p *Painter) Resize(w, h int) {
	p.style.Width, p.style.Height = max(1, w), max(1, h)
	p.frames, p.board = [2]frame{}, nil
	p.pictures = newPictures()
}

// QRFits reports whether the QR code of this text has modules of at least 4 px
// on this screen. If not, nothing must be sold: [Painter.Paint] then shows
// [sale.CodeScreenSmall] in place of the code.
func (p *Painter) QRFits(url string) bool {
	code, err := Code(url)
	if err != nil {
		return false
	}
	f := newPayFrame(float64(p.style.Width), float64(p.style.Height))
	return f.module(len(code)) >= leastModule
}

// Paint draws a scene. Only what differs from the scene before is drawn again.
// The image is valid until the next call but one and must not be changed.
func (p *Painter) Paint(sc sale.Scene) *image.RGBA {
	sc = p.prepare(sc)
	if changesTheme(sc.Kind) || !p.themed {
		p.night, p.themed = p.style.nightAt(sc.At), true
	}
	next := 1 - p.newest
	f := &p.frames[next]
	if f.img == nil {
		f.img = image.NewRGBA(image.Rect(0, 0, p.style.Width, p.style.Height))
	}
	if still := stillPart(sc); p.board == nil || p.board.night() != p.night || !reflect.DeepEqual(still, p.still) {
		p.still = still
		p.board = p.layOut(f.img, sc)
		f.board, f.values = p.board, make([]string, len(p.board.live))
		for i, l := range p.board.live {
			f.values[i] = l.value(sc)
			p.board.part(l, sc)
		}
		p.newest = next
		return f.img
	}
	if last := p.frames[p.newest]; f.board != p.board {
		copy(f.img.Pix, last.img.Pix)
		f.board, f.values = p.board, append([]string(nil), last.values...)
	}
	p.board.img = f.img
	p.tick(f, sc)
	p.newest = next
	return f.img
}

// tick draws the live parts that changed.
func (p *Painter) tick(f *frame, sc sale.Scene) {
	for i, l := range p.board.live {
		if v := l.value(sc); v != f.values[i] {
			f.values[i] = v
			p.board.fill(l.area, l.ground)
			p.board.part(l, sc)
		}
	}
}

// part draws a live part, whose ground is clear, and nothing outside of it.
func (b *board) part(l live, sc sale.Scene) {
	b.enter(box{float64(l.area.Min.X), float64(l.area.Min.Y), float64(l.area.Dx()), float64(l.area.Dy())})
	b.clip = l.area.Intersect(b.img.Rect)
	l.draw(sc)
	b.clip = b.img.Rect
	b.leave()
}

// layOut draws the still part of a scene.
func (p *Painter) layOut(img *image.RGBA, sc sale.Scene) *board {
	c := day
	if p.night {
		c = night
	}
	w, h := float64(p.style.Width), float64(p.style.Height)
	u, portrait := unit(w, h)
	b := &board{
		canvas:  &canvas{img: img, clip: img.Rect, fonts: p.fonts, rec: p.rec},
		colours: c, pictures: p.pictures,
		s: p.style, sc: sc, t: Words(p.style, sc), w: w, h: h, u: u, portrait: portrait,
	}
	b.fill(img.Rect, c.paper)
	switch sc.Kind {
	case sale.SceneIdle:
		b.idle()
	case sale.SceneCreating:
		b.pay(nil)
	case sale.ScenePay:
		b.pay(p.code)
	case sale.SceneService:
		b.service()
	default:
		b.say()
	}
	return b
}

// night reports which theme the board was laid out in.
func (b *board) night() bool { return b.paper == night.paper }

// prepare makes the scene one that can be drawn: names that no font can show
// are cleaned, and a code that cannot be scanned gives way to its fault.
func (p *Painter) prepare(sc sale.Scene) sale.Scene {
	sc.Product.Name = p.fonts.clean(sc.Product.Name)
	if len(sc.Offers) > 0 {
		offers := make([]sale.Offer, len(sc.Offers))
		for i, o := range sc.Offers {
			o.Product.Name = p.fonts.clean(o.Product.Name)
			offers[i] = o
		}
		sc.Offers = offers
	}
	if sc.Desk != nil {
		d := *sc.Desk
		d.Product.Name = p.fonts.clean(d.Product.Name)
		sc.Desk = &d
	}
	if sc.Kind != sale.ScenePay {
		p.code, p.url = nil, ""
		return sc
	}
	if p.url != sc.CodeURL || p.code == nil {
		p.code, _ = Code(sc.CodeURL) // a text that is no code is shown as a fault
		p.url = sc.CodeURL
	}
	f := newPayFrame(float64(p.style.Width), float64(p.style.Height))
	if p.code == nil || f.module(len(p.code)) < leastModule {
		sc.Kind, sc.Code, sc.CodeURL = sale.SceneOutOfService, sale.CodeScreenSmall, ""
	}
	return sc
}

// stillPart is the scene without what the live parts show.
func stillPart(sc sale.Scene) sale.Scene {
	sc.Left, sc.Beat = 0, 0
	if !showsTime(sc.Kind) {
		sc.At = time.Time{}
	}
	rows := make([]sale.Row, len(sc.Rows))
	for i, r := range sc.Rows {
		rows[i].Label = r.Label
	}
	sc.Rows = rows
	return sc
}

// showsTime reports whether the still part of a scene holds its time.
func showsTime(k sale.SceneKind) bool {
	for _, f := range entries[k].facts {
		if f == factTime {
			return true
		}
	}
	return false
}
