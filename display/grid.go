package display

import "math"

// form is how a product is drawn on the idle page.
type form int

const (
	formTall  form = iota // picture, name, key and price under each other
	formLabel             // small picture beside the name
	formList              // no picture
)

// grid is how the products of the idle page are laid out.
type grid struct {
	form       form
	cols, rows int
	pages      int
	area       box
	w, h       float64 // of a tile
	gx, gy     float64
}

func (g grid) per() int { return g.cols * g.rows }

// tile is the place of the i-th product of a page.
func (g grid) tile(i int) box {
	return box{g.area.x + float64(i%g.cols)*(g.w+g.gx), g.area.y + float64(i/g.cols)*(g.h+g.gy), g.w, g.h}
}

// newGrid lays out n products in an area. u is the unit in px.
func newGrid(n int, area box, u float64, portrait bool) grid {
	n = max(1, n)
	p := planner{aw: area.w / u, ah: area.h / u, gap: 0.65}
	if portrait {
		p.gap = 0.8
	}
	tallCap := p.count(p.aw, 7.2) * p.count(p.ah, 8.9)
	labels, lists := [2]int{p.count(p.aw, 8.2), p.count(p.ah, 5.6)}, [2]int{p.count(p.aw, 11), p.count(p.ah, 2.95)}
	capacity := tallCap
	if !portrait {
		capacity = max(tallCap, labels[0]*labels[1], lists[0]*lists[1])
	}
	capacity = max(1, capacity)
	pages := (n + capacity - 1) / capacity
	per := (n + pages - 1) / pages

	g := grid{area: area, gx: p.gap * u, gy: p.gap * u}
	cols, possible := p.tall(per)
	switch {
	case possible || portrait:
		g.form, g.cols = formTall, max(1, cols)
	case per <= labels[0]*labels[1]:
		g.form, g.cols = formLabel, labels[0]
	default:
		g.form, g.cols, g.gy = formList, max(1, lists[0]), 0.75*g.gy
	}
	g.rows = (per + g.cols - 1) / g.cols
	g.pages = (n + g.per() - 1) / g.per()
	g.w = (area.w - float64(g.cols-1)*g.gx) / float64(g.cols)
	g.h = (area.h - float64(g.rows-1)*g.gy) / float64(g.rows)
	switch g.form {
	case formTall:
		if n == 1 {
			g.w = min(g.w, 1.3*area.h)
			g.area.x += (area.w - g.w) / 2
		}
		g.h = min(g.h, max(1.5*g.w, 13*u))
		if g.rows == 1 {
			g.area.y += 0.42 * (area.h - g.h)
		}
	case formLabel:
		g.h = min(g.h, 6.4*u)
	case formList:
		g.h = min(g.h, 4.2*u)
	}
	return g
}

// planner counts in units.
type planner struct{ aw, ah, gap float64 }

// count is how many tiles of at least this length stand in a row.
func (p planner) count(length, least float64) int {
	return int(math.Floor((length+p.gap)/(least+p.gap) + 1e-9))
}

// tall finds the number of columns in which n tall tiles look best.
func (p planner) tall(n int) (cols int, possible bool) {
	best := math.Inf(-1)
	for c := 1; c <= p.count(p.aw, 7.2); c++ {
		r := float64((n + c - 1) / c)
		w := (p.aw - float64(c-1)*p.gap) / float64(c)
		h := (p.ah - (r-1)*p.gap) / r
		if h < 8.9-1e-9 {
			continue
		}
		h = min(h, max(1.5*w, 13))
		if score := min(0.83*w, h-5); score > best+0.05 {
			best, cols, possible = score, c, true
		}
	}
	return cols, possible
}
