// Package face is the screen that customers see and the keyboard below it, with
// whichever driver the config names: a window, a terminal, or none.
//
// A window is handed in, see [Windows]: only the program that is put together with
// one needs its graphics library.
package face

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"os"
	"sync"
	"time"

	"kioskd/configs"
	"kioskd/display"
	"kioskd/display/keypad"
	"kioskd/display/terminal"
	"kioskd/sale"
)

// Face is the customer screen, whichever driver it has, and its keyboard. It
// can be shown scenes before it has a driver: the newest one waits.
type Face struct {
	log     *slog.Logger
	windows Windows // nil: this kioskd has none
	Desk    bool    // somebody sits at it: text will do if there is no display
	keys    chan keypad.Key
	// easel makes the pictures where no window does; nil: there are none.
	easel *easel

	mu     sync.Mutex
	newest *sale.Scene
	panel  sale.Panel
	watch  []func(sale.Scene)
	snap   func() *image.RGBA
	// restyle, once there is a screen, has it show the next scenes as another
	// config wants them.
	restyle func(*configs.Config) error
}

var _ sale.Panel = (*Face)(nil)

// New makes the screen of one machine. Without windows, nil, there is no
// display.
func New(log *slog.Logger, windows Windows) *Face {
	return &Face{log: log, windows: windows, keys: make(chan keypad.Key, 4)}
}

// Typed is what is typed on the keyboard. There is one for all drivers.
func (f *Face) Typed() <-chan keypad.Key { return f.keys }

// Paints has pictures made of what is shown where no window does. It must be
// called before Run.
func (f *Face) Paints(c *configs.Config) (err error) {
	f.easel, err = newEasel(Style(c))
	return err
}

// Show implements sale.Panel.
func (f *Face) Show(s sale.Scene) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.newest = &s
	if f.panel != nil {
		f.panel.Show(s)
	}
	for _, w := range f.watch {
		w(s)
	}
}

// OnShow adds somebody who sees every scene. It must not block.
func (f *Face) OnShow(w func(sale.Scene)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watch = append(f.watch, w)
}

func (f *Face) attach(p sale.Panel, snap func() *image.RGBA, restyle func(*configs.Config) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.panel, f.snap, f.restyle = p, snap, restyle
	if f.newest != nil {
		p.Show(*f.newest)
	}
}

// Wear has the screen look as a config wants it, from the next scene on.
func (f *Face) Wear(c *configs.Config) error {
	f.mu.Lock()
	restyle := f.restyle
	f.mu.Unlock()
	if f.easel != nil {
		if err := f.easel.use(Style(c)); err != nil {
			return err
		}
	}
	if restyle == nil {
		return nil
	}
	if err := restyle(c); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.newest != nil { // it may be another one by now
		f.panel.Show(*f.newest)
	}
	return nil
}

// Snapshot is what the customer sees now, or nil.
func (f *Face) Snapshot() *image.RGBA {
	f.mu.Lock()
	snap, newest := f.snap, f.newest
	f.mu.Unlock()
	switch {
	case snap != nil:
		return snap()
	case f.easel != nil && newest != nil:
		return f.easel.paint(*newest)
	}
	return nil
}

// Beat is when the screen's loop went round last; the zero time: there is none.
func (f *Face) Beat() (at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p, ok := f.panel.(interface{ Beat() time.Time }); ok {
		at = p.Beat()
	}
	return at
}

// Run shows scenes until ctx ends. It must be called on the main goroutine.
func (f *Face) Run(ctx context.Context, c *configs.Config) error {
	switch c.Screen.Driver {
	case configs.ScreenNone:
		<-ctx.Done()
		return nil
	case configs.ScreenTerminal:
		return f.terminal(ctx, c)
	case configs.ScreenWindow:
		return f.window(ctx, c)
	}
	if f.windows != nil && f.windows.Available() {
		err := f.window(ctx, c)
		if !errors.Is(err, display.ErrNoDisplay) {
			return err
		}
		f.log.Warn("no window could be opened", "error", err)
	}
	if f.Desk || terminal.Is(os.Stdout) {
		return f.terminal(ctx, c)
	}
	return noDisplay()
}

// noDisplay: a machine must not take orders for codes that nobody can see.
func noDisplay() error {
	return &sale.Fault{
		Code: sale.CodeScreenDead, What: "there is no display",
		Hint: "start the display before kioskd, or write screen.driver: none for a machine that has no screen", Err: display.ErrNoDisplay,
	}
}

func (f *Face) window(ctx context.Context, c *configs.Config) error {
	if f.windows == nil {
		return noDisplay()
	}
	p, err := display.NewPainter(Style(c))
	if err != nil {
		return err
	}
	shown := &canvas{painter: p}
	s, err := f.windows.Open(shown, WindowOptions{Windowed: c.Screen.Windowed, Rotate: int(c.Screen.Rotate), Digits: digits(c), Log: f.log})
	if err != nil {
		return err
	}
	f.log.Info("screen", "font", p.Font(), "language", c.Machine.Language)
	f.attach(s, s.Snapshot, func(c *configs.Config) error {
		p, err := display.NewPainter(Style(c))
		if err == nil {
			shown.use(p)
			s.SetDigits(digits(c))
		}
		return err
	})
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go f.forward(ctx, s.Keys())
	return s.Run(ctx)
}

func (f *Face) terminal(ctx context.Context, c *configs.Config) error {
	live := terminal.Is(os.Stdout)
	t := terminal.New(os.Stdout, Style(c), terminal.Options{Live: live, Colour: live})
	f.attach(t, nil, func(c *configs.Config) error {
		t.Restyle(Style(c))
		return nil
	})
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go f.forward(ctx, terminal.ReadKeys(ctx, os.Stdin))
	return t.Run(ctx)
}

// Style is what the display must know of this machine.
func Style(c *configs.Config) display.Style {
	s := display.Style{
		Language: string(c.Machine.Language), MachineID: c.Machine.ID, MachineName: c.Machine.Name, Help: c.Machine.Help,
		CancelKey: c.Screen.CancelKey, NewCode: c.Sale.NewCode, Tray: string(c.Screen.Tray), Night: c.Screen.Theme == configs.ThemeNight, FontPath: c.Screen.Font,
	}
	if c.Screen.Theme == configs.ThemeAuto {
		s.NightFrom, s.NightTo = c.Screen.Night.From, c.Screen.Night.To
	}
	if s.CancelKey == configs.CancelKeyAuto {
		s.CancelKey = "取消"
		if c.Machine.Language == configs.LanguageEN || c.Machine.Language == configs.LanguageENZH {
			s.CancelKey = "CANCEL"
		}
	}
	return s
}

// forward passes keys on; one that nobody takes is lost, as on a keypad.
func (f *Face) forward(ctx context.Context, keys <-chan keypad.Key) {
	for {
		select {
		case k, ok := <-keys:
			if !ok {
				return
			}
			select {
			case f.keys <- k:
			default:
			}
		case <-ctx.Done():
			return
		}
	}
}

// digits is the length of the longest number that is typed while nobody is in
// service mode.
func digits(c *configs.Config) (n int) {
	for _, p := range c.Products {
		n = max(n, len(p.Slot.String()))
	}
	for _, s := range c.Service.Chord {
		n = max(n, len(s.String()))
	}
	return max(n, len(c.Sale.NewCode.String()))
}
