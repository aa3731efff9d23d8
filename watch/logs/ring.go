package logs

import (
	"io"
	"strings"
	"sync"
)

const (
	// RingHolds is how many lines a [Ring] keeps.
	RingHolds = 500
	lineMost  = 2 << 10 // bytes; a longer line is cut
)

// Ring keeps the newest lines. Its methods may be called by any goroutine.
type Ring struct {
	mu    sync.Mutex
	lines [RingHolds]string
	n     int // written so far
}

var _ io.Writer = (*Ring)(nil)

// Write takes one line, as a [slog.TextHandler] writes it.
func (r *Ring) Write(p []byte) (int, error) {
	line := strings.TrimSuffix(string(p[:min(len(p), lineMost)]), "\n")
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines[r.n%RingHolds] = strings.ToValidUTF8(line, "?")
	r.n++
	return len(p), nil
}

// Lines returns at most n of the newest lines, newest last.
func (r *Ring) Lines(n int) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	n = max(0, min(n, r.n, RingHolds))
	lines := make([]string, n)
	for i := range lines {
		lines[i] = r.lines[(r.n-n+i)%RingHolds]
	}
	return lines
}
