package display

import (
	"image/color"
	"slices"

	"kioskd/sale"
)

func (b *board) pillColours() (fill, ink color.RGBA) {
	if b.t.Note && !b.sc.Note.Done {
		return b.amberSoft, b.amberInk
	}
	return b.greenSoft, b.greenInk
}

func clamp(v, least, most float64) float64 { return max(least, min(v, most)) }

// nameColour is quieter for what cannot be bought.
func (b *board) nameColour(o sale.Offer) color.RGBA {
	if o.Stock != sale.InStock {
		return b.ink2
	}
	return b.ink
}

// offerName is what the tile of an offer says.
func (b *board) offerName(o sale.Offer) string {
	lang, _ := b.s.languages()
	return name(o.Product, o.Product.Slot, lang)
}

// value writes the price, or why there is none, centred on cy in at most this
// width. share is the part of the free width that stays at its left.
func (b *board) value(x, cy, width, share float64, o sale.Offer, size float64) {
	if o.Stock == sale.InStock {
		size = b.fitPrice(o.Product.Price, width, size)
		free := width - b.priceWidth(o.Product.Price, size)
		b.price(x+share*free, cy+0.37*size, o.Product.Price, size, b.ink)
		return
	}
	word, size := b.stockWord(o, width, max(b.u, 0.72*size))
	b.middle(x+share*(width-b.fonts.width(word, size, true)), cy, word, size, true, b.ink2)
}

// stockWord is why something cannot be bought: the long word where it fits.
func (b *board) stockWord(o sale.Offer, width, size float64) (string, float64) {
	f, word := b.fonts, b.t.Closed
	if o.Stock == sale.OutOfStock {
		word = b.t.SoldOut
	}
	long, short := word.Long.String(), word.Short.String()
	if used := f.fit(long, width, size, b.u, true); f.width(long, used, true) <= width {
		return long, used
	}
	return short, f.fit(short, width, size, 1, true)
}

// keyRow draws a keycap at the left and the price at the right, both centred
// on cy. An edge that is too wide for both gives way to them.
func (b *board) keyRow(t box, cy, pad, keySize, price float64, o sale.Offer) {
	slot := o.Product.Slot.String()
	gap := 0.3 * b.u
	if b.keycapWidth(slot, keySize)+gap+b.valueWidth(o, b.u) > t.w-2*pad {
		keySize, pad = b.u, 0.35*b.u
		for keySize > 1 && b.keycapWidth(slot, keySize) > 0.5*t.w-pad {
			keySize -= step
		}
	}
	b.keycap(t.x+pad, cy, slot, keySize, o.Stock != sale.InStock)
	room := t.w - 2*pad - b.keycapWidth(slot, keySize) - gap
	b.value(t.right()-pad-room, cy, room, 1, o, price)
}

// valueWidth is the least width of a price, or of a word in its place.
func (b *board) valueWidth(o sale.Offer, size float64) float64 {
	if o.Stock == sale.InStock {
		return b.priceWidth(o.Product.Price, size)
	}
	word, size := b.stockWord(o, 0, size)
	return b.fonts.width(word, size, true)
}

// tallText is the one style of text of all tall tiles of a page.
type tallText struct {
	k, pad, key, price, name float64
	lines                    int // of a name
	picture                  float64
}

// nameLine is the line height of names.
const nameLine = 1.28

func (b *board) tallStyle(g grid, offers []sale.Offer) tallText {
	if g.form != formTall {
		return tallText{}
	}
	u, f := b.u, b.fonts
	s := tallText{k: clamp(min(g.w/(10*u), g.h/(11*u)), 1, 1.6), pad: min(0.085*g.w, 1.6*u)}
	s.key = clamp(0.135*g.w, u, 1.45*s.k*u)
	s.price = clamp(0.18*g.w, 1.1*u, 1.85*s.k*u)
	s.name = clamp(0.14*g.w, u, 1.25*s.k*u)
	measure := g.w - 1.6*s.pad
	small := max(u, 0.86*s.name)
	common := s.name
	for _, o := range offers {
		common = f.fit(b.offerName(o), measure, common, min(small, common), false)
	}
	s.lines = 1
	if !slices.ContainsFunc(offers, func(o sale.Offer) bool { return f.width(b.offerName(o), common, false) > measure }) {
		s.name = common
	} else {
		s.name = small
		if b.tallPicture(g, s, 2) > 2.9*u {
			s.lines = 2
		}
	}
	s.picture = b.tallPicture(g, s, s.lines)
	return s
}

// tallPicture is the height that is left for the picture.
func (b *board) tallPicture(g grid, s tallText, lines int) float64 {
	return g.h - 2*s.pad - 1.5*s.key - 0.5*s.k*b.u - float64(lines)*nameLine*s.name - 0.35*s.k*b.u
}

func (b *board) tallTile(t box, o sale.Offer, s tallText) {
	f := b.fonts
	b.rect(t, 0.7*b.u, b.card)
	cy := t.bottom() - s.pad - 0.75*s.key
	b.keyRow(t, cy, s.pad, s.key, s.price, o)

	measure := t.w - 1.6*s.pad
	lines := []string{b.offerName(o)}
	if f.width(lines[0], s.name, false) > measure {
		if s.lines == 2 {
			lines = f.balance(lines[0], measure, s.name, false)
		} else {
			lines[0] = f.truncate(lines[0], measure, s.name, false)
		}
	}
	names := cy - 0.75*s.key - 0.5*s.k*b.u - float64(s.lines)*nameLine*s.name
	y := names + float64(s.lines-len(lines))*nameLine*s.name/2
	b.block(t.x+0.8*s.pad, y, measure, 0.5, lines, s.name, nameLine, false, b.nameColour(o))

	side := min(s.picture, t.w-2*s.pad, 24*b.u)
	mid := (t.y + s.pad + names - 0.35*s.k*b.u) / 2
	b.picture(square(t.midX(), mid, side), o.Product, o.Product.Slot, o.Stock != sale.InStock)
}

func (b *board) labelTile(t box, o sale.Offer) {
	f, u, pad := b.fonts, b.u, 0.5*b.u
	b.rect(t, 0.55*u, b.card)
	b.keyRow(t, t.bottom()-pad-0.9*u, pad, 1.2*u, 1.55*u, o)
	side := t.h - 2*pad - 1.8*u - 0.25*u
	at := box{t.x + 0.3*pad, t.y + 0.9*pad, side, side}
	b.picture(at, o.Product, o.Product.Slot, o.Stock != sale.InStock)
	x := at.right() + 0.2*u
	w := t.right() - 0.35*u - x
	lines := []string{b.offerName(o)}
	if f.width(lines[0], u, false) > w {
		lines = f.balance(lines[0], w, u, false)
	}
	b.block(x, at.midY()-float64(len(lines))*nameLine*u/2, w, 0, lines, u, nameLine, false, b.nameColour(o))
}

func (b *board) listTile(t box, o sale.Offer) {
	u, pad := b.u, 0.55*b.u
	b.rect(t, 0.5*u, b.card)
	slot, key := o.Product.Slot.String(), 1.25*u
	for key > 1 && b.keycapWidth(slot, key) > 0.5*t.w {
		key -= step
	}
	b.keycap(t.x+pad, t.midY(), slot, key, o.Stock != sale.InStock)
	x := t.x + pad + b.keycapWidth(slot, key) + 0.65*u
	w := t.right() - 0.4*u - x
	name, price := nameLine*u, 1.25*1.15*u
	y := t.midY() - (name+price)/2
	b.top(x, y, b.fonts.truncate(b.offerName(o), w, u, false), u, nameLine, false, b.nameColour(o))
	b.value(x, y+name+price/2, w, 0, o, 1.15*u)
}
