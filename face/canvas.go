package face

import (
	"image"
	"sync"

	"kioskd/display"
	"kioskd/sale"
)

// canvas is a painter that can be exchanged while the window is open. The
// window calls Resize and Paint, anybody use.
type canvas struct {
	mu      sync.Mutex
	painter *display.Painter
	size    image.Point // zero until the window has one
}

func (c *canvas) Resize(width, height int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.size = image.Pt(width, height)
	c.painter.Resize(width, height)
}

func (c *canvas) Paint(s sale.Scene) *image.RGBA {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.painter.Paint(s)
}

// use has the next scene painted by another painter.
func (c *canvas) use(p *display.Painter) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.size != (image.Point{}) {
		p.Resize(c.size.X, c.size.Y)
	}
	c.painter = p
}
