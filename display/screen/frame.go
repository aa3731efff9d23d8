package screen

import (
	"bytes"
	"image"
	"sync"
)

// frame is the newest picture as the window needs it, and which of its rows
// the window has not got yet. All methods may be called from any goroutine.
type frame struct {
	mu      sync.Mutex
	img     *image.RGBA // turned; rows without gaps
	scratch *image.RGBA
	rotate  int
	dirty   rows
}

// rows is a range of rows of an image, from included to to excluded.
type rows struct{ from, to int }

func (r rows) empty() bool { return r.from >= r.to }

func (r rows) union(o rows) rows {
	switch {
	case r.empty():
		return o
	case o.empty():
		return r
	}
	return rows{min(r.from, o.from), max(r.to, o.to)}
}

// put replaces the picture by img, turned by rotate degrees clockwise.
func (f *frame) put(img *image.RGBA, rotate int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rotate = rotate
	f.scratch = turn(f.scratch, img, rotate)
	if f.img == nil || f.img.Rect != f.scratch.Rect {
		f.img, f.scratch = f.scratch, nil
		f.dirty = rows{0, f.img.Rect.Dy()}
		return
	}
	f.dirty = f.dirty.union(changed(f.img, f.scratch))
	f.img, f.scratch = f.scratch, f.img
}

// take hands the rows that the window has not got yet to write, or all rows if
// whole is set, and marks them as delivered. It calls write only for a picture
// of exactly this size and if there is something to write. write must not keep
// pix.
func (f *frame) take(size image.Point, whole bool, write func(r rows, pix []byte)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.img == nil || f.img.Rect.Size() != size {
		return
	}
	if whole {
		f.dirty = rows{0, size.Y}
	}
	if f.dirty.empty() {
		return
	}
	write(f.dirty, f.img.Pix[f.dirty.from*f.img.Stride:f.dirty.to*f.img.Stride])
	f.dirty = rows{}
}

// upright returns a copy of the picture, turned back.
func (f *frame) upright() *image.RGBA {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.img == nil {
		return nil
	}
	return turn(nil, f.img, (360-f.rotate)%360)
}

// uprightSize is the size to paint for a window of this size.
func uprightSize(window image.Point, rotate int) image.Point {
	if rotate == 90 || rotate == 270 {
		return image.Pt(window.Y, window.X)
	}
	return window
}

// turn draws src into dst, turned by rotate degrees clockwise, and returns dst.
// It makes a new dst if dst is nil or has another size.
func turn(dst, src *image.RGBA, rotate int) *image.RGBA {
	size := src.Rect.Size()
	bounds := image.Rectangle{Max: uprightSize(size, rotate)}
	if dst == nil || dst.Rect != bounds {
		dst = image.NewRGBA(bounds)
	}
	// The source pixel of dst's first one, and the steps in src.Pix when
	// dst goes one pixel to the right or one row down.
	var first, right, down int
	switch rotate {
	case 0:
		first, right, down = 0, 4, src.Stride
	case 90:
		first, right, down = (size.Y-1)*src.Stride, -src.Stride, 4
	case 180:
		first, right, down = (size.Y-1)*src.Stride+(size.X-1)*4, -4, -src.Stride
	case 270:
		first, right, down = (size.X-1)*4, src.Stride, -4
	}
	first += src.PixOffset(src.Rect.Min.X, src.Rect.Min.Y)
	for y := range bounds.Dy() {
		row := dst.Pix[y*dst.Stride : (y+1)*dst.Stride]
		at := first + y*down
		if rotate == 0 {
			copy(row, src.Pix[at:])
			continue
		}
		for x := 0; x < len(row); x += 4 {
			copy(row[x:x+4], src.Pix[at:at+4])
			at += right
		}
	}
	return dst
}

// changed returns the rows from the first to the last in which a and b, which
// have the same bounds, differ.
func changed(a, b *image.RGBA) rows {
	row := func(m *image.RGBA, y int) []byte { return m.Pix[y*m.Stride : (y+1)*m.Stride] }
	r := rows{0, a.Rect.Dy()}
	for !r.empty() && bytes.Equal(row(a, r.from), row(b, r.from)) {
		r.from++
	}
	for !r.empty() && bytes.Equal(row(a, r.to-1), row(b, r.to-1)) {
		r.to--
	}
	return r
}
