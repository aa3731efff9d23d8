package logs

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// JournalSocket is where systemd's journal listens.
	JournalSocket = "/run/systemd/journal/socket"

	journalHolds  = 512 // entries that wait
	journalWithin = 2 * time.Second
	journalAgain  = 10 * time.Second // the pause behind a failure
)

// JournalOptions says where entries go.
type JournalOptions struct {
	Socket   string // JournalSocket, but for tests
	Level    slog.Leveler
	Fallback io.Writer // for text, where the journal does not listen
}

// Journal is a handler that writes to systemd's journal. It never waits for it:
// entries queue, and where the queue is full they are dropped and counted.
type Journal struct {
	o     JournalOptions
	attrs []attr // of WithAttrs
	group string // ends with a dot, or is empty
	queue *queue
}

var _ slog.Handler = (*Journal)(nil)

// NewJournal begins to write. Close it.
func NewJournal(o JournalOptions) *Journal {
	q := &queue{entries: make(chan entry, journalHolds), ended: make(chan struct{})}
	go q.run(&journalWriter{socket: o.Socket}, o.Fallback)
	return &Journal{o: o, queue: q}
}

// Enabled is part of [slog.Handler].
func (j *Journal) Enabled(_ context.Context, l slog.Level) bool { return l >= j.o.Level.Level() }

// WithAttrs is part of [slog.Handler].
func (j *Journal) WithAttrs(attrs []slog.Attr) slog.Handler {
	derived := *j
	derived.attrs = slices.Clone(j.attrs)
	for _, a := range attrs {
		derived.attrs = flatten(derived.attrs, j.group, a)
	}
	return &derived
}

// WithGroup is part of [slog.Handler].
func (j *Journal) WithGroup(name string) slog.Handler {
	derived := *j
	if name != "" {
		derived.group += name + "."
	}
	return &derived
}

// Handle is part of [slog.Handler].
func (j *Journal) Handle(_ context.Context, r slog.Record) error {
	attrs := slices.Clone(j.attrs)
	r.Attrs(func(a slog.Attr) bool {
		attrs = flatten(attrs, j.group, a)
		return true
	})
	j.queue.put(newEntry(r, attrs))
	return nil
}

// Dropped counts the entries that found the queue full.
func (j *Journal) Dropped() int { return int(j.queue.dropped.Load()) }

// Close writes what waits, for a few seconds at most. What is logged later is
// dropped.
func (j *Journal) Close() {
	j.queue.close()
	select {
	case <-j.queue.ended:
	case <-time.After(2 * journalWithin):
	}
}

// queue is between those who log and the one who writes.
type queue struct {
	mu      sync.RWMutex
	closed  bool
	entries chan entry
	ended   chan struct{}
	dropped atomic.Int64
	told    int64 // of the dropped ones
}

func (q *queue) put(e entry) {
	q.mu.RLock()
	defer q.mu.RUnlock()
	if !q.closed {
		select {
		case q.entries <- e:
			return
		default:
		}
	}
	q.dropped.Add(1)
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed = true
		close(q.entries)
	}
}

// run writes until the queue is closed and empty. A journal that is gone, or
// does not read, is left alone for a while.
func (q *queue) run(w *journalWriter, fallback io.Writer) {
	defer close(q.ended)
	defer w.close()
	var rest time.Time
	write := func(e entry) {
		if time.Now().After(rest) {
			if w.write(e.fields) == nil {
				return
			}
			rest = time.Now().Add(journalAgain)
		}
		_, _ = io.WriteString(fallback, e.text)
	}
	for e := range q.entries {
		write(e)
		if n := q.dropped.Load(); n > q.told {
			r := slog.NewRecord(time.Now(), slog.LevelWarn, "lines of the log were dropped, for nobody took them", 0)
			write(newEntry(r, []attr{{"dropped", strconv.FormatInt(n-q.told, 10)}}))
			q.told = n
		}
	}
}
