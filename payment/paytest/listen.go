package paytest

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// DomainState is how one of the provider's domains behaves towards new and
// open connections.
type DomainState string

const (
	DomainUp     DomainState = "up"
	DomainReset  DomainState = "reset"  // every connection is reset at once
	DomainSilent DomainState = "silent" // connections come about, but nothing answers
)

// FailDomain breaks or mends the domain with the given index in URLs, for new
// connections and for those that are open.
func (s *Server) FailDomain(index int, state DomainState) error {
	s.mu.Lock()
	domains := s.domains
	s.mu.Unlock()
	if index < 0 || index >= len(domains) {
		return fmt.Errorf("domain %d does not exist: there are %d", index, len(domains))
	}
	switch state {
	case DomainUp, DomainReset, DomainSilent:
		domains[index].turn(state)
		return nil
	}
	return fmt.Errorf("domain state %q is none of up, reset, silent", state)
}

// domain is a listener whose connections can be cut.
type domain struct {
	net.Listener
	tls    *tls.Config // nil for plain http
	server *http.Server
	ended  chan struct{}

	mu       sync.Mutex
	state    DomainState
	open     map[*conn]bool
	accepted int
}

func listen(addr string) (*domain, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("listen on %s: the simulator listens on loopback addresses only, such as 127.0.0.1:0", addr)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return &domain{Listener: l, state: DomainUp, open: map[*conn]bool{}, ended: make(chan struct{})}, nil
}

func (d *domain) url() string {
	if d.tls != nil {
		return "https://" + d.Addr().String()
	}
	return "http://" + d.Addr().String()
}

func (d *domain) serve(h http.Handler) {
	// Who does not trust the authority, or is not trusted, needs no log.
	d.server = &http.Server{Handler: h, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	go func() {
		defer close(d.ended)
		var l net.Listener = d
		if d.tls != nil {
			l = tls.NewListener(d, d.tls)
		}
		_ = d.server.Serve(l) // returns http.ErrServerClosed after close
	}()
}

func (d *domain) close() {
	_ = d.server.Close()
	d.turn(DomainReset) // what a silent domain holds
	<-d.ended
}

// Accept hands out connections while the domain is up; others are reset or
// held without a word.
func (d *domain) Accept() (net.Conn, error) {
	for {
		raw, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &conn{Conn: raw, domain: d}
		d.mu.Lock()
		d.accepted++
		state := d.state
		if state != DomainReset {
			d.open[c] = true
		}
		d.mu.Unlock()
		switch state {
		case DomainUp:
			return c, nil
		case DomainReset:
			reset(raw)
		}
	}
}

func (d *domain) turn(state DomainState) {
	d.mu.Lock()
	if d.state == state {
		d.mu.Unlock()
		return
	}
	d.state = state
	cut := make([]*conn, 0, len(d.open))
	for c := range d.open {
		cut = append(cut, c)
	}
	clear(d.open)
	d.mu.Unlock()
	for _, c := range cut {
		reset(c.Conn)
	}
}

func (d *domain) snapshot() Domain {
	d.mu.Lock()
	defer d.mu.Unlock()
	return Domain{URL: d.url(), State: d.state, Connections: d.accepted}
}

// conn tells its domain when it is closed.
type conn struct {
	net.Conn
	domain *domain
}

func (c *conn) Close() error {
	c.domain.mu.Lock()
	delete(c.domain.open, c)
	c.domain.mu.Unlock()
	return c.Conn.Close()
}

// reset closes a connection so that the other side sees a reset, not an end.
func reset(c net.Conn) {
	if secured, ok := c.(*tls.Conn); ok {
		c = secured.NetConn()
	}
	if inner, ok := c.(*conn); ok {
		defer inner.Close()
		c = inner.Conn
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}
