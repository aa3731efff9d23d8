package screen

import (
	"context"
	"errors"
	"fmt"
	"image"
	"reflect"
	"runtime/debug"
	"time"

	"kioskd/sale"
)

// errPaint: the painter is broken, so that the screen would lie from now on.
var errPaint = errors.New("paint")

// paint paints every new scene for the size of the window until ctx ends. It
// returns an error that wraps errPaint if the painter breaks.
func (s *Screen) paint(ctx context.Context) error {
	var (
		shown *sale.Scene
		size  image.Point
	)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		}
		scene, window := s.scene.Load(), s.size.Load()
		if scene == nil || window == nil {
			continue
		}
		if *window == size && (scene == shown || reflect.DeepEqual(scene, shown)) {
			continue
		}
		begin := time.Now()
		s.beats.painting(begin)
		img, err := s.paintOnce(*scene, uprightSize(*window, s.options.Rotate), *window != size)
		s.beats.painting(time.Time{})
		if err != nil {
			return err
		}
		s.frame.put(img, s.options.Rotate)
		shown, size = scene, *window
		s.frames.schedule()
		s.log.Debug("painted", "scene", scene.Kind, "took", time.Since(begin))
	}
}

// paintOnce calls the painter. A panic of the painter must not take the
// process down in the middle of a sale, so it becomes an error.
func (s *Screen) paintOnce(scene sale.Scene, size image.Point, resized bool) (img *image.RGBA, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("painter panicked", "scene", scene.Kind, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("%w scene %s: panic: %v", errPaint, scene.Kind, p)
		}
	}()
	if resized {
		s.painter.Resize(size.X, size.Y)
	}
	img = s.painter.Paint(scene)
	if img == nil || img.Rect.Size() != size {
		return nil, fmt.Errorf("%w scene %s: the painter's image has not the size %dx%d", errPaint, scene.Kind, size.X, size.Y)
	}
	return img, nil
}
