package display

import (
	"math"
	"strings"

	"kioskd/sale"
)

// sentence lays out a body line: one line if need be a little smaller, else
// at the places marked with |, else wherever it wraps, three lines at most.
func (b *board) sentence(l Line, width, size float64) (lines []string, used float64) {
	f := b.fonts
	marked := ""
	if len(l.Spans) > 0 {
		marked = l.Spans[0].Text
	}
	text := strings.ReplaceAll(marked, "|", "")
	used = f.fit(text, width, size, 0.9*size, false)
	if f.width(text, used, false) <= width {
		return []string{text}, used
	}
	if parts := strings.Split(marked, "|"); len(parts) > 1 && len(parts) <= 3 {
		fits := true
		for i, p := range parts {
			parts[i] = strings.TrimSpace(p)
			fits = fits && f.width(parts[i], size, false) <= width
		}
		if fits {
			return parts, size
		}
	}
	return f.lines(text, width, size, false, 3), size
}

// object draws the one thing that stands on the card.
func (b *board) object(f sayFrame, dark bool) {
	switch b.sc.Kind {
	case sale.SceneConfirming, sale.SceneTimeUp, sale.SceneCancelling, sale.SceneChecking:
		b.ring(f.cx, f.cy, min(0.36*f.object, 8.2*b.u), b.t.Label)
	case sale.SceneDispensing:
		b.falling(f)
	case sale.SceneTake:
		b.badge(f.cx, f.cy, min(0.42*f.object, 7.8*b.u), b.arrow(), b.greenMark, b.onGreen)
	case sale.SceneRefunding, sale.SceneRefundUnproved, sale.SceneRefundLate, sale.SceneRefundPerson:
		b.amount(f, func(cy, r float64) { b.badge(f.cx, cy, r, back, b.amberMark, b.onAmber) })
	case sale.SceneHeld:
		b.amount(f, func(cy, r float64) { b.alert(f.cx, cy, r, b.amberMark, b.onAmber) })
	case sale.SceneRefunded:
		b.amount(f, func(cy, r float64) { b.badge(f.cx, cy, r, tick, b.greenMark, b.onGreen) })
	case sale.SceneNoCode, sale.SceneNotPaid, sale.SceneSoldOut, sale.SceneSlotClosed, sale.SceneNoSuchSlot:
		b.shelf(f)
	case sale.SceneOffline, sale.SceneProviderDown, sale.SceneClock:
		side := min(0.66*f.object, 13*b.u)
		cy := f.cy + 0.02*side
		b.wifi(f.cx, cy, side, b.onOff)
		b.disc(f.cx+0.3*side, cy+0.2*side, 0.2*side, b.offCard)
		b.alert(f.cx+0.3*side, cy+0.2*side, 0.16*side, b.amberMark, b.onAmber)
	case sale.SceneOutOfService, sale.SceneNoRefunds:
		b.stopped(f)
	default:
		lit, dim, ground := b.greenMark, b.colours.line, b.card
		if dark {
			lit, dim, ground = b.onOff, b.off, b.offCard
		}
		b.dots(f.cx, f.cy, 0.75*b.u, 2.6*b.u, lit, dim, ground)
	}
}

func (b *board) arrow() icon {
	switch b.s.Tray {
	case "left":
		return toLeft
	case "right":
		return toRight
	}
	return down
}

// falling is the product on its way, with a tick for the payment.
func (b *board) falling(f sayFrame) {
	side := 0.74 * f.object
	if !b.portrait {
		side = min(side, 11*b.u)
	}
	d := b.pl(2, 1.7)
	top := f.cy - (side+d)/2
	b.picture(box{f.cx - side/2, top, side, side}, b.sc.Product, b.sc.Slot, false)
	r := b.pl(1.9, 1.5)
	x, y := f.cx+0.2*side, top+0.82*side
	b.disc(x, y, r+0.35*b.u, b.card)
	b.badge(x, y, r, tickSmall, b.greenMark, b.onGreen)
	b.dots(f.cx, top+side+d-0.2*b.u, 0.5*b.u, 1.9*b.u, b.greenMark, b.colours.line, b.card)
}

// amount is a mark above the money.
func (b *board) amount(f sayFrame, mark func(cy, r float64)) {
	fen := amount(b.sc)
	largest := 6.6 * b.u
	if !b.portrait {
		largest = 3.6 * b.u
	}
	size := b.fitPrice(fen, f.card.w-2*b.u, min(largest, 0.31*f.object))
	r, gap := b.pl(3.1, 2.6), b.pl(1.6, 1.3)
	top := f.cy - (2*r+gap+0.8*size)/2
	mark(top+r, r)
	line := top + 2*r + gap - 0.1*size
	b.price(f.cx-b.priceWidth(fen, size)/2, line+0.88*size, fen, size, b.ink)
}

// shelf is the product that was asked for above its key. Grey and mute, unless
// it could be asked for again; a number that no product has stands alone.
func (b *board) shelf(f sayFrame) {
	side := 0.7 * f.object
	if !b.portrait {
		side = min(side, 10*b.u)
	}
	gap, s := b.pl(1, 0.8), b.pl(1.9, 1.5)
	alone := b.sc.Kind == sale.SceneNoSuchSlot
	if alone {
		side, gap = 0, 0
	}
	again := b.sc.Kind == sale.SceneNotPaid || b.sc.Kind == sale.SceneNoCode
	top := f.cy - (side+gap+1.5*s)/2
	if !alone {
		b.picture(box{f.cx - side/2, top, side, side}, b.sc.Product, b.sc.Slot, !again)
	}
	slot := b.sc.Slot.String()
	for b.keycapWidth(slot, s) > f.card.w-2*b.u && s > b.u {
		s -= step
	}
	b.keycap(f.cx-b.keycapWidth(slot, s)/2, top+side+gap+0.75*s, slot, s, !again)
}

// stopped is the sign of a closed road above the code that a technician asks for.
func (b *board) stopped(f sayFrame) {
	r := min(0.25*f.object, 5*b.u)
	code := b.fonts.clean(string(b.sc.Code))
	gap, plate := b.pl(2, 1.7), 0.0
	size := b.pl(1.8, 1.25)
	if code == "" {
		gap = 0
	} else {
		size = b.fonts.fit(code, f.card.w-3.6*b.u, size, b.u, true)
		code = b.fonts.truncate(code, f.card.w-3.6*b.u, size, true)
		plate = 1.9 * size
	}
	top := f.cy - (2*r+gap+plate)/2
	t := 0.2 * r
	cy := top + r
	b.arc(f.cx, cy, r-t/2, t, 0, 360, b.onOff)
	k := 1.9 * r / 24
	b.lines(t, b.onOff, []point{{f.cx - 5.5*k, cy}, {f.cx + 5.5*k, cy}})
	if code == "" {
		return
	}
	w := b.fonts.width(code, size, true) + 1.6*b.u
	b.rect(box{f.cx - w/2, math.Round(top + 2*r + gap), w, plate}, 0.5*b.u, b.off)
	b.middle(f.cx-(w-1.6*b.u)/2, math.Round(top+2*r+gap)+plate/2, code, size, true, b.onOff)
}
