package display

import (
	"image"
	"image/color"

	"kioskd/sale"
)

// payFrame is the geometry of scenes 2 and 3.
type payFrame struct {
	stage, card, sheet box
	qr                 float64 // side of the square for the code
	cx, cy             float64 // its middle
	head               float64 // height of the card above it, portrait only
}

// cardRadius is the radius of a card's corners in units.
const cardRadius = 1.2

func newPayFrame(w, h float64) payFrame {
	u, portrait := unit(w, h)
	if !portrait {
		m, s := u, min(h, 0.6*w)
		card := box{m, m, s - 2*m, h - 2*m}
		return payFrame{
			stage: box{0, 0, s, h}, card: card,
			sheet: box{s + 1.3*u, 1.3 * u, w - s - 2.6*u, h - 2.5*u},
			qr:    min(card.w, card.h) - u, cx: s / 2, cy: h / 2,
		}
	}
	m, head := min(2.4*u, w/15), 6.2*u
	side := min(w-2*m-u, h-19.8*u-2*m-head-0.3*u)
	card := box{m, m, w - 2*m, head + side + 0.3*u}
	stage := box{0, 0, w, card.h + 2*m}
	top := stage.h + 1.6*u
	return payFrame{
		stage: stage, card: card,
		sheet: box{m, top, w - 2*m, h - 1.5*u - top},
		qr:    side, cx: w / 2, cy: card.y + head + side/2, head: head,
	}
}

// quiet is the width of the white edge about a QR code, in modules.
const quiet = 4

// leastModule is the smallest module in px that phones read at arm's length.
const leastModule = 4

// module is the side in px of one module of a code with n modules a side.
func (f payFrame) module(n int) int { return int(f.qr) / (n + 2*quiet) }

// pay draws scenes 2 and 3: the same card and the same sheet, so that the code
// simply appears.
func (b *board) pay(code [][]bool) {
	f := newPayFrame(b.w, b.h)
	b.fill(f.stage.round(), b.green)
	b.rect(f.card, cardRadius*b.u, white)
	if code != nil {
		b.code(code, f)
	} else {
		b.dots(f.cx, f.cy, 0.75*b.u, 2.6*b.u, day.greenMark, day.line, white)
	}
	under := f.sheet.y
	if b.portrait {
		b.cardHead(f.card, f.head, day.ink, day.ink2, b.payHead(b.t), b.t.paySub())
	} else {
		under = b.sheetHead(f.sheet)
	}
	hintsTop := b.hints(f.sheet)
	b.product(f.sheet, under, hintsTop)
}

// paySub is the line under the headline.
func (t Text) paySub() string {
	if t.Second != "" {
		return t.Second
	}
	return t.Sub
}

// code draws a QR code pixel for pixel with its quiet zone.
func (b *board) code(code [][]bool, f payFrame) {
	m := f.module(len(code))
	n := len(code) * m
	corner := image.Pt(whole(f.cx-float64(n)/2), whole(f.cy-float64(n)/2))
	b.fill(image.Rect(-quiet*m, -quiet*m, n+quiet*m, n+quiet*m).Add(corner), white)
	for y, row := range code {
		for x, dark := range row {
			if dark {
				b.fill(image.Rect(x*m, y*m, (x+1)*m, (y+1)*m).Add(corner), black)
			}
		}
	}
}

// headline is one or two lines of one size.
type headline struct {
	lines []string
	size  float64
}

func (h headline) height() float64 { return float64(len(h.lines)) * h.size * 1.25 }

func (b *board) fitHead(text string, width, size, least float64) headline {
	lines, used := b.heading(text, width, size, least)
	return headline{lines, used}
}

func (b *board) payHead(t Text) headline {
	f := newPayFrame(b.w, b.h)
	if b.portrait {
		return b.fitHead(t.Head, f.card.w-2*b.u, 2.6*b.u, 2*b.u)
	}
	return b.fitHead(t.Head, f.sheet.w, 1.95*b.u, 1.55*b.u)
}

// cardHead writes a headline, and perhaps a line under it, at the top of a card.
func (b *board) cardHead(card box, height float64, ink, ink2 color.RGBA, h headline, sub string) {
	b.enter(card)
	defer b.leave()
	x, w := card.x+b.u, card.w-2*b.u
	if sub == "" {
		y := card.y + (1.35*b.u+height)/2 - h.height()/2
		b.block(x, y, w, 0.5, h.lines, h.size, 1.25, true, ink)
		return
	}
	y := card.y + 1.3*b.u
	if len(h.lines) > 1 {
		y -= 0.8 * b.u
	}
	y = b.block(x, y, w, 0.5, h.lines, h.size, 1.25, true, ink)
	size := b.fonts.fit(sub, w, 1.3*b.u, b.u, false)
	b.block(x, y, w, 0.5, []string{b.fonts.truncate(sub, w, size, false)}, size, 1.35, false, ink2)
}

// sheetHead writes the headline of a lying screen and returns where it ends.
// Scenes 2 and 3 leave the same room for it.
func (b *board) sheetHead(sheet box) float64 {
	end := sheet.y
	for _, kind := range []sale.SceneKind{sale.SceneCreating, sale.ScenePay} {
		other := b.sc
		other.Kind = kind
		t := Words(b.s, other)
		y := sheet.y + b.payHead(t).height() + 0.35*b.u
		if sub := t.paySub(); sub != "" && b.subFits(sheet, y) {
			y += b.u * (1.35 - 0.25 + 0.2)
		}
		end = max(end, y)
	}
	h := b.payHead(b.t)
	b.enter(sheet)
	defer b.leave()
	y := b.block(sheet.x, sheet.y, sheet.w, 0, h.lines, h.size, 1.25, true, b.ink) + 0.35*b.u
	if sub := b.t.paySub(); sub != "" && b.subFits(sheet, y) {
		sub = b.fonts.truncate(b.fonts.clean(sub), sheet.w, b.u, false)
		b.block(sheet.x, y-0.25*b.u, sheet.w, 0, []string{sub}, b.u, 1.35, false, b.ink2)
	}
	return end
}

// subFits reports whether enough room stays without the line under a headline
// that ends at y.
func (b *board) subFits(sheet box, y float64) bool {
	hints := float64(len(b.payWords().Hints)) * 1.95 * b.u
	name := b.fonts.lines(b.t.Name, sheet.w, 1.1*b.u, false, 2)
	block := b.u * (4.6 + 0.45 + 1.1*1.3*float64(len(name)))
	return sheet.bottom()-hints-b.countdownHeight()-block-y >= 3.2*b.u
}

// payWords are the words of scene 3, also while scene 2 shows.
func (b *board) payWords() Text {
	sc := b.sc
	sc.Kind = sale.ScenePay
	return Words(b.s, sc)
}

// hints draws what the keys do at the bottom of the sheet and returns where
// they begin. Scene 2 has only some of them and leaves room for the others.
func (b *board) hints(sheet box) float64 {
	all := b.payWords().Hints
	size, rowHeight := b.pl(1.15, 1), b.pl(1.15*1.9, 1.95)
	oneRow := b.portrait && len(all) == 2 &&
		b.lineWidth(all[0].Long, size)+b.lineWidth(all[1].Long, size)+1.5*b.u <= sheet.w
	rows := len(all)
	if oneRow {
		rows = 1
	}
	top := sheet.bottom() - float64(rows)*rowHeight
	for i := range b.t.Hints {
		l := all[i].Long
		if b.lineWidth(l, size) > sheet.w {
			l = b.squeeze(all[i].Short, size, sheet.w)
		}
		x, cy := sheet.x, top+(float64(i)+0.5)*rowHeight
		if oneRow {
			cy = top + rowHeight/2
			if i == 1 {
				x = sheet.right() - b.lineWidth(l, size)
			}
		}
		b.line(x, cy, l, size, b.ink2)
	}
	return top
}

func (b *board) countdownHeight() float64 { return b.pl(2.1*1.15, 1.7*1.15) + 0.35*b.u + 0.5*b.u }

// product draws what is being bought between the headline and the hints, and
// the countdown under it.
func (b *board) product(sheet box, under, hintsTop float64) {
	var bottom float64
	if b.portrait {
		bottom = b.wideProduct(sheet)
	} else {
		name := b.fonts.lines(b.t.Name, sheet.w, 1.1*b.u, false, 2)
		height := b.u * (4.6 + 0.45 + 1.1*1.3*float64(len(name)))
		free := hintsTop - b.countdownHeight() - height - under
		bottom = b.narrowProduct(sheet, under+max(0, min(b.u, 0.3*free)), name)
	}
	if b.sc.Kind == sale.ScenePay {
		free := hintsTop - b.countdownHeight() - bottom
		b.countdown(sheet, bottom+max(0, 0.52*free))
	}
}

// tile draws the square with the picture of the product in hand.
func (b *board) tile(at box, radius float64) {
	b.rect(at, radius, b.card)
	inset := 0.08 * at.w
	b.picture(box{at.x + inset, at.y + inset, at.w - 2*inset, at.h - 2*inset}, b.sc.Product, b.sc.Slot, false)
}

func (b *board) wideProduct(sheet box) float64 {
	side := min(8.4*b.u, 0.3*sheet.w)
	b.tile(box{sheet.x, sheet.y, side, side}, 0.8*b.u)
	x := sheet.x + side + 1.3*b.u
	w := sheet.right() - x
	name := b.fonts.lines(b.t.Name, w, 1.6*b.u, false, 2)
	size := b.fitPrice(amount(b.sc), w, 3.8*b.u)
	height := float64(len(name))*1.6*1.32*b.u + 0.35*b.u + 1.05*size
	y := b.block(x, sheet.y+(side-height)/2, w, 0, name, 1.6*b.u, 1.32, false, b.ink) + 0.35*b.u
	b.price(x, y+0.025*size+0.88*size, amount(b.sc), size, b.ink)
	return sheet.y + side
}

func (b *board) narrowProduct(sheet box, y float64, name []string) float64 {
	side := 4.6 * b.u
	b.tile(box{sheet.x, y, side, side}, 0.6*b.u)
	x := sheet.x + side + 0.9*b.u
	size := b.fitPrice(amount(b.sc), sheet.right()-x, 2.8*b.u)
	b.price(x, y+side/2+(0.88-0.5)*size, amount(b.sc), size, b.ink)
	return b.block(sheet.x, y+side+0.45*b.u, sheet.w, 0, name, 1.1*b.u, 1.3, false, b.ink)
}
