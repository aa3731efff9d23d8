// Package terminal shows scenes as text: for a machine without a graphical
// screen, for a session over ssh, and for logs.
//
// A scene is printed when it begins, below the last one, and again when its
// facts change: a product sold out, a fault came. What changes every second is
// one last line, rewritten in place on a real terminal and left out elsewhere,
// so that a file grows by scenes and not by seconds. The QR code is
// drawn with half blocks in explicit black and white; a phone scans it from a
// dark terminal too, if the font has no gaps between lines.
//
// [Terminal.Show] never blocks; a slow terminal misses scenes, never the
// newest one.
package terminal

import (
	"context"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"kioskd/display"
	"kioskd/sale"
)

// Options say what the writer is.
type Options struct {
	// Live means that the writer is a terminal: lines can be rewritten.
	Live bool
	// Colour allows colours. Without them the QR code can only be scanned if
	// LightPaper tells the truth.
	Colour bool
	// LightPaper means dark text on a light ground. Colour makes it pointless.
	LightPaper bool
}

// Terminal is the customer screen as text.
type Terminal struct {
	w       io.Writer
	style   atomic.Pointer[display.Style]
	options Options

	scene   atomic.Pointer[sale.Scene]
	wake    chan struct{}
	started atomic.Bool
	beat    atomic.Pointer[time.Time]
}

var _ sale.Panel = (*Terminal)(nil)

// New prepares a screen that writes to w; nothing is written before Run.
func New(w io.Writer, style display.Style, o Options) *Terminal {
	t := &Terminal{w: w, options: o, wake: make(chan struct{}, 1)}
	t.style.Store(&style)
	return t
}

// Restyle has the next scene shown in another style, and a scene that is shown
// anew printed again. It may be called from any goroutine.
func (t *Terminal) Restyle(style display.Style) { t.style.Store(&style) }

// Show makes scene the one to be seen. It may be called from any goroutine, at
// any rate, before, during and after Run.
func (t *Terminal) Show(scene sale.Scene) {
	t.scene.Store(&scene)
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// beatEvery is how often a terminal that shows nothing new says that it could.
const beatEvery = time.Second

// Beat is when Run was last at work. It stands still while a terminal takes no
// text, as one does behind Ctrl-S. The zero time: Run has not begun yet.
func (t *Terminal) Beat() (at time.Time) {
	if b := t.beat.Load(); b != nil {
		at = *b
	}
	return at
}

// Run writes scenes until ctx ends, which is no error, or the writer fails. It
// may be called once. An error is a *sale.Fault with CodeScreenDead.
func (t *Terminal) Run(ctx context.Context) error {
	if t.started.Swap(true) {
		return dead(errors.New("run twice"))
	}
	var p printer
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		now := time.Now()
		t.beat.Store(&now)
		select {
		case <-ctx.Done():
			return t.write(p.end())
		case <-tick.C:
		case <-t.wake:
			if err := t.write(p.next(t, *t.scene.Load())); err != nil {
				return err
			}
		}
	}
}

func (t *Terminal) write(text string) error {
	if text == "" {
		return nil
	}
	if _, err := io.WriteString(t.w, text); err != nil {
		return dead(err)
	}
	return nil
}

func dead(err error) error {
	return &sale.Fault{Code: sale.CodeScreenDead, What: "the terminal cannot show anything", Err: err}
}

// printer knows what stands on the terminal.
type printer struct {
	shown sale.Scene // without what ticks
	style *display.Style
	begun bool
	tick  string // the line that the cursor is on
}

// next returns what to write to get from the last scene to this one.
func (p *printer) next(t *Terminal, s sale.Scene) string {
	var b strings.Builder
	now := still(s)
	if style := t.style.Load(); !p.begun || style != p.style || !reflect.DeepEqual(now, p.shown) {
		p.style = style
		b.WriteString(p.end())
		for _, line := range t.lines(s) {
			b.WriteString(line + "\n")
		}
		p.begun, p.shown = true, now
	}
	if !t.options.Live {
		return b.String()
	}
	if tick := t.tick(s); tick != p.tick {
		b.WriteString("\r\x1b[K" + tick)
		p.tick = tick
	}
	return b.String()
}

// end leaves the line that ticks.
func (p *printer) end() string {
	if p.tick == "" {
		return ""
	}
	p.tick = ""
	return "\n"
}

// still is a scene without what changes while nothing happens.
func still(s sale.Scene) sale.Scene {
	s.Left, s.Beat, s.Page, s.At = 0, 0, 0, time.Time{}
	s.Rows = slices.Clone(s.Rows)
	for i := range s.Rows {
		s.Rows[i].Value = ""
	}
	return s
}
