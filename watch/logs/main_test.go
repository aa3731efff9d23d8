package logs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
)

// guarded is a buffer that may be written by any goroutine.
type guarded struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (g *guarded) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.b.Write(p)
}

func (g *guarded) Reset() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.b.Reset()
}

func (g *guarded) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.b.String()
}

func fields(dev, inode uint64) string { return fmt.Sprintf("%d:%d", dev, inode) }

func decoded(t *testing.T, line []byte) (m map[string]any) {
	t.Helper()
	if err := json.Unmarshal(line, &m); err != nil {
		t.Fatal(err)
	}
	return m
}
