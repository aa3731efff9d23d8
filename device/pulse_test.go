package device_test

import (
	"testing"
	"testing/synctest"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// holding is a line whose calls return when they are let go.
type holding struct {
	*dead
	read, write, reopen chan struct{}
}

func (h holding) Read(_ []byte, wait time.Duration) (int, error) {
	select {
	case <-h.read:
	case <-time.After(wait):
	}
	return 0, nil
}

func (h holding) Write(p []byte) (int, error) { <-h.write; return len(p), nil }
func (h holding) Reopen(*sale.Fault)          { <-h.reopen }

// TestBeat: silence is no hang. A call that does not return, and a goroutine
// that does not come back to reading, are.
func TestBeat(t *testing.T) {
	tests := []struct {
		name  string
		hang  func(l *device.Life, stuck chan struct{})
		stuck func(h *holding, stuck chan struct{})
	}{
		{"write", func(l *device.Life, _ chan struct{}) { l.Line.Write([]byte{1}) }, func(h *holding, c chan struct{}) { h.write = c }},
		{"close", func(l *device.Life, _ chan struct{}) { l.Reopen() }, func(h *holding, c chan struct{}) { h.reopen = c }},
		{"reader", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := holding{dead: &dead{closed: make(chan struct{})}}
				stuck := make(chan struct{})
				if tt.stuck != nil {
					tt.stuck(&h, stuck)
				}
				l := device.NewLife(h, testBoard, nil)
				if !l.Beat().IsZero() {
					t.Error("a beat before anything was read")
				}
				hang := make(chan struct{})
				l.Go(func() {
					l.Listen(50*time.Millisecond, func([]byte) {
						select {
						case <-hang:
							<-stuck
						default:
						}
					})
				})
				time.Sleep(time.Minute)
				if age := time.Since(l.Beat()); age > time.Second {
					t.Errorf("a silent line has not beaten for %v", age)
				}
				if tt.hang != nil {
					l.Go(func() { tt.hang(l, stuck) })
				} else {
					close(hang)
				}
				time.Sleep(time.Minute)
				if age := time.Since(l.Beat()); age < 59*time.Second {
					t.Errorf("beats after %v of a hang", age)
				}
				close(stuck)
				time.Sleep(time.Second)
				if age := time.Since(l.Beat()); tt.hang != nil && age > time.Second {
					t.Errorf("has not beaten for %v after the hang", age)
				}
				l.Close()
			})
		})
	}
}
