package display

import (
	"fmt"
	"image/color"
	"strings"
	"time"

	"kioskd/sale"
)

// warnBelow is when the countdown takes the colour of a warning.
const warnBelow = 30 * time.Second

func (b *board) countdown(sheet box, y float64) {
	size := b.pl(2.1, 1.7)
	base := y + 0.075*size + 0.88*size
	label := b.pl(1.3, 1.1)
	b.write(sheet.x, base-0.08*size, b.t.Label, label, false, b.ink2)
	zero := b.fonts.width("0", size, true)
	digits := func(sc sale.Scene) string {
		return fmt.Sprintf("%d:%02d", seconds(sc.Left)/60, seconds(sc.Left)%60)
	}
	longest := max(zero*3.62, zero*(float64(len(digits(b.sc)))-0.38))
	area := box{sheet.right() - longest, y, longest + 0.1*b.u, 1.15 * size}
	b.live = append(b.live, live{
		area: area.out(), ground: b.paper, value: digits,
		draw: func(sc sale.Scene) {
			text, col := digits(sc), b.ink
			if sc.Left <= warnBelow {
				col = b.amberInk
			}
			b.clockDigits(sheet.right(), base, text, size, zero, col)
		},
	})
	bar := box{sheet.x, y + 1.15*size + 0.35*b.u, sheet.w, 0.5 * b.u}
	b.live = append(b.live, live{
		area: bar.out(), ground: b.paper,
		value: func(sc sale.Scene) string { return fmt.Sprint(sc.Left, sc.Window) },
		draw: func(sc sale.Scene) {
			col := b.greenMark
			if sc.Left <= warnBelow {
				col = b.amberMark
			}
			b.rect(bar, bar.h/2, b.colours.line)
			b.rect(box{bar.x, bar.y, max(bar.h, bar.w*share(sc)), bar.h}, bar.h/2, col)
		},
	})
}

// clockDigits writes m:ss in cells that end at right, so that nothing jitters.
func (b *board) clockDigits(right, base float64, text string, size, zero float64, col color.RGBA) {
	x := right - zero*(float64(len(text))-0.38*float64(strings.Count(text, ":")))
	for _, r := range text {
		cell := zero
		if r == ':' {
			cell = 0.62 * zero
		}
		b.write(x+(cell-b.fonts.width(string(r), size, true))/2, base, string(r), size, true, col)
		x += cell
	}
}
