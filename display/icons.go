package display

import (
	"image/color"
	"math"
)

// icon is a drawing in a square of 24 by 24, made of strokes with round ends.
type icon struct {
	strokes [][]point
	stroke  float64 // thickness as a share of the radius of the disc under it
	side    float64 // of the square, as a share of that radius
}

var (
	tickSmall = icon{[][]point{{{5, 12.8}, {10, 17.6}, {19, 7}}}, 0.22, 1.22}
	tick      = icon{tickSmall.strokes, 0.19, 1.22}
	down      = icon{[][]point{{{12, 3.5}, {12, 20}}, {{5, 13}, {12, 20}, {19, 13}}}, 0.16, 1.22}
	toLeft    = icon{turned(down.strokes), 0.16, 1.22}
	toRight   = icon{mirrored(toLeft.strokes), 0.16, 1.22}
	back      = icon{[][]point{
		append(append([]point{{4.5, 9.2}, {14.6, 9.2}}, halfCircle(14.6, 14, 4.8)...), point{14.6, 18.8}, point{8.6, 18.8}),
		{{8.9, 4.8}, {4.5, 9.2}, {8.9, 13.6}},
	}, 0.19, 1.42}
)

// turned is the drawing turned by a quarter, clockwise.
func turned(strokes [][]point) [][]point {
	return each(strokes, func(p point) point { return point{24 - p.y, p.x} })
}

func mirrored(strokes [][]point) [][]point {
	return each(strokes, func(p point) point { return point{24 - p.x, p.y} })
}

func each(strokes [][]point, move func(point) point) [][]point {
	moved := make([][]point, len(strokes))
	for i, s := range strokes {
		for _, p := range s {
			moved[i] = append(moved[i], move(p))
		}
	}
	return moved
}

// badge draws a disc with an icon on it.
func (c *canvas) badge(cx, cy, r float64, ic icon, fill, mark color.RGBA) {
	c.disc(cx, cy, r, fill)
	side := ic.side * r
	k := side / 24
	c.lines(ic.stroke*r, mark, each(ic.strokes, func(p point) point {
		return point{cx - side/2 + p.x*k, cy - side/2 + p.y*k}
	})...)
}

// alert draws a disc with an exclamation mark.
func (c *canvas) alert(cx, cy, r float64, fill, mark color.RGBA) {
	c.disc(cx, cy, r, fill)
	c.lines(0.26*r, mark, []point{{cx, cy - 0.5*r}, {cx, cy + 0.08*r}})
	c.disc(cx, cy+0.5*r, 0.15*r, mark)
}

// wifi draws the sign of a wireless network in a square of this side.
func (c *canvas) wifi(cx, cy, side float64, col color.RGBA) {
	k, t := side/24, 0.075*side
	x, y := cx, cy-side/2+18.6*k
	c.disc(x, y, 0.72*t, col)
	for _, r := range []float64{4.6, 9, 13.4} {
		c.arc(x, y, r*k, t, -135, 90, col)
	}
}

// halfCircle is the right half of a circle as a row of points, from the top.
func halfCircle(cx, cy, r float64) []point {
	const steps = 16
	var ps []point
	for i := 1; i < steps; i++ {
		a := math.Pi * (float64(i)/steps - 0.5)
		ps = append(ps, point{cx + r*math.Cos(a), cy + r*math.Sin(a)})
	}
	return ps
}
