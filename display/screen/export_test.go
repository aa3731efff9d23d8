package screen

import (
	"context"
	"image"
	"time"
)

// What the tests of this package may touch.

var (
	ErrPaint = errPaint
	Turn     = turn
	Verdict  = verdict
	StrokeOf = strokeOf
)

// Changed returns changed as two numbers.
func Changed(a, b *image.RGBA) (from, to int) {
	r := changed(a, b)
	return r.from, r.to
}

// Paint runs the painting goroutine for a window of this size, without one.
func (s *Screen) Paint(ctx context.Context, window image.Point) error {
	s.ResizeWindow(window)
	return s.paint(ctx)
}

// ResizeWindow does what a window does when its size changes.
func (s *Screen) ResizeWindow(window image.Point) {
	s.size.Store(&window)
	s.rouse()
}

// Take delivers to a window of this size; rows are the numbers written.
func (s *Screen) Take(size image.Point, whole bool) (from, to int, pix []byte) {
	s.frame.take(size, whole, func(r rows, p []byte) {
		from, to, pix = r.from, r.to, append(pix, p...)
	})
	return from, to, pix
}

// Updated does what the window's loop does each second.
func (s *Screen) Updated(now time.Time) { s.beats.update(now) }
