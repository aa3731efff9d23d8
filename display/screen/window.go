package screen

import (
	"context"
	"image"
	"math"
	"sync"
	"time"

	"github.com/hajimehoshi/ebiten/v2"
	"github.com/hajimehoshi/ebiten/v2/inpututil"

	"kioskd/display/keypad"
)

// configureWindow says what the window shall be once it opens.
func (s *Screen) configureWindow() {
	ebiten.SetWindowTitle("kioskd")
	ebiten.SetScreenClearedEveryFrame(false)
	ebiten.SetWindowClosingHandled(true)
	frameOnDemand()
	if s.options.Windowed {
		ebiten.SetWindowSize(s.options.Width, s.options.Height)
		ebiten.SetWindowResizingMode(ebiten.WindowResizingModeEnabled)
		return
	}
	ebiten.SetCursorMode(ebiten.CursorModeHidden)
	ebiten.SetWindowDecorated(false)
	ebiten.SetFullscreen(true)
}

// frameOnDemand makes Ebitengine run a frame for an input event or for
// frames.schedule only. Its successor, a low tick rate with frames that draw
// nothing, still runs 60 frames a second.
func frameOnDemand() {
	//lint:ignore SA1019 the successor keeps a small board busy with nothing
	ebiten.SetFPSMode(ebiten.FPSModeVsyncOffMinimum)
}

// frames asks for frames until the window goes. Ebitengine tears GLFW down
// without looking whether somebody asks at that moment, so the last Update ends
// the asking first. Its zero value is ready.
type frames struct {
	mu   sync.Mutex
	over bool
}

// schedule asks for a frame. Without a running window it does nothing.
func (f *frames) schedule() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.over {
		//lint:ignore SA1019 belongs to frameOnDemand
		ebiten.ScheduleFrame()
	}
}

// end makes schedule do nothing, once a call that is under way has returned.
func (f *frames) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.over = true
}

// beat asks for a frame once a second until closed, because a request that
// comes before the window is lost, and at the end of ctx, which is no event for
// a window. A window takes a few frames to appear: the first ones come quickly.
func (f *frames) beat(ctx context.Context, closed <-chan struct{}) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	ended := ctx.Done()
	for n := 0; ; n++ {
		if n == 60 {
			tick.Reset(time.Second)
		}
		select {
		case <-closed:
			return
		case <-ended:
			ended = nil
		case <-tick.C:
		}
		f.schedule()
	}
}

// game is what Ebitengine runs. It owns nothing but what the window has.
type game struct {
	ctx     context.Context
	screen  *Screen
	on      *ebiten.Image // the image that holds what was drawn last
	pressed []ebiten.Key
}

// Update implements ebiten.Game: it looks at the keyboard.
func (g *game) Update() error {
	g.screen.beats.update(time.Now())
	if g.ctx.Err() != nil || ebiten.IsWindowBeingClosed() {
		g.screen.frames.end()
		return ebiten.Termination
	}
	g.pressed = inpututil.AppendJustPressedKeys(g.pressed[:0])
	for _, k := range g.pressed {
		if stroke, ok := strokeOf(k); ok {
			select {
			case g.screen.strokes <- stroke:
			default:
			}
		}
	}
	return nil
}

// strokeOf reads keys by their place, so that digits work with any layout and
// without NumLock.
func strokeOf(k ebiten.Key) (keypad.Stroke, bool) {
	switch {
	case k >= ebiten.KeyDigit0 && k <= ebiten.KeyDigit9:
		return keypad.Digit(int(k - ebiten.KeyDigit0)), true
	case k >= ebiten.KeyNumpad0 && k <= ebiten.KeyNumpad9:
		return keypad.Digit(int(k - ebiten.KeyNumpad0)), true
	case k == ebiten.KeyEnter || k == ebiten.KeyNumpadEnter:
		return keypad.Enter, true
	case k == ebiten.KeyEscape || k == ebiten.KeyBackspace:
		return keypad.Cancel, true
	}
	return 0, false
}

// Draw implements ebiten.Game: it writes the rows that have changed. What it
// leaves alone stays on the screen.
func (g *game) Draw(on *ebiten.Image) {
	bounds := on.Bounds()
	fresh := on != g.on
	g.screen.frame.take(bounds.Size(), fresh, func(r rows, pix []byte) {
		strip := image.Rect(bounds.Min.X, bounds.Min.Y+r.from, bounds.Max.X, bounds.Min.Y+r.to)
		on.SubImage(strip).(*ebiten.Image).WritePixels(pix)
		g.on = on
	})
}

// LayoutF implements ebiten.LayoutFer: one pixel of the image is one pixel of
// the monitor, or a QR code would lose its edges.
func (g *game) LayoutF(width, height float64) (float64, float64) {
	scale := ebiten.Monitor().DeviceScaleFactor()
	size := image.Pt(max(1, int(math.Round(width*scale))), max(1, int(math.Round(height*scale))))
	if old := g.screen.size.Load(); old == nil || *old != size {
		g.screen.size.Store(&size)
		g.screen.rouse()
	}
	return float64(size.X), float64(size.Y)
}

// Layout implements ebiten.Game, which calls LayoutF instead.
func (g *game) Layout(width, height int) (int, int) { return width, height }
