package panel_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"kioskd/panel"
)

// said is a log that two goroutines may use.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// A panel whose address is taken says so once, and listens as soon as it can.
func TestAddressTaken(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var log said
	d := newDesk(t)
	d.renew(t, panel.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	ctx, stop := context.WithCancel(t.Context())
	ended, bound := make(chan struct{}), make(chan net.Addr, 1)
	go func() {
		d.panel.Serve(ctx, taken.Addr().String(), func(a net.Addr) { bound <- a })
		close(ended)
	}()
	for end := time.Now().Add(10 * time.Second); log.String() == "" && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
	}
	_ = taken.Close()
	select {
	case at := <-bound:
		r, err := http.Get("http://" + at.String() + "/")
		if err != nil || r.StatusCode != 200 {
			t.Fatalf("%v %v", r, err)
		}
		_ = r.Body.Close()
	case <-time.After(20 * time.Second):
		t.Fatal("it never listened")
	}
	stop()
	<-ended
	if got := log.String(); strings.Count(got, "no panel for now; the machine sells all the same, and it is tried again") != 1 {
		t.Errorf("it said %q", got)
	}
}

// One guest gets sixteen connections and no more, and a connection that ends
// makes room.
func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	bound := make(chan net.Addr, 1)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		d.panel.Serve(ctx, "127.0.0.1:0", func(a net.Addr) { bound <- a })
		close(ended)
	}()
	defer func() {
		stop()
		<-ended
	}()
	at := (<-bound).String()
	// open returns a connection that the panel answers on, nil if it closes it.
	open := func() net.Conn {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		_ = c.SetDeadline(time.Now().Add(5 * time.Second))
		_, _ = io.WriteString(c, "GET /icon.svg HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
		if n, _ := c.Read(make([]byte, 2048)); n == 0 {
			return nil
		}
		return c
	}
	var in []net.Conn
	for range 40 {
		if c := open(); c != nil {
			in = append(in, c)
		}
	}
	if len(in) != 16 {
		t.Fatalf("%d of 40 connections were answered", len(in))
	}
	_ = in[0].Close()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if open() != nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("no room after a connection has ended")
		}
	}
}
