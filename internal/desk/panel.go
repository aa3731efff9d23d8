package desk

import (
	"slices"
	"sync"
	"time"

	"kioskd/sale"
)

// lock is a mutex that is held for the rest of a function in one line.
type lock struct{ sync.Mutex }

func (l *lock) hold() func() {
	l.Lock()
	return l.Unlock
}

// Panel remembers what was shown, and when.
type Panel struct {
	mu    lock
	shown []Shown
}

// Shown is one scene.
type Shown struct {
	sale.Scene
	At time.Time // with the monotonic reading
}

var _ sale.Panel = (*Panel)(nil)

// Show implements sale.Panel.
func (p *Panel) Show(s sale.Scene) {
	defer p.mu.hold()()
	p.shown = append(p.shown, Shown{s, time.Now()})
}

// Now is the scene on the screen.
func (p *Panel) Now() sale.Scene {
	defer p.mu.hold()()
	if len(p.shown) == 0 {
		return sale.Scene{}
	}
	return p.shown[len(p.shown)-1].Scene
}

// First returns the first scene that was shown at or after a moment, or was
// still on the screen then, and that ok accepts.
func (p *Panel) First(from time.Time, ok func(sale.Scene) bool) (Shown, bool) {
	defer p.mu.hold()()
	i, _ := slices.BinarySearchFunc(p.shown, from, func(s Shown, t time.Time) int { return s.At.Compare(t) })
	for _, s := range p.shown[max(0, i-1):] {
		if ok(s.Scene) {
			return s, true
		}
	}
	return Shown{}, false
}

// Kinds is what was shown since a moment, each kind once in a row.
func (p *Panel) Kinds(from time.Time) (kinds []sale.SceneKind) {
	defer p.mu.hold()()
	for _, s := range p.shown {
		if !s.At.Before(from) && (len(kinds) == 0 || kinds[len(kinds)-1] != s.Kind) {
			kinds = append(kinds, s.Kind)
		}
	}
	return kinds
}
