package screentest

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os/exec"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"kioskd/internal/need"
)

// ReadQR returns the text of the one QR code in a picture. gozxing takes some
// part of one good code in a thousand for a corner mark of the code; it looks
// from the top down, so the second try is upside down.
func ReadQR(img image.Image) (string, error) {
	text, err := readQR(img)
	if err != nil {
		text, err = readQR(upsideDown{img})
	}
	return text, err
}

func readQR(img image.Image) (string, error) {
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		return "", err
	}
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, hints)
	if err != nil {
		return "", err
	}
	return result.GetText(), nil
}

// upsideDown is a picture turned by 180 degrees.
type upsideDown struct{ image.Image }

func (u upsideDown) At(x, y int) color.Color {
	b := u.Bounds()
	return u.Image.At(b.Min.X+b.Max.X-1-x, b.Min.Y+b.Max.Y-1-y)
}

// Zbar reads all QR codes in a picture with zbarimg, which shares no code with
// ReadQR. It returns nil if there are none.
func Zbar(t testing.TB, img image.Image) []string {
	t.Helper()
	var in, out bytes.Buffer
	if err := png.Encode(&in, img); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(need.Tool(t, "zbarimg"), "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", "png:-")
	cmd.Stdin, cmd.Stdout = &in, &out
	if err := cmd.Run(); err != nil {
		if cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == 4 { // no code found
			return nil
		}
		t.Fatalf("zbarimg: %v", err)
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}
