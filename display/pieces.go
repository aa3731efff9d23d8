package display

import (
	"fmt"
	"image/color"
	"strings"
	"time"

	"kioskd/sale"
)

// keycapWidth is the width of a keycap whose text has this size.
func (b *board) keycapWidth(text string, s float64) float64 {
	return max(1.5*s, b.fonts.width(text, s, true)+0.9*s)
}

// keycap draws a key centred on cy; one that cannot be pressed is mute.
func (b *board) keycap(x, cy float64, text string, s float64, mute bool) {
	k := box{x, cy - 0.75*s, b.keycapWidth(text, s), 1.5 * s}
	fill, ink := b.colours.keycap, b.onKeycap
	if mute {
		fill, ink = b.mute, b.ink2
	}
	b.rect(k, 0.32*s, fill)
	b.enter(k)
	b.middle(x+(k.w-b.fonts.width(text, s, true))/2, cy, text, s, true, ink)
	b.leave()
}

func (b *board) pillWidth(text string, s float64) float64 {
	return b.fonts.width(text, s, true) + 1.3*s
}

// pill draws a round label of this height, centred on cy.
func (b *board) pill(x, cy float64, text string, s, height float64, fill, ink color.RGBA) {
	p := box{x, cy - height/2, b.pillWidth(text, s), height}
	b.rect(p, height/2, fill)
	b.enter(p)
	b.middle(x+0.65*s, cy, text, s, true, ink)
	b.leave()
}

// price sizes: the sign is smaller than the digits.
const (
	signSize = 0.6
	signGap  = 0.08
)

func (b *board) priceWidth(f sale.Fen, size float64) float64 {
	return b.fonts.width("¥", signSize*size, true) + signGap*size + b.fonts.width(f.String(), size, true)
}

// price writes an amount with its baseline at y.
func (b *board) price(x, y float64, f sale.Fen, size float64, col color.RGBA) {
	b.write(x, y, "¥", signSize*size, true, col)
	b.write(x+b.fonts.width("¥", signSize*size, true)+signGap*size, y, f.String(), size, true, col)
}

// fitPrice is the size at which an amount fits a width. It goes under one unit
// only for amounts that no design can hold.
func (b *board) fitPrice(f sale.Fen, width, size float64) float64 {
	for size > step && b.priceWidth(f, size) > width {
		size -= step
	}
	return size
}

// spanGap is the air on each side of a keycap within a line, and keycapSize
// its size, both for text of this size.
const spanGap = 0.32

func (b *board) keycapSize(size float64) float64 { return max(b.u, 0.92*size) }

func (b *board) lineWidth(l Line, size float64) float64 {
	w := 0.0
	for i, s := range l.Spans {
		if !s.Key {
			w += b.fonts.width(s.Text, size, false)
			continue
		}
		if i > 0 {
			w += spanGap * size
		}
		w += b.keycapWidth(s.Text, b.keycapSize(size))
		if i < len(l.Spans)-1 {
			w += spanGap * size
		}
	}
	return w
}

// line writes a line with keys, centred on cy.
func (b *board) line(x, cy float64, l Line, size float64, col color.RGBA) {
	for i, s := range l.Spans {
		if !s.Key {
			b.middle(x, cy, s.Text, size, false, col)
			x += b.fonts.width(s.Text, size, false)
			continue
		}
		if i > 0 {
			x += spanGap * size
		}
		b.keycap(x, cy, s.Text, b.keycapSize(size), false)
		x += b.keycapWidth(s.Text, b.keycapSize(size)) + spanGap*size
	}
}

// squeeze shortens the words of a line with keys until it fits: first the last
// words, then the words on the keys.
func (b *board) squeeze(l Line, size, width float64) Line {
	spans := append([]Span(nil), l.Spans...)
	l.Spans = spans
	for i := len(spans) - 1; i >= 0; i-- {
		over := b.lineWidth(l, size) - width
		if over <= 0 {
			break
		}
		s := size
		if spans[i].Key {
			s = b.keycapSize(size)
		}
		room := b.fonts.width(spans[i].Text, s, spans[i].Key) - over
		spans[i].Text = b.fonts.truncate(strings.TrimRight(spans[i].Text, " "), max(room, 0), s, spans[i].Key)
		if spans[i].Text == ellipsis && !spans[i].Key {
			spans = append(spans[:i], spans[i+1:]...)
			l.Spans = spans
		}
	}
	return l
}

// dots adds three dots in a row of which one is lit.
func (b *board) dots(cx, cy, r, pitch float64, lit, dim, ground color.RGBA) {
	area := box{cx - pitch - r, cy - r, 2 * (pitch + r), 2 * r}.out()
	b.live = append(b.live, live{
		area: area, ground: ground,
		value: func(sc sale.Scene) string { return fmt.Sprint(sc.Beat % 3) },
		draw: func(sc sale.Scene) {
			for i := range 3 {
				col := dim
				if i == sc.Beat%3 {
					col = lit
				}
				b.disc(cx+float64(i-1)*pitch, cy, r, col)
			}
		},
	})
}

// seconds is a countdown in whole seconds, never negative.
func seconds(d time.Duration) int { return max(0, int(d/time.Second)) }

// share is the part of a countdown that is left, 0 to 1.
func share(sc sale.Scene) float64 {
	if sc.Window <= 0 {
		return 0
	}
	return max(0, min(1, float64(sc.Left)/float64(sc.Window)))
}

// ring adds a ring that runs empty, with the seconds in it.
func (b *board) ring(cx, cy, r float64, unitWord string) {
	thick := 0.7 * b.u
	b.live = append(b.live, live{
		area: square(cx, cy, 2*r+thick+2).out(), ground: b.card,
		value: func(sc sale.Scene) string { return fmt.Sprint(sc.Left, sc.Window) },
		draw: func(sc sale.Scene) {
			b.arc(cx, cy, r, thick, 0, 360, b.colours.line)
			b.arc(cx, cy, r, thick, -90, 360*share(sc), b.greenMark)
			size := 0.78 * r
			text := fmt.Sprint(seconds(sc.Left))
			if w := b.fonts.width(text, size, true); w > 1.5*r {
				size *= 1.5 * r / w
			}
			b.middle(cx-b.fonts.width(text, size, true)/2, cy-0.14*size, text, size, true, b.ink)
			small := max(b.u, 0.26*size)
			b.middle(cx-b.fonts.width(unitWord, small, false)/2, cy+0.56*0.78*r, unitWord, small, false, b.ink2)
		},
	})
}

// facts draws rows of a label and a value and returns where they end.
func (b *board) factRows(x, y, width float64, rows []Fact, size, height float64) float64 {
	hair := b.hairline()
	f := b.fonts
	for _, row := range rows {
		b.rect(box{x, y, width, hair}, 0, b.colours.line)
		cy := y + (height+hair)/2
		label := f.truncate(row.Label, 0.6*width, size, false)
		b.middle(x, cy, label, size, false, b.ink2)
		room := width - f.width(label, size, false) - b.u
		used := f.fit(row.Value, room, size, max(0.8*size, b.u), true)
		value := f.truncate(row.Value, room, used, true)
		b.middle(x+width-f.width(value, used, true), cy, value, used, true, b.ink)
		y += height
	}
	b.rect(box{x, y, width, hair}, 0, b.colours.line)
	return y + hair
}

// foot draws the last line of a sheet, its bottom at y. It takes a line for
// each part if all of them are too wide for one. It returns its top.
func (b *board) foot(x, bottom, width float64, parts []string) float64 {
	size := b.pl(1.15, 1)
	lines := b.footLines(width, size, parts)
	top := bottom - float64(len(lines))*1.35*size
	b.block(x, top, width, 0, lines, size, 1.35, false, b.ink2)
	return top
}

func (b *board) footLines(width, size float64, parts []string) []string {
	if len(parts) == 0 {
		return nil
	}
	whole := strings.Join(parts, " · ")
	if b.fonts.width(whole, size, false) <= width {
		return []string{whole}
	}
	var lines []string
	for _, part := range parts {
		lines = append(lines, b.fonts.truncate(part, width, size, false))
	}
	return lines
}
