package display

import (
	"image"
	"image/color"
	"math"
)

// box is a rectangle in px: left, top, width, height.
type box struct{ x, y, w, h float64 }

func (b box) right() float64  { return b.x + b.w }
func (b box) bottom() float64 { return b.y + b.h }
func (b box) midX() float64   { return b.x + b.w/2 }
func (b box) midY() float64   { return b.y + b.h/2 }

// square is the square of this side about a point.
func square(cx, cy, side float64) box { return box{cx - side/2, cy - side/2, side, side} }

// round is the box with whole edges.
func (b box) round() image.Rectangle {
	return image.Rect(whole(b.x), whole(b.y), whole(b.right()), whole(b.bottom()))
}

// out is the smallest rectangle of whole pixels that holds the box.
func (b box) out() image.Rectangle {
	return image.Rect(int(math.Floor(b.x)), int(math.Floor(b.y)), int(math.Ceil(b.right())), int(math.Ceil(b.bottom())))
}

func whole(f float64) int { return int(math.Floor(f + 0.5)) }

// canvas draws shapes and text on an image. Everything but rectangles is
// anti-aliased.
type canvas struct {
	img   *image.RGBA
	clip  image.Rectangle // nothing is drawn outside
	fonts *fonts
	rec   *recorder
}

// fill paints whole pixels.
func (c *canvas) fill(r image.Rectangle, col color.RGBA) {
	r = r.Intersect(c.clip)
	if r.Empty() {
		return
	}
	first := c.img.Pix[c.img.PixOffset(r.Min.X, r.Min.Y):][:4*r.Dx()]
	for i := 0; i < len(first); i += 4 {
		first[i], first[i+1], first[i+2], first[i+3] = col.R, col.G, col.B, 0xff
	}
	for y := r.Min.Y + 1; y < r.Max.Y; y++ {
		copy(c.img.Pix[c.img.PixOffset(r.Min.X, y):], first)
	}
}

// blend lays a colour over the pixel at offset i with a cover of 0 to 255.
func (c *canvas) blend(i int, col color.RGBA, cover uint32) {
	p := c.img.Pix[i : i+4 : i+4]
	if cover >= 255 {
		p[0], p[1], p[2], p[3] = col.R, col.G, col.B, 0xff
		return
	}
	rest := 255 - cover
	p[0] = uint8((uint32(p[0])*rest + uint32(col.R)*cover + 127) / 255)
	p[1] = uint8((uint32(p[1])*rest + uint32(col.G)*cover + 127) / 255)
	p[2] = uint8((uint32(p[2])*rest + uint32(col.B)*cover + 127) / 255)
}

// shape paints every pixel of r whose centre lies inside: distance is how far
// a point lies outside, negative inside, and half a pixel on either side of
// the edge is blended.
func (c *canvas) shape(r image.Rectangle, col color.RGBA, distance func(x, y float64) float64) {
	r = r.Intersect(c.clip)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		i := c.img.PixOffset(r.Min.X, y)
		for x := r.Min.X; x < r.Max.X; x++ {
			d := 0.5 - distance(float64(x)+0.5, float64(y)+0.5)
			if d > 0 {
				c.blend(i, col, uint32(min(d, 1)*255+0.5))
			}
			i += 4
		}
	}
}

// rect paints a rectangle with whole edges and round corners.
func (c *canvas) rect(b box, radius float64, col color.RGBA) {
	r := b.round()
	radius = min(radius, float64(min(r.Dx(), r.Dy()))/2)
	if radius < 0.5 {
		c.fill(r, col)
		return
	}
	x0, y0, x1, y1 := float64(r.Min.X), float64(r.Min.Y), float64(r.Max.X), float64(r.Max.Y)
	corner := func(x, y float64) float64 {
		dx := max(x0+radius-x, x-(x1-radius), 0)
		dy := max(y0+radius-y, y-(y1-radius), 0)
		return math.Sqrt(dx*dx+dy*dy) - radius
	}
	k := int(math.Ceil(radius))
	inner := image.Rect(r.Min.X, r.Min.Y+k, r.Max.X, r.Max.Y-k)
	if inner.Min.Y >= inner.Max.Y {
		c.shape(r, col, corner)
		return
	}
	c.fill(inner, col)
	c.shape(image.Rect(r.Min.X, r.Min.Y, r.Max.X, inner.Min.Y), col, corner)
	c.shape(image.Rect(r.Min.X, inner.Max.Y, r.Max.X, r.Max.Y), col, corner)
}

// disc paints a circle.
func (c *canvas) disc(cx, cy, r float64, col color.RGBA) {
	c.shape(square(cx, cy, 2*r+2).out(), col, func(x, y float64) float64 {
		return math.Hypot(x-cx, y-cy) - r
	})
}

type point struct{ x, y float64 }

// lines paints strokes of one thickness with round ends and joints; each
// stroke is a row of points. Where strokes cross nothing is painted twice.
func (c *canvas) lines(thickness float64, col color.RGBA, strokes ...[]point) {
	t := thickness / 2
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, s := range strokes {
		for _, p := range s {
			x0, y0, x1, y1 = min(x0, p.x), min(y0, p.y), max(x1, p.x), max(y1, p.y)
		}
	}
	c.shape(box{x0 - t - 1, y0 - t - 1, x1 - x0 + 2*t + 2, y1 - y0 + 2*t + 2}.out(), col, func(x, y float64) float64 {
		nearest := math.Inf(1)
		for _, s := range strokes {
			for i := 1; i < len(s); i++ {
				nearest = min(nearest, toSegment(x, y, s[i-1], s[i]))
			}
		}
		return math.Sqrt(nearest) - t
	})
}

// toSegment is the square of the distance of a point from a straight line.
func toSegment(x, y float64, a, b point) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	t := 0.0
	if dx != 0 || dy != 0 {
		t = max(0, min(1, ((x-a.x)*dx+(y-a.y)*dy)/(dx*dx+dy*dy)))
	}
	ex, ey := x-a.x-t*dx, y-a.y-t*dy
	return ex*ex + ey*ey
}

// arc paints a part of a ring about a point with round ends. r is the middle
// of the thickness; from and sweep are clockwise degrees, 0 being 3 o'clock.
func (c *canvas) arc(cx, cy, r, thickness, from, sweep float64, col color.RGBA) {
	t := thickness / 2
	if sweep <= 0 {
		return
	}
	end := func(deg float64) point {
		return point{cx + r*math.Cos(deg*math.Pi/180), cy + r*math.Sin(deg*math.Pi/180)}
	}
	a, b := end(from), end(from+sweep)
	distance := func(x, y float64) float64 {
		dx, dy := x-cx, y-cy
		if sweep < 360 && math.Mod(math.Atan2(dy, dx)*180/math.Pi-from+720, 360) > sweep {
			return math.Sqrt(min(toSegment(x, y, a, a), toSegment(x, y, b, b))) - t
		}
		return math.Abs(math.Sqrt(dx*dx+dy*dy)-r) - t
	}
	area := square(cx, cy, 2*(r+t)+2).out()
	for y := area.Min.Y; y < area.Max.Y; y++ { // of each row only what the ring covers
		dy := float64(y) + 0.5 - cy
		outer := math.Sqrt(max(0, (r+t+1)*(r+t+1)-dy*dy))
		inner := math.Sqrt(max(0, (r-t-1)*max(0, r-t-1)-dy*dy))
		left := image.Rect(int(cx-outer), y, int(math.Ceil(cx-inner)), y+1)
		right := image.Rect(max(left.Max.X, int(cx+inner)), y, int(math.Ceil(cx+outer)), y+1)
		c.shape(left, col, distance)
		c.shape(right, col, distance)
	}
}
