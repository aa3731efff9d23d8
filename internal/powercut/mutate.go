package powercut

import (
	"path/filepath"
	"slices"
	"strings"
)

// Mutant is a store that is broken in one place: the history of a scene as that
// store would have made it. A harness that does not see it is blind.
type Mutant struct {
	Name   string
	Sees   Verdict // what must be found, among other things
	Scene  string  // where it shows
	Images int     // which is enough to see it
	alter  func(h *history, i int, e *event)
}

// Mutants lists the ways in which a ledger is known to go wrong.
func Mutants() []Mutant {
	drop := func(e *event) { *e = event{} }
	return []Mutant{
		{"no sync at all (bbolt's NoSync)", Lost, "life1", 200, func(_ *history, _ int, e *event) {
			if e.kind == isSync {
				drop(e)
			}
		}},
		{"pages not synced before the head that needs them", Unopenable, "life1", 200, func(h *history, i int, e *event) {
			if e.kind == isSync && !h.head(i-1) {
				drop(e)
			}
		}},
		{"heads not synced", Lost, "life1", 200, func(h *history, i int, e *event) {
			if e.kind == isSync && h.head(i-1) {
				drop(e)
			}
		}},
		{"acknowledged before it is committed", Lost, "life1", 200, func(h *history, i int, e *event) {
			last := slices.IndexFunc(h.events[i+1:], func(e event) bool { return e.kind == isAck }) < 0
			if e.kind == isAck && !last {
				e.step++
			}
		}},
		{"the first file made in its place (etcd issue 16596)", Unopenable, "first", 200, func(_ *history, _ int, e *event) {
			e.name = strings.TrimSuffix(e.name, ".new")
			if e.kind == isRename {
				drop(e)
			}
		}},
		{"the first file renamed before it is synced", Unopenable, "first", 200, func(h *history, i int, e *event) {
			renamed := slices.IndexFunc(h.events, func(e event) bool { return e.kind == isRename })
			if e.kind == isSync && i < renamed {
				drop(e)
			}
		}},
		{"the directory not synced", Lost, "first", 200, func(_ *history, _ int, e *event) {
			if e.kind == isSyncDir {
				drop(e)
			}
		}},
		{"a copy renamed before it is synced", Unopenable, "copies", 60, func(h *history, i int, e *event) {
			if e.kind == isSync && h.becomes(e.file, ledgerName+".copy-*Z") {
				drop(e)
			}
		}},
		{"a restored ledger renamed before it is synced", Unopenable, "again", 60, func(h *history, i int, e *event) {
			if e.kind == isSync && h.becomes(e.file, ledgerName) {
				drop(e)
			}
		}},
		{"a tape that is never synced", Lost, "emptied", 60, func(h *history, i int, e *event) {
			if e.kind == isSync && h.becomes(e.file, ledgerName+".tape-*") {
				drop(e)
			}
		}},
		{"the names of copies and tapes not synced", Lost, "emptied", 100, func(_ *history, _ int, e *event) {
			if e.kind == isSyncDir {
				drop(e)
			}
		}},
		{"an archive not synced before the ledger forgets its orders", Lost, "archive", 30, func(h *history, i int, e *event) {
			ledger := h.names[ledgerName]
			if e.kind == isSync && e.file != ledger {
				drop(e)
			}
		}},
	}
}

// becomes reports whether a file gets a name like this.
func (h *history) becomes(file int, pattern string) bool {
	return slices.ContainsFunc(h.events, func(e event) bool {
		name := e.name
		if e.kind == isRename {
			name = e.to
		}
		like, _ := filepath.Match(pattern, name)
		return like && e.file == file && e.ofDirectory()
	})
}

// head reports whether event i writes one of bbolt's two heads.
func (h *history) head(i int) bool {
	e := h.events[max(0, i)]
	return e.kind == isWrite && e.at < 2*4096 && len(e.data) == 4096
}

// Apply returns the scene in which it shows, as the broken store would have
// made it.
func (m Mutant) Apply(scenes []*Scene) *Scene {
	i := slices.IndexFunc(scenes, func(s *Scene) bool { return s.Name == m.Scene })
	s, h := *scenes[i], *scenes[i].history
	h.events = slices.Clone(h.events)
	for i := range h.events {
		m.alter(s.history, i, &h.events[i])
	}
	s.history = &h
	return &s
}
