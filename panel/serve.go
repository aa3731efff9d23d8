package panel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	mostConnections = 48
	mostFromOne     = 16 // connections of one address: one guest cannot take all
	bindAgain       = 2 * time.Second
)

// Serve listens at address until ctx ends. While it cannot listen there, it
// says so once and tries again: the network may come up later than the machine.
// bound, if not nil, is called with the address when it listens.
func (p *Panel) Serve(ctx context.Context, address string, bound func(net.Addr)) {
	said := ""
	for ctx.Err() == nil {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
		if err == nil {
			said = ""
			if bound != nil {
				bound(l.Addr())
			}
			err = p.serve(ctx, l)
		}
		if err != nil && ctx.Err() == nil && err.Error() != said {
			said = err.Error()
			p.o.Log.Error("no panel for now; the machine sells all the same, and it is tried again", "address", address, "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(bindAgain):
		}
	}
}

// lastWords is how long the answers that are under way may take at the end.
const lastWords = 2 * time.Second

// serve answers on a listener until ctx ends, then closes it.
func (p *Panel) serve(ctx context.Context, l net.Listener) error {
	s := &http.Server{
		Handler: p, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 60 * time.Second,
		MaxHeaderBytes: 8 << 10, ErrorLog: slog.NewLogLogger(p.o.Log.Handler(), slog.LevelDebug),
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		last, done := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
		defer done()
		if s.Shutdown(last) != nil {
			_ = s.Close()
		}
	})
	defer func() {
		if !stop() {
			<-ended
		}
	}()
	if err := s.Serve(&bounded{Listener: l, from: map[string]int{}}); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the panel: %w", err)
	}
	return nil
}

// bounded closes the connections that are too many as they come. They do not
// wait in a queue: who came first by mistake would be waited for.
type bounded struct {
	net.Listener
	mu   sync.Mutex
	all  int
	from map[string]int
}

func (b *bounded) Accept() (net.Conn, error) {
	for {
		c, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		host, _, _ := net.SplitHostPort(c.RemoteAddr().String())
		if b.enter(host) {
			return &guest{Conn: c, leave: sync.OnceFunc(func() { b.left(host) })}, nil
		}
		_ = c.Close()
	}
}

func (b *bounded) enter(host string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all >= mostConnections || b.from[host] >= mostFromOne {
		return false
	}
	b.all++
	b.from[host]++
	return true
}

func (b *bounded) left(host string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all--
	if b.from[host]--; b.from[host] == 0 {
		delete(b.from, host)
	}
}

// guest is a connection that is counted.
type guest struct {
	net.Conn
	leave func()
}

func (g *guest) Close() error {
	g.leave()
	return g.Conn.Close()
}
