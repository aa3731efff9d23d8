package display

import (
	"fmt"

	"github.com/skip2/go-qrcode"
)

// Code is the QR code of a text, without its quiet zone: rows of modules, true
// is dark. The error correction is M. It fails for texts that no QR code
// holds, the empty one included.
func Code(url string) ([][]bool, error) {
	q, err := qrcode.New(url, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("QR code of %d bytes: %w", len(url), err)
	}
	q.DisableBorder = true
	return q.Bitmap(), nil
}
