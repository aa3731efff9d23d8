package display_test

import (
	"math"
	"testing"

	"kioskd/display"
)

// inked is how many px of black are on the picture; edges count in part.
func inked(s display.Shapes) float64 {
	sum := 0.0
	img := s.Image()
	for i := 0; i < len(img.Pix); i += 4 {
		sum += 1 - float64(img.Pix[i])/255
	}
	return sum
}

func TestShapes(t *testing.T) {
	for name, tt := range map[string]struct {
		draw func(display.Shapes)
		area float64
	}{
		"rect":          {func(s display.Shapes) { s.Rect(10, 10, 40, 20, 0) }, 800},
		"rect, rounded": {func(s display.Shapes) { s.Rect(10.4, 9.6, 40, 20, 0) }, 800},
		"round rect":    {func(s display.Shapes) { s.Rect(10, 10, 40, 20, 8) }, 800 - (4-math.Pi)*64},
		"capsule":       {func(s display.Shapes) { s.Rect(10, 10, 40, 20, 99) }, 400 + math.Pi*100},
		"disc":          {func(s display.Shapes) { s.Disc(50, 50, 30) }, math.Pi * 900},
		"line":          {func(s display.Shapes) { s.Line(10, 20, 20, 80, 60) }, 10*math.Hypot(60, 40) + math.Pi*25},
		"point":         {func(s display.Shapes) { s.Line(10, 50, 50, 50, 50) }, math.Pi * 25},
		"ring":          {func(s display.Shapes) { s.Arc(50, 50, 30, 10, 0, 360) }, math.Pi * (35*35 - 25*25)},
		"arc":           {func(s display.Shapes) { s.Arc(50, 50, 30, 10, -90, 90) }, math.Pi*(35*35-25*25)/4 + math.Pi*25},
		"no arc":        {func(s display.Shapes) { s.Arc(50, 50, 30, 10, 0, 0) }, 0},
		"half outside":  {func(s display.Shapes) { s.Disc(0, 50, 30) }, math.Pi * 450},
		"all outside": {func(s display.Shapes) {
			s.Disc(-50, -50, 30)
			s.Rect(-50, 20, 40, 40, 4)
			s.Arc(200, 50, 20, 4, 0, 360)
		}, 0},
	} {
		s := display.NewShapes(100, 100)
		tt.draw(s)
		if got := inked(s); math.Abs(got-tt.area) > 0.01*tt.area+0.5 {
			t.Errorf("%s: an area of %.1f, want %.1f", name, got, tt.area)
		}
	}
}
