package logs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"kioskd/sale"
)

const (
	// mostAlike lines may be written within alikeWithin; what follows is counted.
	mostAlike   = 10
	alikeWithin = time.Minute
	// While it goes on the count is written ever more rarely.
	countMost = 15 * time.Minute
	// mostKinds bounds the memory; kinds beyond it share one count for each level.
	mostKinds = 256
)

// Limit is a handler that hands on the first lines of a kind, and of those that
// follow within a minute the number only, as one line with "repeated". Lines are
// of a kind if level, message and the attributes that name a thing are the same:
// order, slot, call, code, kind, to, and the code of a fault. The steps of
// orders are always handed on.
type Limit struct {
	next   slog.Handler
	prefix string // kind of the attributes of WithAttrs
	shared *shared
}

// shared belongs to a Limit and to all that were derived from it.
type shared struct {
	mu      sync.Mutex
	kinds   map[string]*kind
	written map[slog.Level]int
	held    map[slog.Level]int
}

type kind struct {
	begun, last time.Time
	n           int
	storm       bool
	held        int           // since the count was written
	window      time.Duration // of the storm
	timer       *time.Timer
	newest      slog.Record
	next        slog.Handler
}

var _ slog.Handler = (*Limit)(nil)

// NewLimit is in front of a handler.
func NewLimit(next slog.Handler) *Limit {
	return &Limit{next: next, shared: &shared{kinds: map[string]*kind{}, written: map[slog.Level]int{}, held: map[slog.Level]int{}}}
}

// Enabled is part of [slog.Handler].
func (l *Limit) Enabled(ctx context.Context, level slog.Level) bool {
	return l.next.Enabled(ctx, level)
}

// WithAttrs is part of [slog.Handler].
func (l *Limit) WithAttrs(attrs []slog.Attr) slog.Handler {
	prefix := l.prefix
	for _, a := range attrs {
		prefix += naming(a)
	}
	return &Limit{l.next.WithAttrs(attrs), prefix, l.shared}
}

// WithGroup is part of [slog.Handler].
func (l *Limit) WithGroup(name string) slog.Handler {
	return &Limit{l.next.WithGroup(name), l.prefix, l.shared}
}

// Handle is part of [slog.Handler].
func (l *Limit) Handle(ctx context.Context, r slog.Record) error {
	pass, counted := l.shared.admit(l, r)
	err := counted.write(ctx)
	if pass {
		err = errors.Join(err, l.next.Handle(ctx, r))
	}
	return err
}

// stepMessage is what the core calls a step of an order.
const stepMessage = "order"

// admit decides about a line. counted is a line that must be written before.
func (s *shared) admit(l *Limit, r slog.Record) (pass bool, counted count) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Level == slog.LevelInfo && r.Message == stepMessage {
		s.written[r.Level]++
		return true, count{}
	}
	now := time.Now()
	name := l.prefix + r.Level.String() + "\x00" + r.Message
	r.Attrs(func(a slog.Attr) bool { name += naming(a); return true })
	k := s.kind(name, r.Level, now)
	if k.storm && now.Sub(k.last) > alikeWithin {
		counted = s.take(k)
		k.timer.Stop()
		k.storm, k.n, k.begun = false, 0, now
	}
	k.last = now
	if !k.storm && now.Sub(k.begun) >= alikeWithin {
		k.n, k.begun = 0, now
	}
	if k.n++; k.n <= mostAlike {
		s.written[r.Level]++
		return true, counted
	}
	s.held[r.Level]++
	k.held++
	k.newest, k.next = r.Clone(), l.next
	if !k.storm {
		k.storm, k.window = true, alikeWithin
		k.timer = time.AfterFunc(k.window, func() { s.due(name, k) })
	}
	return false, counted
}

// kind finds the kind of a line. It needs the mutex.
func (s *shared) kind(name string, level slog.Level, now time.Time) *kind {
	if k, ok := s.kinds[name]; ok {
		return k
	}
	if len(s.kinds) >= mostKinds {
		for other, k := range s.kinds {
			if !k.storm && now.Sub(k.last) > alikeWithin {
				delete(s.kinds, other)
			}
		}
	}
	if len(s.kinds) >= mostKinds {
		name = level.String()
		if k, ok := s.kinds[name]; ok {
			return k
		}
	}
	k := &kind{begun: now, last: now}
	s.kinds[name] = k
	return k
}

// due is the end of a window.
func (s *shared) due(name string, k *kind) {
	s.mu.Lock()
	if !k.storm {
		s.mu.Unlock()
		return
	}
	counted := s.take(k)
	if counted.n == 0 {
		k.storm = false
		delete(s.kinds, name)
	} else {
		k.window = min(2*k.window, countMost)
		k.timer.Reset(k.window)
	}
	s.mu.Unlock()
	_ = counted.write(context.Background())
}

// take is the count of a kind, which begins anew. It needs the mutex.
func (s *shared) take(k *kind) count {
	c := count{k.held, k.window, k.newest, k.next}
	if k.held > 0 {
		s.written[k.newest.Level]++
	}
	k.held, k.newest, k.next = 0, slog.Record{}, nil
	return c
}

// Flush writes all counts. No timer runs afterwards, until the next line.
func (l *Limit) Flush() {
	l.shared.mu.Lock()
	var counts []count
	for name, k := range l.shared.kinds {
		if k.storm {
			k.timer.Stop()
			counts = append(counts, l.shared.take(k))
			delete(l.shared.kinds, name)
		}
	}
	l.shared.mu.Unlock()
	for _, c := range counts {
		_ = c.write(context.Background())
	}
}

// Lines counts the lines of each level that were handed on, and those that
// were counted only.
func (l *Limit) Lines() (written, repeated map[slog.Level]int) {
	l.shared.mu.Lock()
	defer l.shared.mu.Unlock()
	written, repeated = map[slog.Level]int{}, map[slog.Level]int{}
	for level, n := range l.shared.written {
		written[level] = n
	}
	for level, n := range l.shared.held {
		repeated[level] = n
	}
	return written, repeated
}

// count stands for lines that were not written.
type count struct {
	n      int
	window time.Duration
	newest slog.Record
	next   slog.Handler
}

func (c count) write(ctx context.Context) error {
	if c.n == 0 {
		return nil
	}
	r := c.newest.Clone()
	r.Time = time.Now()
	r.AddAttrs(slog.Int("repeated", c.n), slog.Duration("within", c.window))
	return c.next.Handle(ctx, r)
}

// naming is the attribute's part in the name of a kind.
func naming(a slog.Attr) string {
	switch a.Key {
	case "order", "slot", "call", "code", "kind", "to":
		return "\x00" + a.Key + "=" + a.Value.String()
	case "error":
		if err, ok := a.Value.Any().(error); ok {
			return "\x00" + codeOf(err)
		}
	}
	return ""
}

// codeOf is the code of the fault in an error, if there is one.
func codeOf(err error) string {
	if f, ok := errors.AsType[*sale.Fault](err); ok {
		return string(f.Code)
	}
	return ""
}
