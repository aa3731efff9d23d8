package screen_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hajimehoshi/ebiten/v2"
	"pgregory.net/rapid"

	"kioskd/display/keypad"
	"kioskd/display/screen"
	"kioskd/sale"
)

var window = image.Pt(240, 320)

func newScreen(t *testing.T, p screen.Painter, o screen.Options) *screen.Screen {
	t.Helper()
	s, err := screen.New(p, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func pay(left time.Duration) sale.Scene {
	return sale.Scene{Kind: sale.ScenePay, CodeURL: codeURL, Left: left, Window: 3 * time.Minute,
		Offers: []sale.Offer{{Product: sale.Product{Slot: 1}}}}
}

// inBubble runs f beside the painting goroutine of a screen and returns how
// that ended.
func inBubble(t *testing.T, p screen.Painter, rotate int, f func(t *testing.T, s *screen.Screen)) (err error) {
	synctest.Test(t, func(t *testing.T) {
		s := newScreen(t, p, screen.Options{Rotate: rotate})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			err = s.Paint(ctx, window)
		}()
		synctest.Wait()
		f(t, s)
		synctest.Wait()
		stop()
		<-done
	})
	return err
}

func TestNewRefusesAnAngle(t *testing.T) {
	_, err := screen.New(new(plainPainter), screen.Options{Rotate: 45})
	if err == nil || err.Error() != "rotate 45: write 0, 90, 180 or 270" {
		t.Errorf("error %v", err)
	}
}

func TestEveryChangedSceneIsPaintedOnce(t *testing.T) {
	p := new(plainPainter)
	err := inBubble(t, p, 0, func(t *testing.T, s *screen.Screen) {
		steps := []struct {
			name string
			show func()
			want int32
		}{
			{"nothing to show", func() {}, 0},
			{"first scene", func() { s.Show(pay(180 * time.Second)) }, 1},
			{"equal scenes", func() { s.Show(pay(180 * time.Second)); s.Show(pay(180 * time.Second)) }, 1},
			{"a tick", func() { s.Show(pay(179 * time.Second)) }, 2},
			{"another size", func() { s.ResizeWindow(image.Pt(320, 240)) }, 3},
			{"the same size", func() { s.ResizeWindow(image.Pt(320, 240)) }, 3},
		}
		for _, step := range steps {
			step.show()
			synctest.Wait()
			if got := p.paints.Load(); got != step.want {
				t.Errorf("%s: painted %d times, want %d", step.name, got, step.want)
			}
		}
	})
	if err != nil {
		t.Error(err)
	}
}

// blockingPainter paints when it is told to.
type blockingPainter struct {
	plainPainter
	begin chan sale.SceneKind
	end   chan struct{}
}

func (p *blockingPainter) Paint(s sale.Scene) *image.RGBA {
	p.begin <- s.Kind
	<-p.end
	return p.plainPainter.Paint(s)
}

func TestShowNeverWaitsAndTheNewestWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &blockingPainter{begin: make(chan sale.SceneKind), end: make(chan struct{})}
		s := newScreen(t, p, screen.Options{})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Paint(ctx, window) }()

		s.Show(pay(time.Second))
		<-p.begin
		for _, k := range sale.SceneKinds() { // while the painter is stuck
			s.Show(sale.Scene{Kind: k})
		}
		p.end <- struct{}{}
		if got := <-p.begin; got != sale.SceneService {
			t.Errorf("then painted %s, want the newest scene", got)
		}
		p.end <- struct{}{}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestABrokenPainterEndsTheScreen(t *testing.T) {
	tests := []struct {
		name    string
		painter screen.Painter
		scene   sale.SceneKind
		want    string
	}{
		{"panic", new(plainPainter), sale.SceneNoRefunds, "paint scene no-refunds: panic: no such picture"},
		{"wrong size", deafPainter{}, sale.SceneIdle, "paint scene idle: the painter's image has not the size 240x320"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := inBubble(t, tt.painter, 0, func(_ *testing.T, s *screen.Screen) {
				s.Show(sale.Scene{Kind: tt.scene})
			})
			if !errors.Is(err, screen.ErrPaint) || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

type deafPainter struct{}

func (deafPainter) Resize(int, int)              {}
func (deafPainter) Paint(sale.Scene) *image.RGBA { return image.NewRGBA(image.Rect(0, 0, 1, 1)) }

func TestOnlyChangedRowsAreDelivered(t *testing.T) {
	err := inBubble(t, new(plainPainter), 0, func(t *testing.T, s *screen.Screen) {
		show := func(scene sale.Scene) { s.Show(scene); synctest.Wait() }
		take := func(from, to int, size image.Point, whole bool) {
			t.Helper()
			gotFrom, gotTo, pix := s.Take(size, whole)
			if gotFrom != from || gotTo != to || len(pix) != (to-from)*size.X*4 {
				t.Errorf("delivered rows %d to %d in %d bytes, want rows %d to %d", gotFrom, gotTo, len(pix), from, to)
			}
		}
		take(0, 0, window, true)
		show(pay(180 * time.Second))
		take(0, 0, image.Pt(10, 10), true)
		take(0, 320, window, false)
		take(0, 0, window, false)
		take(0, 320, window, true)
		show(pay(179 * time.Second))
		show(pay(178 * time.Second))
		take(316, 320, window, false)
		turned := pay(178 * time.Second)
		turned.Page = 1
		show(turned)
		take(2, 4, window, false)
		show(pay(178 * time.Second))
		show(pay(177 * time.Second))
		take(2, 320, window, false)
		show(pay(176 * time.Second))
		turned.Left = 176 * time.Second
		show(turned)
		take(2, 320, window, false)
		show(sale.Scene{Kind: sale.SceneConfirming})
		take(0, 320, window, false)
	})
	if err != nil {
		t.Error(err)
	}
}

func TestSnapshotIsUprightAndACopy(t *testing.T) {
	for _, angle := range []int{0, 90, 180, 270} {
		t.Run(fmt.Sprint(angle), func(t *testing.T) {
			p := new(plainPainter)
			var s *screen.Screen
			err := inBubble(t, p, angle, func(t *testing.T, bubbled *screen.Screen) {
				s = bubbled
				if s.Snapshot() != nil {
					t.Error("a snapshot before anything was painted")
				}
				s.Show(pay(90 * time.Second))
			})
			if err != nil {
				t.Fatal(err)
			}
			want := p.Paint(pay(90 * time.Second))
			got := s.Snapshot()
			if got.Rect != want.Rect || !slices.Equal(got.Pix, want.Pix) {
				t.Error("the snapshot is not what was painted")
			}
			clear(got.Pix)
			if !slices.Equal(s.Snapshot().Pix, want.Pix) {
				t.Error("a snapshot shares its pixels with the screen")
			}
			if angle%180 != 0 && want.Rect.Size() != image.Pt(window.Y, window.X) {
				t.Errorf("painted %v for a window on its side", want.Rect)
			}
		})
	}
}

// A painter may hand out a part of a larger picture.
func TestTurnTakesASubImage(t *testing.T) {
	whole := image.NewRGBA(image.Rect(0, 0, 9, 9))
	for i := range whole.Pix {
		whole.Pix[i] = byte(i * 7)
	}
	part := whole.SubImage(image.Rect(2, 3, 6, 5)).(*image.RGBA)
	places := map[int]func(x, y int) image.Point{ // of the part's pixel x, y
		0:   func(x, y int) image.Point { return image.Pt(x, y) },
		90:  func(x, y int) image.Point { return image.Pt(1-y, x) },
		180: func(x, y int) image.Point { return image.Pt(3-x, 1-y) },
		270: func(x, y int) image.Point { return image.Pt(y, 3-x) },
	}
	for angle, place := range places {
		got := screen.Turn(nil, part, angle)
		for y := range 2 {
			for x := range 4 {
				at := place(x, y)
				if got.RGBAAt(at.X, at.Y) != part.RGBAAt(2+x, 3+y) {
					t.Errorf("turned by %d: pixel %d,%d is not at %v", angle, x, y, at)
				}
			}
		}
	}
}

func TestChangedRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := rapid.IntRange(1, 12).Draw(t, "height")
		a, b := image.NewRGBA(image.Rect(0, 0, 3, h)), image.NewRGBA(image.Rect(0, 0, 3, h))
		touched := rapid.SliceOfN(rapid.IntRange(0, h-1), 0, 3).Draw(t, "rows")
		for _, y := range touched {
			b.Set(rapid.IntRange(0, 2).Draw(t, "x"), y, color.White)
		}
		from, to := screen.Changed(a, b)
		if len(touched) == 0 {
			if from < to {
				t.Fatalf("equal images differ in %d to %d", from, to)
			}
			return
		}
		if from != slices.Min(touched) || to != slices.Max(touched)+1 {
			t.Fatalf("touched %v, got %d to %d", touched, from, to)
		}
	})
}

func TestVerdict(t *testing.T) {
	panicked := fmt.Errorf("%w scene idle: panic: no", screen.ErrPaint)
	const prefix = "E-SCREEN-01: the screen cannot show anything: "
	tests := []struct {
		name   string
		window error
		ended  bool
		cause  error
		is     error
		want   string
	}{
		{"ctx ended", nil, true, context.Canceled, nil, ""},
		{"closed", nil, false, context.Canceled, screen.ErrClosed, prefix + "the window was closed"},
		{"painter broke", nil, true, panicked, screen.ErrPaint,
			prefix + "paint scene idle: panic: no (report this with the log)"},
		{"no display", errors.New("ui: no window system is available: x"), false, nil, screen.ErrNoDisplay,
			prefix + "no window system: ui: no window system is available: x " +
				"(start an X server and set DISPLAY, or choose another screen driver)"},
		{"server gone", errors.New("glfw: x11: failed to open display :9: x"), true, nil, screen.ErrNoDisplay,
			prefix + "no window system: glfw: x11: failed to open display :9: x " +
				"(start an X server and set DISPLAY, or choose another screen driver)"},
		{"driver", errors.New("opengl: no"), true, nil, nil,
			prefix + "opengl: no (check the graphics driver and the X server's log)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := screen.Verdict(tt.window, tt.ended, tt.cause)
			if tt.want == "" {
				if err != nil {
					t.Errorf("got %v, want nil", err)
				}
				return
			}
			var fault *sale.Fault
			if !errors.As(err, &fault) || fault.Code != sale.CodeScreenDead || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("%v is not %v", err, tt.is)
			}
		})
	}
}

func TestStrokes(t *testing.T) {
	want := map[ebiten.Key]keypad.Stroke{
		ebiten.KeyEnter: keypad.Enter, ebiten.KeyNumpadEnter: keypad.Enter,
		ebiten.KeyEscape: keypad.Cancel, ebiten.KeyBackspace: keypad.Cancel,
	}
	digits := []ebiten.Key{ebiten.KeyDigit0, ebiten.KeyDigit1, ebiten.KeyDigit2, ebiten.KeyDigit3, ebiten.KeyDigit4,
		ebiten.KeyDigit5, ebiten.KeyDigit6, ebiten.KeyDigit7, ebiten.KeyDigit8, ebiten.KeyDigit9}
	numpad := []ebiten.Key{ebiten.KeyNumpad0, ebiten.KeyNumpad1, ebiten.KeyNumpad2, ebiten.KeyNumpad3, ebiten.KeyNumpad4,
		ebiten.KeyNumpad5, ebiten.KeyNumpad6, ebiten.KeyNumpad7, ebiten.KeyNumpad8, ebiten.KeyNumpad9}
	for d := range 10 {
		want[digits[d]], want[numpad[d]] = keypad.Digit(d), keypad.Digit(d)
	}
	for k := ebiten.Key(0); k <= ebiten.KeyMax; k++ {
		got, ok := screen.StrokeOf(k)
		if stroke, known := want[k]; ok != known || got != stroke {
			t.Errorf("key %v makes stroke %d %v, want %d %v", k, got, ok, stroke, known)
		}
	}
}

func TestAvailable(t *testing.T) {
	t.Setenv("DISPLAY", ":7")
	if !screen.Available() {
		t.Error("not available with DISPLAY")
	}
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "wayland-0")
	if !screen.Available() {
		t.Error("not available with WAYLAND_DISPLAY")
	}
}
