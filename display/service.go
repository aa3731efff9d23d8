package display

import (
	"image/color"
	"math"

	"kioskd/sale"
	"kioskd/sale/service"
)

// service draws what a technician wants to know.
func (b *board) service() {
	m := b.pl(2.5, 1.4)
	w := b.w - 2*m
	b.fill(b.screen().round(), b.off)
	top := b.serviceTitle(m, w)
	footer := b.pl(3.2, 2.2)
	bottom := b.h - footer
	if d := b.sc.Desk; d != nil && d.Page != service.Facts {
		b.desk(m, w, top, bottom)
		b.serviceFoot(m, w, b.h-footer+b.u)
		return
	}

	cols, gap := 1, 1.4*b.u
	if !b.portrait {
		cols = 2
	}
	colW := (w - float64(cols-1)*gap) / float64(cols)
	n := len(b.t.Facts)
	rows := max(1, (n+cols-1)/cols)
	rowH := min(b.pl(3.9, 2.75), (bottom-top)/float64(rows))
	for i := range b.t.Facts {
		at := box{m + float64(i/rows)*(colW+gap), top + float64(i%rows)*rowH, colW, rowH}
		b.serviceRow(at, i)
	}
	b.serviceFoot(m, w, b.h-footer+b.u)
}

// serviceTitle returns where the rows begin.
func (b *board) serviceTitle(m, w float64) float64 {
	f := b.fonts
	size, y := 2.5*b.u, 2.2*b.u
	if !b.portrait {
		size, y = 1.8*b.u, 0.9*b.u
	}
	s, high := 1.1*b.u, 1.9*1.1*b.u
	pillW := b.pillWidth(b.t.Pill, s)
	room := w - pillW - b.u
	size = f.fit(b.t.Head, room, size, 1.35*b.u, true)
	b.top(m, y, f.truncate(b.t.Head, room, size, true), size, 1.25, true, b.onOff)
	b.pill(m+w-pillW, y+1.25*size/2, b.t.Pill, s, high, b.amberMark, b.onAmber)
	if b.t.Second != "" {
		x := m + f.width(b.t.Head, size, true) + b.u
		second := f.truncate(b.t.Second, m+w-pillW-b.u-x, b.u, false)
		b.middle(x, y+1.25*size/2, second, b.u, false, b.onOff2)
	}
	return y + 1.25*size + b.pl(1.4, 0.6)
}

// serviceRow draws the label of a row; what stands at its right may change.
func (b *board) serviceRow(at box, i int) {
	f := b.fonts
	hair := b.hairline()
	b.rect(box{at.x, at.y, at.w, hair}, 0, b.offCard)
	size := min(b.pl(1.25, 1), 0.8*at.h)
	label := f.truncate(b.t.Facts[i].Label, 0.5*at.w-1.5*b.u, size, false)
	cy := at.y + (at.h+hair)/2
	b.middle(at.x+1.5*b.u, cy, label, size, false, b.onOff2)
	left := at.x + 1.5*b.u + f.width(label, size, false) + 0.6*b.u
	high := min(at.h-2*hair, 1.5*size)
	air := 0.1 * b.u // letters stand out of their width a little

	fact := func(sc sale.Scene) Fact {
		r := sc.Rows[i]
		return Fact{Value: f.clean(r.Value), Good: good(r)}
	}
	b.live = append(b.live,
		live{
			area: box{left - air, cy - high/2, at.right() - left + 2*air, high}.round(), ground: b.off,
			value: func(sc sale.Scene) string { return fact(sc).Value },
			draw: func(sc sale.Scene) {
				value := fact(sc).Value
				used := f.fit(value, at.right()-left, size, min(b.u, size), true)
				value = f.truncate(value, at.right()-left, used, true)
				b.middle(at.right()-f.width(value, used, true), cy, value, used, true, b.onOff)
			},
		},
		live{
			area: square(at.x+0.5*b.u, cy, 0.8*b.u).out(), ground: b.off,
			value: func(sc sale.Scene) string { return string(rune('0' + fact(sc).Good)) },
			draw:  func(sc sale.Scene) { b.disc(at.x+0.5*b.u, cy, 0.36*b.u, b.goodColour(fact(sc).Good)) },
		})
}

func (b *board) goodColour(g Good) color.RGBA {
	return [...]color.RGBA{Fine: b.fine, Odd: b.odd, Bad: b.bad}[g]
}

// serviceFoot says how to leave and, where room is left, which machine it is.
func (b *board) serviceFoot(m, w, cy float64) {
	f := b.fonts
	leave := f.truncate(b.t.Foot[0], w, b.u, false)
	b.middle(m, cy, leave, b.u, false, b.onOff2)
	if len(b.t.Foot) < 2 {
		return
	}
	room := w - f.width(leave, b.u, false) - math.Round(b.u)
	where := f.truncate(b.t.Foot[1], room, b.u, false)
	if f.width(where, b.u, false) <= room {
		b.middle(m+w-f.width(where, b.u, false), cy, where, b.u, false, b.onOff2)
	}
}
