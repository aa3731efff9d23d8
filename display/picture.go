package display

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	_ "image/jpeg" // product pictures may be JPEG
	_ "image/png"  // or PNG
	"io"
	"os"

	"golang.org/x/image/draw"

	"kioskd/sale"
)

// pictures holds product pictures, scaled.
type pictures struct {
	scaled map[pictureKey]*image.RGBA
	held   int
	broken map[string]bool // not tried again before the next resize
}

type pictureKey struct {
	path string
	side int
	grey color.RGBA // the colour it fades to; zero keeps its own
}

const (
	pictureLimit = 24 << 20 // bytes of scaled pictures
	fileLimit    = 16 << 20 // bytes of a file
	pixelLimit   = 24 << 20 // pixels of a file
)

func newPictures() *pictures {
	return &pictures{scaled: map[pictureKey]*image.RGBA{}, broken: map[string]bool{}}
}

// scaledTo returns the picture of a file that fits a square, or nil if the
// file is missing or broken.
func (p *pictures) scaledTo(key pictureKey) *image.RGBA {
	if key.path == "" || key.side < 1 || p.broken[key.path] {
		return nil
	}
	if m, known := p.scaled[key]; known {
		return m
	}
	src, err := readPicture(key.path)
	if err != nil {
		p.broken[key.path] = true
		return nil
	}
	size := src.Bounds().Size()
	longer := max(size.X, size.Y)
	w, h := max(1, size.X*key.side/longer), max(1, size.Y*key.side/longer)
	m := image.NewRGBA(image.Rect(0, 0, key.side, key.side))
	corner := image.Pt((key.side-w)/2, (key.side-h)/2)
	draw.CatmullRom.Scale(m, image.Rectangle{corner, corner.Add(image.Pt(w, h))}, src, src.Bounds(), draw.Src, nil)
	if key.grey.A != 0 {
		fade(m, key.grey)
	}
	if p.held += len(m.Pix); p.held > pictureLimit {
		clear(p.scaled)
		p.held = len(m.Pix)
	}
	p.scaled[key] = m
	return m
}

var errTooLarge = errors.New("picture is too large")

func readPicture(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, fileLimit+1))
	if err != nil {
		return nil, err
	}
	head, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	if len(b) > fileLimit || head.Width < 1 || head.Height < 1 || head.Width > pixelLimit/head.Height {
		return nil, errTooLarge
	}
	m, _, err := image.Decode(bytes.NewReader(b))
	return m, err
}

// fadeBy is how far the picture of a product that cannot be bought goes
// towards the card.
const fadeBy = 0.55

// faded is the grey of one colour on its way to the card.
func faded(c, card color.RGBA) color.RGBA {
	g := uint8(0.30*float64(c.R) + 0.59*float64(c.G) + 0.11*float64(c.B) + 0.5)
	return mix(color.RGBA{g, g, g, 0xff}, card, fadeBy)
}

func fade(m *image.RGBA, card color.RGBA) {
	for i := 0; i < len(m.Pix); i += 4 {
		p := m.Pix[i : i+4 : i+4]
		a := int(p[3])
		if a == 0 {
			continue
		}
		c := faded(color.RGBA{uint8(int(p[0]) * 255 / a), uint8(int(p[1]) * 255 / a), uint8(int(p[2]) * 255 / a), 0xff}, card)
		p[0], p[1], p[2] = uint8(int(c.R)*a/255), uint8(int(c.G)*a/255), uint8(int(c.B)*a/255)
	}
}

// picture draws a product in a square; grey is for one that cannot be bought.
func (b *board) picture(at box, p sale.Product, slot sale.Slot, grey bool) {
	if at.w < 1 {
		return
	}
	r := at.round()
	key := pictureKey{path: p.Image, side: min(r.Dx(), r.Dy())}
	if grey {
		key.grey = b.card
	}
	if m := b.pictures.scaledTo(key); m != nil {
		draw.Draw(b.img, m.Rect.Add(r.Min), m, image.Point{}, draw.Over)
		return
	}
	if p.Slot != 0 {
		slot = p.Slot
	}
	b.placeholder(at, shapeOf(p.Name), int(slot), key.grey)
}
