package screen_test

import (
	"image"
	"image/color"
	"image/draw"
	"sync/atomic"

	"github.com/skip2/go-qrcode"

	"kioskd/sale"
)

const codeURL = "weixin://wxpay/bizpayurl?pr=p4lpSuKzz"

// plainPainter draws a QR code in the middle of a blue screen for ScenePay, and
// a screen of one colour else. The countdown is a line at the bottom, the page
// one near the top.
type plainPainter struct {
	size   image.Point
	paints atomic.Int32
}

func (p *plainPainter) Resize(w, h int) { p.size = image.Pt(w, h) }

func (p *plainPainter) Paint(s sale.Scene) *image.RGBA {
	p.paints.Add(1)
	if s.Kind == sale.SceneNoRefunds {
		panic("no such picture")
	}
	img := image.NewRGBA(image.Rectangle{Max: p.size})
	fill := func(r image.Rectangle, c color.Color) {
		draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
	}
	if s.Kind != sale.ScenePay {
		fill(img.Rect, ground(s.Kind))
		return img
	}
	fill(img.Rect, color.RGBA{0x10, 0x20, 0xd0, 0xff})
	left := int(s.Left.Seconds())
	fill(image.Rect(0, p.size.Y-4, left%p.size.X, p.size.Y), color.White)
	fill(image.Rect(8, 2, 8+s.Page, 4), color.White)

	qr, err := qrcode.New(s.CodeURL, qrcode.Medium)
	if err != nil {
		panic(err)
	}
	modules := qr.Bitmap() // with its quiet zone
	side := min(p.size.X, p.size.Y) / len(modules)
	corner := p.size.Sub(image.Pt(side, side).Mul(len(modules))).Div(2)
	for y, line := range modules {
		for x, dark := range line {
			c := color.Gray{0xff}
			if dark {
				c = color.Gray{0}
			}
			at := corner.Add(image.Pt(x, y).Mul(side))
			fill(image.Rectangle{at, at.Add(image.Pt(side, side))}, c)
		}
	}
	// A red corner at the top left says which way up the picture is.
	fill(image.Rect(0, 0, 8, 8), color.RGBA{0xff, 0, 0, 0xff})
	return img
}

// ground is the colour of a scene.
func ground(k sale.SceneKind) color.RGBA {
	return color.RGBA{uint8(10 * len(k)), 0x80, 0x40, 0xff}
}
