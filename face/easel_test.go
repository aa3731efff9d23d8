package face

import (
	"image"
	"log/slog"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"kioskd/display"
	"kioskd/sale"
)

func scan(t *testing.T, img image.Image) string {
	t.Helper()
	b, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	r, err := qrcode.NewQRCodeReader().Decode(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r.GetText()
}

// The page of a demo without a window shows the machine's screen all the same.
func TestFaceWithoutAWindowHasAPicture(t *testing.T) {
	f := New(slog.New(slog.DiscardHandler), nil)
	if f.Snapshot() != nil {
		t.Error("a picture although nothing paints")
	}
	e, err := newEasel(display.Style{Language: "zh", FontPath: display.Bitmap})
	if err != nil {
		t.Fatal(err)
	}
	f.easel = e
	if f.Snapshot() != nil {
		t.Error("a picture although nothing was shown")
	}
	pay := func(url string) sale.Scene {
		return sale.Scene{Kind: sale.ScenePay, Amount: 200, CodeURL: url, Left: time.Minute, Window: time.Minute}
	}
	first, second := "weixin://wxpay/bizpayurl?pr=first", "weixin://wxpay/bizpayurl?pr=second"
	f.Show(pay(first))
	was := f.Snapshot()
	for _, url := range []string{second, first, second} {
		f.Show(pay(url))
		if got := scan(t, f.Snapshot()); got != url {
			t.Errorf("the picture says %s, want %s", got, url)
		}
	}
	if got := scan(t, was); got != first {
		t.Errorf("an old picture became %s, want %s", got, first)
	}
}
