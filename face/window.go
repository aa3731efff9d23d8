package face

import (
	"context"
	"image"
	"log/slog"
	"time"

	"kioskd/display/keypad"
	"kioskd/sale"
)

// Windows are the way to a window on the display. They are handed in, for they
// bring a graphics library along that not every kioskd has.
type Windows interface {
	// Available guesses whether there is a display.
	Available() bool
	// Open prepares a window; nothing is seen before its Run.
	Open(Painter, WindowOptions) (Window, error)
}

// Painter turns a scene into pixels. The window calls it from one goroutine and
// is done with the image before the next call.
type Painter interface {
	Resize(width, height int)
	Paint(sale.Scene) *image.RGBA
}

// WindowOptions are what a config says of the window.
type WindowOptions struct {
	Windowed bool // on a desk, instead of the full screen
	Rotate   int  // degrees clockwise: 0, 90, 180 or 270
	Digits   int  // of the longest slot number
	Log      *slog.Logger
}

// Window shows scenes. Run must be called on the main goroutine, and only
// once in a process; the rest may be called from any goroutine.
type Window interface {
	sale.Panel
	// Run shows the window until ctx ends. The error is display.ErrNoDisplay if
	// nothing was shown, display.ErrClosed if somebody closed it.
	Run(ctx context.Context) error
	// Snapshot is what it shows now, nil if that is nothing yet.
	Snapshot() *image.RGBA
	Keys() <-chan keypad.Key
	SetDigits(n int)
	// Beat is when its loop went round last, zero before Run.
	Beat() time.Time
}
