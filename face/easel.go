package face

import (
	"bytes"
	"image"
	"sync"

	"kioskd/display"
	"kioskd/sale"
)

// easel paints the customer screen of a machine without a window, for
// somebody who looks at it from elsewhere. It may be used by any goroutine.
type easel struct {
	mu      sync.Mutex
	painter *display.Painter
}

func newEasel(s display.Style) (*easel, error) {
	e := &easel{}
	return e, e.use(s)
}

// use has the next scenes painted in another style.
func (e *easel) use(s display.Style) error {
	s.Width, s.Height = 540, 960 // as large as a window on a desk
	p, err := display.NewPainter(s)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.painter = p
	return nil
}

func (e *easel) paint(s sale.Scene) *image.RGBA {
	e.mu.Lock()
	defer e.mu.Unlock()
	shown := *e.painter.Paint(s)
	shown.Pix = bytes.Clone(shown.Pix) // the painter goes on with its own
	return &shown
}
