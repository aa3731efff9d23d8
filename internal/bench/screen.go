package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"kioskd/sale"
)

// screen remembers what it shows and since when, for a customer to look at.
type screen struct {
	mu      sync.Mutex
	kind    sale.SceneKind
	since   time.Time
	changed chan struct{}
	also    func(sale.Scene) // sees every scene too; nil for nobody
}

var _ sale.Panel = (*screen)(nil)

func newScreen() *screen { return &screen{changed: make(chan struct{})} }

// Show implements [sale.Panel].
func (s *screen) Show(scene sale.Scene) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.also != nil {
		s.also(scene)
	}
	if scene.Kind == s.kind {
		return
	}
	s.kind, s.since = scene.Kind, time.Now()
	close(s.changed)
	s.changed = make(chan struct{})
}

// waitFor implements shop.
func (s *screen) waitFor(ctx context.Context, within time.Duration, kinds ...sale.SceneKind) (sight, error) {
	limit := time.NewTimer(within)
	defer limit.Stop()
	for {
		s.mu.Lock()
		now, changed := sight{s.kind, s.since}, s.changed
		s.mu.Unlock()
		if slices.Contains(kinds, now.kind) {
			return now, nil
		}
		select {
		case <-changed:
		case <-limit.C:
			return now, unseen(now.kind, kinds, within)
		case <-ctx.Done():
			return now, ctx.Err()
		}
	}
}

func unseen(is sale.SceneKind, want []sale.SceneKind, within time.Duration) error {
	return fmt.Errorf("the screen shows %q and none of %q after %s", is, want, within)
}
