package devicetest

import (
	"bytes"
	"path/filepath"
	"sync"
	"testing"
)

// Replier is a port with a script behind it instead of a board.
type Replier struct {
	Port string

	mu    sync.Mutex
	cable *Cable
	heard []byte
}

// NewReplier makes one. reply gives what answers a piece of what is written,
// nothing if it is empty; it is called by one goroutine at a time.
func NewReplier(t testing.TB, reply func(b []byte) []byte) *Replier {
	t.Helper()
	r := &Replier{Port: filepath.Join(t.TempDir(), "port")}
	r.mu.Lock() // nothing is answered before there is a cable
	defer r.mu.Unlock()
	var err error
	r.cable, err = NewCable(r.Port, func(b []byte) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if b == nil {
			return
		}
		r.heard = append(r.heard, b...)
		if answer := reply(b); len(answer) > 0 {
			r.cable.Send(answer)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.cable.Close)
	return r
}

// Send says something by itself.
func (r *Replier) Send(b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cable.Send(b)
}

// Heard is what was written.
func (r *Replier) Heard() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Clone(r.heard)
}

// HeardOnly fails the test if anything but the question was written, or
// nothing.
func (r *Replier) HeardOnly(t testing.TB, question []byte) {
	t.Helper()
	heard := r.Heard()
	if n := bytes.Count(heard, question); n == 0 || n*len(question) != len(heard) {
		t.Errorf("the board heard % X, want % X alone", heard, question)
	}
}
