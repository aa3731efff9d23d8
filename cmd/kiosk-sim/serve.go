package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// loopback refuses an address that others could reach: whoever reaches a
// simulator can play it.
func loopback(flag, addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return wrong("--%s %s: write an address with a port, such as 127.0.0.1:9000", flag, addr)
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return wrong("--%s %s: the simulators are for this machine only: write a loopback address such as 127.0.0.1:9000", flag, addr)
	}
	return nil
}

// inUse says what to do about a port that is taken.
func inUse(flag string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w: choose another port with --%s, or stop the program that has it", err, flag)
	}
	return err
}

// page is the server of the page and the control API.
type page struct {
	listener net.Listener
	server   *http.Server
}

func openPage(addr string) (*page, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, inUse("page", fmt.Errorf("open the page: %w", err))
	}
	return &page{listener: l}, nil
}

func (p *page) url() string { return "http://" + p.listener.Addr().String() + "/" }

// serve answers until ctx ends.
func (p *page) serve(ctx context.Context, h http.Handler) error {
	p.server = &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = p.server.Close() })
	defer stop()
	if err := p.server.Serve(p.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the page: %w", err)
	}
	return nil
}

func (p *page) close() { _ = p.listener.Close() }

// lines prints what somebody needs to go on, one thing a line.
func lines(w io.Writer, rows ...[2]string) error {
	for _, r := range rows {
		if _, err := fmt.Fprintf(w, "%-10s%s\n", r[0], r[1]); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	return nil
}

// logger writes to w if it was asked for.
func logger(w io.Writer, verbose bool) *slog.Logger {
	if !verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
