package screentest_test

import (
	"image"
	"image/color"
	"testing"

	"github.com/skip2/go-qrcode"

	"kioskd/display/screen/screentest"
)

// draw is the code of a text on white, with a black edge around it.
func draw(t *testing.T, text string) *image.Gray {
	t.Helper()
	qr, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		t.Fatal(err)
	}
	const scale, edge = 4, 3
	modules := qr.Bitmap() // with its quiet zone
	side := (len(modules) + 2*edge) * scale
	img := image.NewGray(image.Rect(0, 0, side, side))
	for y, line := range modules {
		for x, dark := range line {
			for p := range scale * scale {
				if !dark {
					img.SetGray((x+edge)*scale+p%scale, (y+edge)*scale+p/scale, color.Gray{0xff})
				}
			}
		}
	}
	return img
}

func TestReaders(t *testing.T) {
	for _, text := range []string{
		"weixin://wxpay/bizpayurl?pr=p4lpSuKzz",
		"weixin://wxpay/bizpayurl?pr=YSoNTm1", // gozxing needs the second try for this one and the next
		"weixin://wxpay/bizpayurl?pr=lxhlhBr0FT",
	} {
		img := draw(t, text)
		if got, err := screentest.ReadQR(img); got != text {
			t.Errorf("ReadQR reads %q, %v, want %q", got, err, text)
		}
		if got := screentest.Zbar(t, img); len(got) != 1 || got[0] != text {
			t.Errorf("Zbar reads %q, want %q", got, text)
		}
	}
}

func TestReadersSeeNoCodeWhereThereIsNone(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 300, 300))
	if got, err := screentest.ReadQR(img); err == nil {
		t.Errorf("ReadQR reads %q", got)
	}
	if got := screentest.Zbar(t, img); got != nil {
		t.Errorf("Zbar reads %q", got)
	}
}

func TestServer(t *testing.T) {
	x := screentest.Start(t, 320, 200)
	shot, err := x.Screenshot()
	if err != nil {
		t.Fatal(err)
	}
	if shot.Rect != image.Rect(0, 0, 320, 200) || shot.RGBAAt(319, 199) != (color.RGBA{A: 0xff}) {
		t.Errorf("the empty monitor is %v with %v in a corner", shot.Rect, shot.RGBAAt(319, 199))
	}
	if env := x.Env(); env[0][:9] != "DISPLAY=:" {
		t.Errorf("environment begins with %s", env[0])
	}
}
