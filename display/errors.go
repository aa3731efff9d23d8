package display

import "errors"

// Errors of whatever shows scenes in a window.
var (
	// ErrNoDisplay: there is no window system and no framebuffer, or it
	// refuses us. Nothing was shown.
	ErrNoDisplay = errors.New("no window system")
	// ErrClosed: somebody closed the window.
	ErrClosed = errors.New("the window was closed")
)
