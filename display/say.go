package display

import (
	"image/color"

	"kioskd/sale"
)

// sayFrame is the geometry of scenes that say something: 0 and 4 to 11.
type sayFrame struct {
	stage, card, sheet box
	object             float64 // side of the square for the object
	cx, cy             float64 // its middle
	head               float64 // height of the card above it, portrait only
}

func newSayFrame(w, h float64) sayFrame {
	u, portrait := unit(w, h)
	if !portrait {
		m, s := u, 0.42*w
		card := box{m, m, s - 2*m, h - 2*m}
		return sayFrame{
			stage: box{0, 0, s, h}, card: card,
			sheet:  box{s + 1.7*u, 1.7 * u, w - s - 3.4*u, h - 3.2*u},
			object: min(card.w, card.h) - u, cx: s / 2, cy: h / 2,
		}
	}
	m, head := min(2.4*u, w/15), 6*u
	side := min(w-2*m-u, 0.54*h-2*m-head)
	card := box{m, m, w - 2*m, head + side}
	stage := box{0, 0, w, card.h + 2*m}
	top := stage.h + 2.2*u
	return sayFrame{
		stage: stage, card: card,
		sheet:  box{m, top, w - 2*m, h - 1.9*u - top},
		object: side, cx: w / 2, cy: card.y + head + side/2 - 0.7*u, head: head,
	}
}

// stageColour is the colour that says the state from across the room.
func (b *board) stageColour(k sale.SceneKind) color.RGBA {
	switch k {
	case sale.SceneDispensing, sale.SceneTake, sale.SceneRefunded:
		return b.green
	case sale.SceneRefunding, sale.SceneRefundUnproved, sale.SceneRefundLate, sale.SceneRefundPerson, sale.SceneHeld:
		return b.amber
	case sale.SceneStarting, sale.SceneOffline, sale.SceneProviderDown, sale.SceneClock,
		sale.SceneOutOfService, sale.SceneNoRefunds:
		return b.off
	}
	return b.wait
}

func (b *board) say() {
	f := newSayFrame(b.w, b.h)
	stage := b.stageColour(b.sc.Kind)
	dark := stage == b.off
	card, ink, ink2 := b.card, b.ink, b.ink2
	if dark {
		card, ink, ink2 = b.offCard, b.onOff, b.onOff2
	}
	b.fill(f.stage.round(), stage)
	b.rect(f.card, cardRadius*b.u, card)
	if b.portrait {
		b.cardHead(f.card, f.head, ink, ink2, b.fitHead(b.t.Head, f.card.w-2*b.u, 2.8*b.u, 2*b.u), b.t.Second)
	}
	b.enter(f.card)
	b.object(f, dark)
	b.leave()
	b.sheet(f.sheet)
}

// sheet writes the words of a scene beside or under its card.
func (b *board) sheet(area box) {
	b.enter(area)
	defer b.leave()
	footSize := b.pl(1.15, 1)
	footTop := area.bottom() - float64(len(b.footLines(area.w, footSize, b.t.Foot)))*1.35*footSize
	room := footTop - 0.6*b.u - area.y
	rows := b.fitRows(area.w, room)
	free := max(0, room-height(rows))
	y := area.y + free*0.22
	if !b.portrait {
		y = area.y + free*0.3
	}
	for _, r := range rows {
		r.draw(area.x, y)
		y += r.height + r.gap
	}
	b.foot(area.x, area.bottom(), area.w, b.t.Foot)
}

// row is a part of the sheet's block; gap is the air under it.
type row struct {
	height, gap float64
	draw        func(x, y float64)
}

// height is the height of a block without the air under its last row.
func height(rows []row) float64 {
	h, gap := 0.0, 0.0
	for _, r := range rows {
		h += gap + r.height
		gap = r.gap
	}
	return h
}

// keep is how much of the block is shown.
type keep int

const (
	keepAll    keep = iota
	keepFirm        // no soft lines
	keepNeeded      // nor the headline in the second language
)

// fitRows measures the block. Where the room is short it leaves out what can
// be spared, and then makes the air between the rows smaller.
func (b *board) fitRows(width, room float64) []row {
	var rows []row
	for _, k := range []keep{keepAll, keepFirm, keepNeeded} {
		if rows = b.rows(width, k); height(rows) <= room {
			return rows
		}
	}
	air := 0.0
	for _, r := range rows[:len(rows)-1] {
		air += r.gap
	}
	less := max(0, 1-(height(rows)-room)/max(air, 1))
	for i := range rows {
		rows[i].gap *= less
	}
	return rows
}

func (b *board) rows(width float64, k keep) []row {
	var rows []row
	if !b.portrait {
		rows = b.headRows(width, k)
	}
	if b.t.Lead != "" {
		rows = append(rows, b.leadRow(width))
	}
	for _, l := range b.t.Body {
		if k == keepAll || !l.Soft {
			rows = append(rows, b.bodyRow(l, width))
		}
	}
	if len(b.t.Facts) == 0 {
		return rows
	}
	if len(rows) > 0 {
		rows[len(rows)-1].gap = b.pl(1.6, 1)
	}
	size, each := b.pl(1.536, 1.2), b.pl(3, 2.2)
	return append(rows, row{
		height: float64(len(b.t.Facts))*each + b.hairline(),
		draw:   func(x, y float64) { b.factRows(x, y, width, b.t.Facts, size, each) },
	})
}

func (b *board) headRows(width float64, k keep) []row {
	h := b.fitHead(b.t.Head, width, 2.1*b.u, 1.55*b.u)
	rows := []row{{
		height: h.height(), gap: 0.55 * b.u,
		draw: func(x, y float64) { b.block(x, y, width, 0, h.lines, h.size, 1.25, true, b.ink) },
	}}
	if b.t.Second == "" || k == keepNeeded {
		return rows
	}
	size := b.fonts.fit(b.t.Second, width, 1.15*b.u, b.u, false)
	second := b.fonts.truncate(b.t.Second, width, size, false)
	rows[0].gap = 0
	return append(rows, row{
		height: size * 1.35, gap: 0.55 * b.u,
		draw: func(x, y float64) { b.top(x, y, second, size, 1.35, false, b.ink2) },
	})
}

func (b *board) leadRow(width float64) row {
	f := b.fonts
	size := b.pl(1.95, 1.4)
	used := f.fit(b.t.Lead, width, size, 0.84*size, true)
	lines := []string{b.t.Lead}
	if f.width(b.t.Lead, used, true) > width {
		used = size
		lines = f.balance(b.t.Lead, width, size, true)
	}
	return row{
		height: float64(len(lines)) * used * 1.36, gap: b.pl(0.8, 0.45),
		draw: func(x, y float64) { b.block(x, y, width, 0, lines, used, 1.36, true, b.ink) },
	}
}

func (b *board) bodyRow(l Line, width float64) row {
	size, gap, col := b.pl(1.6, 1.25), b.pl(0.75, 0.5), b.ink
	if l.Soft {
		col = b.ink2
	}
	if len(l.Spans) > 1 || len(l.Spans) == 1 && l.Spans[0].Key {
		for size > b.u && b.lineWidth(l, size) > width {
			size = max(b.u, size-step)
		}
		l = b.squeeze(l, size, width)
		return row{
			height: 1.75 * size, gap: gap,
			draw: func(x, y float64) { b.line(x, y+1.75*size/2, l, size, col) },
		}
	}
	lines, used := b.sentence(l, width, size)
	return row{
		height: float64(len(lines)) * used * 1.4, gap: gap,
		draw: func(x, y float64) { b.block(x, y, width, 0, lines, used, 1.4, false, col) },
	}
}
