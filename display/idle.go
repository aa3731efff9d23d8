package display

import (
	"math"

	"kioskd/sale"
)

// idle draws the page with all products.
func (b *board) idle() {
	mx := b.pl(1.6, 1.1)
	w := b.w - 2*mx
	var top, bottom float64
	if b.portrait {
		top, bottom = b.idleTop(mx, w), b.h-3.2*b.u
	} else {
		top, bottom = 3.25*b.u, b.h-2.15*b.u
		b.idleBar(mx, w)
	}
	g := newGrid(len(b.sc.Offers), box{mx, top, w, bottom - top}, b.u, b.portrait)
	page := ((b.sc.Page % g.pages) + g.pages) % g.pages
	b.tiles(g, page)
	b.idleFooter(mx, w, bottom, g.pages, page)
}

// idleTop is the head of an upright screen; it returns where the grid begins.
func (b *board) idleTop(mx, w float64) float64 {
	f := b.fonts
	title := b.t.Head
	size := f.fit(title, w, 2.7*b.u, 1.9*b.u, true)
	b.top(mx, 1.5*b.u, f.truncate(title, w, size, true), size, 1.25, true, b.ink)
	row := 1.5*b.u + 1.25*size + 0.55*b.u
	s, high := 1.1*b.u, 1.1*1.75*b.u
	cy := row + high/2
	fill, ink := b.pillColours()
	b.pill(mx, cy, b.t.Pill, s, high, fill, ink)
	x := mx + b.pillWidth(b.t.Pill, s) + 0.8*b.u
	sub := b.idleSub()
	subSize := f.fit(sub, mx+w-x, 1.25*b.u, b.u, false)
	if b.t.Note && f.width(sub, subSize, false) > mx+w-x {
		sub = b.t.SubShort
	}
	b.middle(x, cy, f.truncate(sub, mx+w-x, subSize, false), subSize, false, b.ink2)
	return row + high + 1.3*b.u
}

// idleSub is the line beside the pill. Where money is on its way back, that
// comes before the second language.
func (b *board) idleSub() string {
	if b.t.Second != "" && !b.t.Note {
		return b.t.Second
	}
	return b.t.Sub
}

// idleBar is the head of a lying screen: title left, pill right.
func (b *board) idleBar(mx, w float64) {
	f := b.fonts
	cy, s := 1.75*b.u, b.u
	pill := b.t.Pill
	if b.t.Note {
		pill += " " + b.t.SubShort
		pill = f.truncate(pill, 0.62*w-1.3*s, s, true)
	}
	pillW := b.pillWidth(pill, s)
	fill, ink := b.pillColours()
	b.pill(mx+w-pillW, cy, pill, s, 1.75*s, fill, ink)

	left := w - pillW - 0.7*b.u // for title and subline
	sub := b.idleSub()
	subW := f.width(sub, b.u, false) + 0.7*b.u
	width, least := min(0.64*w, left), 1.35*b.u
	if b.t.Note {
		least = b.u
	} else if b.t.Second != "" && f.width(b.t.Head, least, true) <= left-subW {
		width = min(width, left-subW) // the title makes room for the second language
	}
	size := f.fit(b.t.Head, width, 1.75*b.u, least, true)
	title := f.truncate(b.t.Head, left, size, true)
	b.middle(mx, cy, title, size, true, b.ink)
	if !b.t.Note && f.width(title, size, true)+subW <= left {
		b.middle(mx+left-f.width(sub, b.u, false), cy, sub, b.u, false, b.ink2)
	}
}

// idleFooter writes telephone, machine or page, and clock under the grid.
func (b *board) idleFooter(mx, w, gridBottom float64, pages, page int) {
	f := b.fonts
	cy := (gridBottom + b.h) / 2
	help := f.truncate(b.t.Help, 0.55*w, b.u, false)
	b.middle(mx, cy, help, b.u, false, b.ink2)
	clockW := f.width("00:00", b.u, false) + b.u
	from, to := mx+f.width(help, b.u, false)+b.u, mx+w-clockW-b.u
	if pages > 1 {
		b.pageDots(b.w/2, cy, from, to, pages, page)
	} else if machine := f.truncate(b.t.Machine, to-from, b.u, false); machine != "" && to-from > 3*b.u {
		mw := f.width(machine, b.u, false)
		x := max(from, min(b.w/2-mw/2, to-mw))
		b.middle(x, cy, machine, b.u, false, b.ink2)
	}
	area := box{mx + w - clockW, cy - b.u, clockW + 0.1*b.u, 1.6 * b.u}
	b.live = append(b.live, live{
		area: area.out(), ground: b.paper,
		value: func(sc sale.Scene) string { return Words(b.s, sc).Clock },
		draw: func(sc sale.Scene) {
			clock := Words(b.s, sc).Clock
			b.middle(mx+w-f.width(clock, b.u, false), cy, clock, b.u, false, b.ink2)
		},
	})
}

// pageDots shows which page this is. Where all dots do not fit, nothing does.
func (b *board) pageDots(cx, cy, from, to float64, pages, page int) {
	pitch := 1.15 * b.u
	wide := float64(pages-1)*pitch + b.u
	if wide > to-from {
		return
	}
	cx = max(from+wide/2, min(cx, to-wide/2))
	for i := range pages {
		x := cx + (float64(i)-float64(pages-1)/2)*pitch
		if i == page {
			b.disc(x, cy, 0.34*b.u, b.ink)
		} else {
			b.disc(x, cy, 0.24*b.u, mix(b.ink2, b.paper, 0.45))
		}
	}
}

// tiles draws the products of a page.
func (b *board) tiles(g grid, page int) {
	from := page * g.per()
	offers := b.sc.Offers[min(from, len(b.sc.Offers)):min(from+g.per(), len(b.sc.Offers))]
	style := b.tallStyle(g, offers)
	for i, o := range offers {
		t := g.tile(i)
		t.x, t.y = math.Round(t.x), math.Round(t.y)
		b.enter(t)
		switch g.form {
		case formTall:
			b.tallTile(t, o, style)
		case formLabel:
			b.labelTile(t, o)
		case formList:
			b.listTile(t, o)
		}
		b.leave()
	}
}
