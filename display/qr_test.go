package display_test

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"

	"kioskd/display"
	"kioskd/internal/need"
	"kioskd/sale"
)

// urls are code_urls of versions 3 to 6 of a QR code with error correction M.
var urls = []string{
	codeURL,
	"weixin://wxpay/bizpayurl?pr=" + strings.Repeat("x9", 12),
	"https://qr.example.com/pay?order=" + strings.Repeat("8K3F7Q", 6),
	"https://qr.example.com/pay?order=" + strings.Repeat("8K3F7Q", 11),
}

func paying(url string) sale.Scene {
	sc := scene(sale.ScenePay, "zh")
	sc.CodeURL = url
	return sc
}

// decode reads the QR code of a picture with gozxing.
func decode(img image.Image) (string, error) {
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		return "", err
	}
	r, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		return "", err
	}
	return r.GetText(), nil
}

func TestQRDecodes(t *testing.T) {
	zbarimg := need.Tool(t, "zbarimg")
	for _, size := range some(4, sizes) {
		for _, night := range []bool{false, true} {
			for i, url := range urls {
				if night && i > 0 {
					continue // the card is white day and night
				}
				s := style(size[0], size[1], "zh", display.Bitmap)
				s.Night = night
				p := painter(t, s)
				what := fmt.Sprintf("%v, night %v, %d bytes", size, night, len(url))
				if !p.QRFits(url) {
					t.Errorf("%s: does not fit", what)
					continue
				}
				img := p.Paint(paying(url))
				if got, err := decode(img); got != url {
					t.Errorf("%s: gozxing reads %q: %v", what, got, err)
				}
				if got := zbar(t, zbarimg, img); got != url {
					t.Errorf("%s: zbarimg reads %q", what, got)
				}
			}
		}
	}
}

func zbar(t *testing.T, zbarimg string, img image.Image) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "frame.png")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	fast := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := fast.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(zbarimg, "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", path).Output()
	if err != nil {
		t.Errorf("zbarimg: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// TestQRPixels: every module is a square of black or white pixels, at least 4
// wide, and four modules around the code are white.
func TestQRPixels(t *testing.T) {
	for _, size := range some(4, sizes) {
		for _, url := range urls {
			code, err := display.Code(url)
			if err != nil {
				t.Fatal(err)
			}
			img := painter(t, style(size[0], size[1], "zh", display.Bitmap)).Paint(paying(url))
			corner, module := findCode(img, len(code))
			if module < 4 {
				t.Errorf("%v: modules of %d px", size, module)
				continue
			}
			n := len(code)
			for y := -4 * module; y < (n+4)*module; y++ {
				for x := -4 * module; x < (n+4)*module; x++ {
					inside := x >= 0 && y >= 0 && x < n*module && y < n*module
					want := color.RGBA{0xff, 0xff, 0xff, 0xff}
					if inside && code[y/module][x/module] {
						want = color.RGBA{0, 0, 0, 0xff}
					}
					if got := img.RGBAAt(corner.X+x, corner.Y+y); got != want {
						t.Fatalf("%v, %d bytes: pixel %d,%d of the code is %v, want %v", size, len(url), x, y, got, want)
					}
				}
			}
		}
	}
}

// findCode finds the pure black square of the first finder pattern.
func findCode(img *image.RGBA, n int) (corner image.Point, module int) {
	black := color.RGBA{0, 0, 0, 0xff}
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			if img.RGBAAt(x, y) == black {
				run := 0
				for img.RGBAAt(x+run, y) == black {
					run++
				}
				return image.Pt(x, y), run / 7
			}
		}
	}
	return image.Point{}, 0
}

// TestQRUnderBadLight: a third of the size, turned, blurred and dimmed.
func TestQRUnderBadLight(t *testing.T) {
	for _, night := range []bool{false, true} {
		s := style(1080, 1920, "zh", display.Bitmap)
		s.Night = night
		p := painter(t, s)
		for _, url := range urls[:2] {
			img := p.Paint(paying(url))
			third := image.NewRGBA(image.Rect(0, 0, 360, 640))
			draw.ApproxBiLinear.Scale(third, third.Rect, img, img.Rect, draw.Src, nil)
			turned := image.NewRGBA(third.Rect)
			const cos, sin = 0.992546, 0.121869 // of 7 degrees
			draw.BiLinear.Transform(turned, f64.Aff3{cos, -sin, 30, sin, cos, -10}, third, third.Rect, draw.Src, nil)
			for name, m := range map[string]image.Image{"a third": third, "turned": turned, "blurred and dimmed": dimmed(third)} {
				if got, err := decode(m); got != url {
					t.Errorf("night %v, %s: %q: %v", night, name, got, err)
				}
			}
		}
	}
}

// dimmed is the picture blurred a little and at 45 percent of its light.
func dimmed(src *image.RGBA) image.Image {
	half := image.NewRGBA(image.Rect(0, 0, src.Rect.Dx()*3/4, src.Rect.Dy()*3/4))
	draw.ApproxBiLinear.Scale(half, half.Rect, src, src.Rect, draw.Src, nil)
	dst := image.NewRGBA(src.Rect)
	draw.BiLinear.Scale(dst, dst.Rect, half, half.Rect, draw.Src, nil)
	for i, v := range dst.Pix {
		if i%4 != 3 {
			dst.Pix[i] = uint8(float64(v) * 0.45)
		}
	}
	return dst
}

// TestQRTooSmall: a code that cannot be scanned is never shown.
func TestQRTooSmall(t *testing.T) {
	long := "https://qr.example.com/" + strings.Repeat("0123456789", 200)
	p := painter(t, style(800, 480, "zh", display.Bitmap))
	for name, url := range map[string]string{"long": long, "too long for any code": strings.Repeat(long, 3), "empty": ""} {
		if p.QRFits(url) {
			t.Errorf("%s: fits", name)
		}
		stopped := scene(sale.SceneOutOfService, "zh")
		stopped.Code = sale.CodeScreenSmall
		want := painter(t, style(800, 480, "zh", display.Bitmap)).Paint(stopped)
		if got := p.Paint(paying(url)); !same(got, want) {
			t.Errorf("%s: the screen does not show %s", name, sale.CodeScreenSmall)
		}
	}
	if !p.QRFits(codeURL) || !painter(t, style(400, 240, "zh", display.Bitmap)).QRFits(codeURL) ||
		painter(t, style(240, 180, "zh", display.Bitmap)).QRFits(codeURL) {
		t.Error("a usual code fits 400x240 and does not fit 240x180")
	}
}

// TestQRGoes: not one module stays on the screen after the scene.
func TestQRGoes(t *testing.T) {
	for _, next := range []sale.SceneKind{sale.SceneConfirming, sale.SceneDispensing, sale.SceneIdle, sale.SceneCreating, sale.SceneOffline} {
		p := painter(t, style(800, 480, "zh", display.Bitmap))
		sc := paying(codeURL)
		p.Paint(sc)
		sc.Left -= time.Second
		p.Paint(sc)
		want := painter(t, style(800, 480, "zh", display.Bitmap)).Paint(scene(next, "zh"))
		if got := p.Paint(scene(next, "zh")); !same(got, want) {
			t.Errorf("something stays when %s begins", next)
		}
	}
}

func same(a, b *image.RGBA) bool {
	return a.Rect == b.Rect && string(a.Pix) == string(b.Pix)
}

func TestCode(t *testing.T) {
	for _, url := range urls {
		code, err := display.Code(url)
		if err != nil || len(code) != len(code[0]) || !code[0][0] || !code[0][len(code)-1] {
			t.Errorf("%q: no code without border: %v", url, err)
		}
	}
	if _, err := display.Code(strings.Repeat("x", 4000)); err == nil {
		t.Error("4000 bytes are a code")
	}
}
