package display_test

import (
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kioskd/display"
	"kioskd/sale"
)

// anyScene changes as scenes do: another kind, or a tick of the same one.
func anyScene(t *rapid.T, last sale.Scene) sale.Scene {
	if last.Kind == "" || rapid.Float64Range(0, 1).Draw(t, "again") < 0.3 {
		last = scene(rapid.SampledFrom(sale.SceneKinds()).Draw(t, "kind"), "zh")
	}
	sc := last
	if sc.Window > 0 {
		sc.Left = time.Duration(rapid.IntRange(0, int(sc.Window/time.Second)).Draw(t, "left")) * time.Second
	}
	sc.Beat = rapid.IntRange(0, 2).Draw(t, "beat")
	sc.At = now.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "minutes")) * time.Minute)
	if sc.Kind == sale.SceneIdle {
		sc.Page = rapid.IntRange(0, 5).Draw(t, "page")
		sc.Offers = offers("zh", rapid.SampledFrom([]int{3, 30}).Draw(t, "offers"))
	}
	sc.Rows = append([]sale.Row(nil), sc.Rows...)
	for i := range sc.Rows {
		if rapid.Bool().Draw(t, "changed") {
			sc.Rows[i].Value, sc.Rows[i].OK = strings.Repeat("8", i), !sc.Rows[i].OK
		}
	}
	return sc
}

// TestPaintOnlyWhatChanged: drawing only what changed gives the same pixels as
// drawing everything, and the image before the last one is left alone.
func TestPaintOnlyWhatChanged(t *testing.T) {
	font := heiFont(t)
	for _, size := range some(1, [][2]int{{400, 240}, {300, 512}}) {
		s := style(size[0], size[1], "zh", font)
		p, fresh := painter(t, s), painter(t, s)
		rapid.Check(t, func(t *rapid.T) {
			var last sale.Scene
			var before *image.RGBA
			var pixels string
			for range rapid.IntRange(1, 12).Draw(t, "scenes") {
				last = anyScene(t, last)
				got := p.Paint(last)
				fresh.Resize(size[0], size[1])
				if !same(got, fresh.Paint(last)) {
					t.Fatalf("%s is not as if drawn anew", last.Kind)
				}
				if before != nil && string(before.Pix) != pixels {
					t.Fatalf("%s changed the image before", last.Kind)
				}
				before, pixels = got, string(got.Pix)
			}
		})
	}
}

// changed is the smallest rectangle that holds every pixel in which two images
// differ.
func changed(a, b *image.RGBA) image.Rectangle {
	var r image.Rectangle
	for y := range a.Rect.Dy() {
		for x := range a.Rect.Dx() {
			if a.RGBAAt(x, y) != b.RGBAAt(x, y) {
				r = r.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return r
}

// TestTick: a tick changes its own rectangle, as section 7 of the design says.
func TestTick(t *testing.T) {
	font := heiFont(t)
	for _, tt := range []struct {
		kind sale.SceneKind
		tick func(*sale.Scene)
		most image.Rectangle // of an 1080x1920 screen
	}{
		{sale.ScenePay, func(sc *sale.Scene) { sc.Left -= time.Second }, image.Rect(72, 1631, 1008, 1732)},
		{sale.SceneCreating, func(sc *sale.Scene) { sc.Beat = 2 }, image.Rect(430, 680, 650, 744)},
		{sale.SceneConfirming, func(sc *sale.Scene) { sc.Left -= time.Second }, image.Rect(282, 329, 799, 846)},
		{sale.SceneDispensing, func(sc *sale.Scene) { sc.Beat = 0 }, image.Rect(460, 850, 620, 900)},
		{sale.SceneIdle, func(sc *sale.Scene) { sc.At = sc.At.Add(time.Minute) }, image.Rect(900, 1825, 1033, 1920)},
		{sale.SceneTake, func(sc *sale.Scene) { sc.At = sc.At.Add(time.Minute) }, image.Rectangle{}},
	} {
		p := painter(t, style(1080, 1920, "zh", font))
		sc := scene(tt.kind, "zh")
		before := p.Paint(sc)
		tt.tick(&sc)
		got := changed(before, p.Paint(sc))
		if !got.In(tt.most) || got.Empty() != tt.most.Empty() {
			t.Errorf("%s: a tick changes %v, at most %v", tt.kind, got, tt.most)
		}
	}
}

// TestTickIsCheap: a tick lays out nothing anew.
func TestTickIsCheap(t *testing.T) {
	p := painter(t, style(800, 480, "zh", display.Bitmap))
	for _, k := range []sale.SceneKind{sale.ScenePay, sale.SceneConfirming, sale.SceneDispensing, sale.SceneIdle, sale.SceneService} {
		sc := scene(k, "zh")
		whole := testing.AllocsPerRun(10, func() {
			sc.Amount++
			sc.Product.Price++
			sc.Page++
			sc.Offers, sc.Rows = sc.Offers[:max(0, len(sc.Offers)-1)], sc.Rows[:max(0, len(sc.Rows)-1)]
			p.Paint(sc)
		})
		sc = scene(k, "zh")
		p.Paint(sc)
		p.Paint(sc)
		tick := testing.AllocsPerRun(10, func() {
			sc.Left, sc.Beat = sc.Left-time.Second, sc.Beat+1
			sc.At = sc.At.Add(time.Minute)
			p.Paint(sc)
		})
		if tick > whole/2 {
			t.Errorf("%s: %v allocations for a tick, %v for a new picture", k, tick, whole)
		}
	}
}

// TestLastSeconds: in the last 30 seconds the countdown is a warning.
func TestLastSeconds(t *testing.T) {
	p := painter(t, style(800, 480, "zh", display.Bitmap))
	for _, tt := range []struct {
		left time.Duration
		warn bool
	}{{31 * time.Second, false}, {30 * time.Second, true}, {0, true}, {-5 * time.Second, true}} {
		sc := scene(sale.ScenePay, "zh")
		sc.Left = tt.left
		img := p.Paint(sc)
		bar, digits := count(img, color.RGBA{0xff, 0xbf, 0x47, 0xff}), count(img, color.RGBA{0x8a, 0x52, 0x00, 0xff})
		if (bar > 0) != tt.warn || (digits > 0) != tt.warn {
			t.Errorf("%v left: %d px of the bar and %d of the digits are a warning", tt.left, bar, digits)
		}
	}
}

// TestTheme: the clock chooses the colours, but never within a sale.
func TestTheme(t *testing.T) {
	s := style(800, 480, "zh", display.Bitmap)
	s.NightFrom, s.NightTo = 19*time.Hour, 7*time.Hour
	p := painter(t, s)
	at := func(k sale.SceneKind, hour int) bool {
		sc := scene(k, "zh")
		sc.At = time.Date(2024, 11, 23, hour, 0, 0, 0, time.UTC)
		img := p.Paint(sc)
		return img.RGBAAt(799, 479) == color.RGBA{0x11, 0x16, 0x13, 0xff}
	}
	for _, step := range []struct {
		kind  sale.SceneKind
		hour  int
		night bool
	}{
		{sale.SceneIdle, 18, false}, {sale.SceneCreating, 18, false}, {sale.ScenePay, 19, false}, {sale.SceneDispensing, 19, false},
		{sale.SceneTake, 20, false}, {sale.SceneIdle, 20, true}, {sale.SceneIdle, 6, true}, {sale.ScenePay, 7, true},
		{sale.SceneOffline, 7, false}, {sale.SceneIdle, 23, true},
	} {
		if got := at(step.kind, step.hour); got != step.night {
			t.Errorf("%s at %d:00: night %v, want %v", step.kind, step.hour, got, step.night)
		}
	}
}

func TestResize(t *testing.T) {
	p := painter(t, style(800, 480, "zh", display.Bitmap))
	for _, size := range [][2]int{{800, 480}, {480, 800}, {1, 1}, {0, -5}, {37, 2000}, {2000, 37}} {
		p.Resize(size[0], size[1])
		for _, k := range sale.SceneKinds() {
			if got := p.Paint(scene(k, "zh")).Rect; got != image.Rect(0, 0, max(1, size[0]), max(1, size[1])) {
				t.Fatalf("%v: an image of %v", size, got)
			}
		}
	}
}

// TestEmptyScenes: a scene without any facts, and an unknown kind, are drawn.
func TestEmptyScenes(t *testing.T) {
	for _, size := range three {
		p := painter(t, display.Style{Width: size[0], Height: size[1], FontPath: display.Bitmap})
		for _, k := range append(sale.SceneKinds(), "", "no such kind") {
			p.Paint(sale.Scene{Kind: k})
			p.Paint(sale.Scene{Kind: k, Left: -time.Hour, Window: -time.Second, Page: -7, Beat: -2, Amount: -5})
		}
	}
}

func TestLegible(t *testing.T) {
	for size, want := range map[[2]int]bool{{800, 480}: true, {600, 1024}: true, {480, 272}: false, {1080, 1920}: true} {
		if got := painter(t, style(size[0], size[1], "zh", display.Bitmap)).Legible(); got != want {
			t.Errorf("%v: %v, want %v", size, got, want)
		}
	}
}

func benchmark(b *testing.B, next func(i int, sc *sale.Scene), kind sale.SceneKind) {
	for _, size := range three {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			p := painter(b, style(size[0], size[1], "zh", heiFont(b)))
			sc := scene(kind, "zh")
			p.Paint(sc)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				next(i, &sc)
				p.Paint(sc)
			}
		})
	}
}

// BenchmarkTick is a second of the countdown.
func BenchmarkTick(b *testing.B) {
	benchmark(b, func(i int, sc *sale.Scene) { sc.Left = time.Duration(i%180) * time.Second }, sale.ScenePay)
}

// BenchmarkRing is a second of a bounded wait.
func BenchmarkRing(b *testing.B) {
	benchmark(b, func(i int, sc *sale.Scene) { sc.Left = time.Duration(i%30) * time.Second }, sale.SceneConfirming)
}

// BenchmarkPay is the first picture of a QR code.
func BenchmarkPay(b *testing.B) {
	benchmark(b, func(i int, sc *sale.Scene) { sc.CodeURL = fmt.Sprint(codeURL, i%10) }, sale.ScenePay)
}

// BenchmarkIdle is a new idle page.
func BenchmarkIdle(b *testing.B) {
	benchmark(b, func(i int, sc *sale.Scene) { sc.Offers[0].Product.Price = sale.Fen(100 + i%2) }, sale.SceneIdle)
}
