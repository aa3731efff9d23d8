// Package screen shows scenes in a window that fills the monitor. It is the
// only package that imports Ebitengine.
//
// Its promises:
//
//   - [Screen.Show] never blocks and costs a pointer store; scenes that come
//     faster than they can be painted are skipped, the newest is always shown.
//   - A scene is painted once, on a goroutine of its own. Between two scenes
//     the window does nothing but look after the keyboard and, once a second,
//     after itself.
//   - A frame appears whole: no pixel of the last scene is left once a pixel
//     of the next one is there.
//
// It needs an X server (XWayland will do) or, without one, a Linux framebuffer
// with EGL. The cursor is hidden, the window has no decoration, and a
// full-screen window switches the X screen saver off. The power saving of the
// monitor (DPMS) is the X server's own: start it with -dpms.
//
// Ebitengine is tied to the main goroutine and can run once in a process, so a
// broken screen can only be mended by starting the process anew.
package screen

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hajimehoshi/ebiten/v2"

	"kioskd/display"
	"kioskd/display/keypad"
	"kioskd/sale"
)

// Painter turns a scene into pixels. The screen calls it from one goroutine
// and is done with the image before the next call, so that it may be reused.
type Painter interface {
	// Resize tells the size in pixels of the images to come. It is called
	// before the first Paint and whenever the window has changed.
	Resize(width, height int)
	Paint(sale.Scene) *image.RGBA
}

// Options of the window. The zero value is the kiosk: full screen, upright.
type Options struct {
	Windowed      bool // a resizable window on a desk instead of the full screen
	Width, Height int  // of the window in pixels if Windowed; 0: 540x960
	// Rotate is how far the picture is turned clockwise for a monitor that is
	// mounted on its side: 0, 90, 180 or 270 degrees.
	Rotate int
	// Digits is the length of the longest slot number; see [keypad.Collector].
	Digits int
	Log    *slog.Logger // nil: none
}

// Errors of Run.
var (
	// ErrNoDisplay: there is no window system and no framebuffer, or it
	// refuses us. Nothing was shown.
	ErrNoDisplay = display.ErrNoDisplay
	// ErrClosed: somebody closed the window.
	ErrClosed = display.ErrClosed
)

// Available guesses whether Run could open a window: a display is named in the
// environment, or there is a framebuffer.
func Available() bool {
	if os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "" {
		return true
	}
	_, err := os.Stat("/dev/fb0")
	return err == nil
}

// Screen is the customer screen in a window.
type Screen struct {
	painter Painter
	options Options
	log     *slog.Logger

	scene  atomic.Pointer[sale.Scene]
	size   atomic.Pointer[image.Point] // of the window; nil until it has one
	wake   chan struct{}               // scene or size may have changed
	frame  frame
	frames frames
	beats  beats

	strokes chan keypad.Stroke
	keys    chan keypad.Key
	started atomic.Bool
	digits  atomic.Int64
}

var _ sale.Panel = (*Screen)(nil)

// New prepares a screen; nothing opens before Run. It refuses an angle that is
// none of the four.
func New(p Painter, o Options) (*Screen, error) {
	switch o.Rotate {
	case 0, 90, 180, 270:
	default:
		return nil, fmt.Errorf("rotate %d: write 0, 90, 180 or 270", o.Rotate)
	}
	if o.Width <= 0 || o.Height <= 0 {
		o.Width, o.Height = 540, 960
	}
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &Screen{
		painter: p,
		options: o,
		log:     log,
		wake:    make(chan struct{}, 1),
		strokes: make(chan keypad.Stroke, 16),
		keys:    make(chan keypad.Key, 4),
	}
	s.SetDigits(o.Digits)
	return s, nil
}

// SetDigits changes the length of the longest slot number, from the next key
// on. It may be called from any goroutine.
func (s *Screen) SetDigits(n int) { s.digits.Store(int64(n)) }

// length is how long the number is that is being typed.
func (s *Screen) length() int {
	slots := int(s.digits.Load())
	if sc := s.scene.Load(); sc != nil {
		return keypad.Length(*sc, slots)
	}
	return slots
}

// Show makes scene the one to be seen. It may be called from any goroutine, at
// any rate, before, during and after Run.
func (s *Screen) Show(scene sale.Scene) {
	s.scene.Store(&scene)
	s.rouse()
}

func (s *Screen) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Keys are what was typed on a keyboard: digits, Enter, and Escape or
// Backspace to cancel. A key that nobody takes is lost. The channel is closed
// when Run returns.
func (s *Screen) Keys() <-chan keypad.Key { return s.keys }

// Snapshot returns a copy of the newest frame as the customer sees it, upright,
// or nil if nothing was painted yet. It may be called from any goroutine.
func (s *Screen) Snapshot() *image.RGBA { return s.frame.upright() }

// Beat is when the window's loop and the painter were last seen at work. A
// healthy window is at most a second old. The zero time: it has not begun yet.
func (s *Screen) Beat() time.Time { return s.beats.last() }

// Run opens the window and shows scenes until ctx ends, which is no error. It
// must be called on the main goroutine, once in the life of the process. It
// returns after its goroutines have. Any error is a *sale.Fault with
// CodeScreenDead that wraps ErrNoDisplay, ErrClosed, or what broke; the
// process must then be started anew to get a screen.
func (s *Screen) Run(ctx context.Context) error {
	if s.started.Swap(true) {
		return dead(errors.New("run twice"), "start the process anew")
	}
	defer close(s.keys)

	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	closed := make(chan struct{})
	var workers sync.WaitGroup
	workers.Go(func() {
		if err := s.paint(ctx); err != nil {
			stop(err)
		}
	})
	workers.Go(func() {
		c := keypad.Collector{Longest: s.length}
		keypad.Run(ctx, &c, keypad.Pause, s.strokes, s.keys)
	})
	workers.Go(func() { s.frames.beat(ctx, closed) })

	s.configureWindow()
	err := ebiten.RunGameWithOptions(&game{ctx: ctx, screen: s}, &ebiten.RunGameOptions{
		X11ClassName:    "kioskd",
		X11InstanceName: "kioskd",
	})
	close(closed)
	ended := ctx.Err() != nil
	stop(nil)
	workers.Wait()
	return verdict(err, ended, context.Cause(ctx))
}

// verdict makes the error of Run from what Ebitengine returned, whether ctx had
// ended before, and why.
func verdict(window error, ended bool, cause error) error {
	switch {
	case window != nil && isNoDisplay(window):
		return dead(fmt.Errorf("%w: %w", ErrNoDisplay, window),
			"start an X server and set DISPLAY, or choose another screen driver")
	case window != nil:
		return dead(window, "check the graphics driver and the X server's log")
	case !ended:
		return dead(ErrClosed, "")
	case errors.Is(cause, errPaint):
		return dead(cause, "report this with the log")
	}
	return nil
}

func dead(err error, hint string) error {
	return &sale.Fault{Code: sale.CodeScreenDead, What: "the screen cannot show anything", Hint: hint, Err: err}
}

// isNoDisplay recognises Ebitengine's words, which have no sentinels.
func isNoDisplay(err error) bool {
	return strings.Contains(err.Error(), "no window system") || strings.Contains(err.Error(), "failed to open display")
}
