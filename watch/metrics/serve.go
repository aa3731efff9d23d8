package metrics

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Handler answers GET with all figures, to two callers at a time.
func (m *Metrics) Handler(log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn), ErrorHandling: promhttp.ContinueOnError,
		MaxRequestsInFlight: 2, Timeout: 5 * time.Second,
	})
}

// listenAgain is the pause behind a failure to listen: the address may belong
// to a network that comes up later.
const listenAgain = 30 * time.Second

// Serve answers GET /metrics at host:port until ctx ends. It never fails: what
// keeps it from listening is logged, and tried again.
func (m *Metrics) Serve(ctx context.Context, address string, log *slog.Logger) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.Handler(log))
	s := &http.Server{
		Handler: mux, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10,
	}
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	for {
		l, err := net.Listen("tcp", address)
		if err == nil {
			log.Info("metrics", "address", l.Addr().String())
			err = s.Serve(l)
		}
		if errors.Is(err, http.ErrServerClosed) || ctx.Err() != nil {
			return
		}
		log.Warn("metrics cannot be served; it is tried again", "address", address, "error", err)
		select {
		case <-time.After(listenAgain):
		case <-ctx.Done():
			return
		}
	}
}
