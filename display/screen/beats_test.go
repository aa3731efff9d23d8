package screen_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/display/screen"
	"kioskd/sale"
)

// TestBeatStandsStillInAPaint: the window's loop alone is not the screen.
func TestBeatStandsStillInAPaint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &blockingPainter{begin: make(chan sale.SceneKind), end: make(chan struct{})}
		s := newScreen(t, p, screen.Options{})
		if !s.Beat().IsZero() {
			t.Error("a beat before the window")
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Paint(ctx, window) }()
		began := time.Now()
		s.Show(sale.Scene{Kind: sale.SceneIdle})
		<-p.begin
		time.Sleep(time.Minute)
		s.Updated(time.Now())
		if got := s.Beat(); !got.Equal(began) {
			t.Errorf("beat %v after the painter got stuck", got.Sub(began))
		}
		p.end <- struct{}{}
		synctest.Wait()
		if got := s.Beat(); !got.Equal(time.Now()) {
			t.Errorf("beat %v ago after the paint", time.Since(got))
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
