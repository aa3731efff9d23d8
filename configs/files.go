package configs

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"os"
)

const (
	maxImageFile = 8 << 20
	maxFontFile  = 64 << 20
	maxPixels    = 4096 // width and height
)

// image wants a picture that the screen can draw.
func (r *reader) image(field, path string) {
	r.inspect(field, path, RuleImage, maxImageFile, func(f io.Reader) string {
		head := make([]byte, 8)
		n, _ := io.ReadFull(f, head)
		var decode func(io.Reader) (image.Config, error)
		switch whole := io.MultiReader(bytes.NewReader(head[:n]), f); {
		case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
			f, decode = whole, png.DecodeConfig
		case bytes.HasPrefix(head, []byte{0xff, 0xd8, 0xff}):
			f, decode = whole, jpeg.DecodeConfig
		default:
			return "is not a PNG or JPEG picture: save it as PNG"
		}
		size, err := decode(f)
		switch {
		case err != nil:
			return "is a damaged picture: save it again as PNG"
		case size.Width < 1 || size.Height < 1 || size.Width > maxPixels || size.Height > maxPixels:
			return fmt.Sprintf("has %dx%d pixels: save it with at most %d a side, 512 are enough", size.Width, size.Height, maxPixels)
		}
		return ""
	})
}

// font wants a TrueType or OpenType font or a collection of them.
func (r *reader) font(field, path string) {
	r.inspect(field, path, RuleFont, maxFontFile, func(f io.Reader) string {
		head := make([]byte, 4)
		io.ReadFull(f, head)
		switch string(head) {
		case "\x00\x01\x00\x00", "OTTO", "ttcf", "true":
			return ""
		}
		return `is not a font: name a .ttf, .otf or .ttc file, or write "" to let kioskd find one`
	})
}

// inspect looks into a file that must exist. A device or a pipe is not even
// opened: it might never answer.
func (r *reader) inspect(field, path string, rule Rule, most int64, look func(io.Reader) string) {
	what := func() string {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return "there is no such file: write its path, as seen from the folder of this configuration, or \"\""
		case err == nil && !info.Mode().IsRegular():
			return "is not a file: write the path of a file"
		case err == nil && info.Size() > most:
			return fmt.Sprintf("has %d MiB: save it with at most %d", info.Size()>>20, most>>20)
		}
		f, err := os.Open(path)
		if err != nil {
			return "cannot be read: let the user that runs kioskd read the file"
		}
		defer f.Close()
		return look(f)
	}()
	if what != "" {
		r.reject(field, rule, what)
	}
}
