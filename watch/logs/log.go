package logs

import (
	"io"
	"log/slog"
	"os"
)

// Target is where a log goes.
type Target string

// The targets.
const (
	Auto      Target = "auto" // the journal where systemd has started the daemon, else stderr
	ToJournal Target = "journal"
	Stderr    Target = "stderr"
)

// Options says where a log goes.
type Options struct {
	Target Target
	Level  slog.Leveler
	Errs   io.Writer
	Stream string // JOURNAL_STREAM of the environment
	Socket string // empty: JournalSocket
}

// Log is a daemon's log with what belongs to it. Close it.
type Log struct {
	*slog.Logger
	Ring    *Ring
	Limit   *Limit
	journal *Journal // nil: stderr
}

// Open begins a log.
func Open(o Options) *Log {
	l := &Log{Ring: &Ring{}}
	text := &slog.HandlerOptions{Level: o.Level}
	var out slog.Handler = slog.NewTextHandler(o.Errs, text)
	if o.journal() {
		if o.Socket == "" {
			o.Socket = JournalSocket
		}
		l.journal = NewJournal(JournalOptions{Socket: o.Socket, Level: o.Level, Fallback: o.Errs})
		out = l.journal
	}
	l.Limit = NewLimit(slog.NewMultiHandler(slog.NewTextHandler(l.Ring, text), out))
	l.Logger = slog.New(l.Limit)
	return l
}

func (o Options) journal() bool {
	if o.Target != Auto {
		return o.Target == ToJournal
	}
	f, ok := o.Errs.(*os.File)
	return ok && IsJournal(f, o.Stream)
}

// Dropped counts the lines that nobody took.
func (l *Log) Dropped() int {
	if l.journal == nil {
		return 0
	}
	return l.journal.Dropped()
}

// Close writes what waits.
func (l *Log) Close() {
	l.Limit.Flush()
	if l.journal != nil {
		l.journal.Close()
	}
}
