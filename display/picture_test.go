package display_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"kioskd/display"
	"kioskd/sale"
)

// withPicture is the product page of one product that has this picture.
func withPicture(path string, stock sale.Stock) sale.Scene {
	sc := scene(sale.SceneIdle, "zh")
	sc.Offers = []sale.Offer{{Product: sale.Product{Slot: 11, Name: "水", Price: 200, Image: path}, Stock: stock}}
	return sc
}

// count is how many pixels have nearly this colour.
func count(img *image.RGBA, c color.RGBA) (n int) {
	near := func(a, b uint8) bool { return max(a, b)-min(a, b) <= 3 }
	for i := 0; i < len(img.Pix); i += 4 {
		if near(img.Pix[i], c.R) && near(img.Pix[i+1], c.G) && near(img.Pix[i+2], c.B) {
			n++
		}
	}
	return n
}

func TestProductPictures(t *testing.T) {
	dir := t.TempDir()
	pink := color.RGBA{0xff, 0x40, 0xc0, 0xff}
	flat := image.NewRGBA(image.Rect(0, 0, 64, 32)) // wide: half of the square stays free
	for y := range 32 {
		for x := range 64 {
			flat.SetRGBA(x, y, pink)
		}
	}
	clear := image.NewRGBA(image.Rect(0, 0, 64, 64)) // transparent but for a quarter
	for y := range 32 {
		for x := range 32 {
			clear.SetRGBA(x, y, pink)
		}
	}
	save := func(name string, encode func(*bytes.Buffer) error) string {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pngPath := save("flat.png", func(b *bytes.Buffer) error { return png.Encode(b, flat) })
	jpgPath := save("flat.jpg", func(b *bytes.Buffer) error { return jpeg.Encode(b, flat, &jpeg.Options{Quality: 100}) })
	clearPath := save("clear.png", func(b *bytes.Buffer) error { return png.Encode(b, clear) })
	cut := save("cut.png", func(b *bytes.Buffer) error { b.WriteString("\x89PNG\r\n\x1a\n"); return nil })
	huge := save("huge.png", func(b *bytes.Buffer) error {
		return png.Encode(b, image.NewGray(image.Rect(0, 0, 30000, 1000)))
	})

	p := painter(t, style(800, 480, "zh", display.Bitmap))
	without := count(p.Paint(withPicture("", sale.InStock)), pink)
	full := count(p.Paint(withPicture(pngPath, sale.InStock)), pink)
	if without != 0 || full < 1000 {
		t.Fatalf("the picture covers %d px, its placeholder %d", full, without)
	}
	if got := count(p.Paint(withPicture(jpgPath, sale.InStock)), pink); got < full*9/10 {
		t.Errorf("the JPEG covers %d px, want about %d", got, full)
	}
	if got := count(p.Paint(withPicture(clearPath, sale.InStock)), pink); got < full*4/10 || got > full*6/10 {
		t.Errorf("the transparent picture covers %d px, want about half of %d", got, full)
	}
	// 0.30*255 + 0.59*64 + 0.11*192 = 135, 55 percent of the way to white.
	grey := color.RGBA{201, 201, 201, 0xff}
	if img := p.Paint(withPicture(pngPath, sale.OutOfStock)); count(img, pink) != 0 || count(img, grey) < full*9/10 {
		t.Errorf("a product that is sold out covers %d px of pink and %d of grey", count(img, pink), count(img, grey))
	}
	placeholder := clone(p.Paint(withPicture("", sale.InStock)))
	for _, path := range []string{filepath.Join(dir, "gone.png"), cut, huge, dir} {
		if !same(p.Paint(withPicture(path, sale.InStock)), placeholder) {
			t.Errorf("%s: no placeholder", filepath.Base(path))
		}
	}
}

func clone(m *image.RGBA) *image.RGBA {
	c := *m
	c.Pix = append([]uint8(nil), m.Pix...)
	return &c
}
