// Package control is the machine's control API: JSON over HTTP on a unix socket,
// for the technician's commands, and through [Server.Through] for the panel.
//
// It has three parts: the types that go over the wire, which both sides share;
// [Server] with a handler for each call; and [Client], which asks a running
// daemon. What a call reads of a ledger is a function beside its handler, so that
// a command gives the same answer where no daemon runs.
//
// The package knows no command line, no terminal and no table: how an answer is
// printed is the business of whoever asked.
package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"kioskd/configs"
	"kioskd/export"
	"kioskd/reconcile"
	"kioskd/sale"
	"kioskd/store"
)

// Server answers the technician's commands on a unix socket, as JSON over
// HTTP. Whoever may open the socket may see every order, and test a slot.
type Server struct {
	by      sale.Actor // who calls
	version string
	store   *store.Store
	machine *sale.Machine
	board   sale.Dispenser
	bills   Bills
	config  Config
	drivers configs.Drivers
	path    string
	screen  func() image.Image
	sheet   export.Writer
	lines   func(n int) []string
	metrics http.Handler
	digest  *digest
	log     *slog.Logger
}

// Options are the parts of a machine that the control answers for.
type Options struct {
	Version string // of kioskd
	Ledger  *store.Store
	Path    string // of the ledger
	Machine *sale.Machine
	Board   sale.Dispenser
	Bills   Bills // nil if the payment driver has none
	Config  Config
	Drivers configs.Drivers // whose settings a config may have
	// Screen is what the customer sees now, nil if there is no picture.
	Screen func() image.Image
	Sheet  export.Writer // of XLSX
	// Lines are the newest n lines of the log, the newest last; may be nil.
	Lines   func(n int) []string
	Metrics http.Handler
	Log     *slog.Logger
}

// Config is the config that is in use. Its methods may be called from any
// goroutine.
type Config interface {
	// File is where the config was read; empty: it cannot be changed.
	File() string
	InUse() *configs.Config
	// Reload takes on what the file says now. A file with a mistake changes
	// nothing: the error is a *configs.Problems. Without a file it is
	// ErrNoFile.
	Reload(ctx context.Context) (Reloaded, error)
}

// Bills compares what the provider and the ledger say.
type Bills interface {
	Run(ctx context.Context, days []reconcile.Day) (reconcile.Report, error)
	// LastReport is what the daemon found when it last did it by itself; the
	// error is reconcile.ErrNoneYet if it never did.
	LastReport() (reconcile.Report, error)
}

// New makes the control for whoever uses the commands.
func New(o Options) Server {
	return Server{
		by: sale.ByCommand, version: o.Version, store: o.Ledger, machine: o.Machine, board: o.Board, bills: o.Bills, config: o.Config, drivers: o.Drivers,
		path: o.Path, screen: o.Screen, sheet: o.Sheet, lines: o.Lines, metrics: o.Metrics, digest: new(digest), log: o.Log,
	}
}

// Serve listens until ctx ends. An error means that there is no socket; the
// machine sells all the same.
func (c Server) Serve(ctx context.Context, socket string) error {
	l, err := listenUnix(socket)
	if err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	s := &http.Server{Handler: c.Handler(), ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(c.log.Handler(), slog.LevelDebug)}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastAnswer)
		defer cancel()
		_ = s.Shutdown(last)
		_ = s.Close()
	})
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		stop()
		return fmt.Errorf("control socket: %w", err)
	}
	<-ended
	return nil
}

// lastAnswer is how long an answer under way may take when the machine has
// ended: it may be the one to what has ended it.
const lastAnswer = time.Second

// Handler answers every call of the API. Who may call is decided before it.
func (c Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", c.status)
	mux.HandleFunc("GET /v1/orders", c.orders)
	mux.HandleFunc("GET /v1/orders/{number}", c.order)
	mux.HandleFunc("GET /v1/journal", c.journal)
	mux.HandleFunc("GET /v1/sales", c.sales)
	mux.HandleFunc("GET /v1/export", c.export)
	mux.HandleFunc("GET /v1/actions", c.actions)
	mux.HandleFunc("POST /v1/resolve", c.resolve)
	mux.HandleFunc("POST /v1/reload", c.reload)
	mux.HandleFunc("POST /v1/prices", c.price)
	mux.HandleFunc("GET /v1/screen.png", c.picture)
	mux.HandleFunc("GET /v1/backup", c.backup)
	mux.HandleFunc("GET /v1/shelves", c.shelves)
	mux.HandleFunc("POST /v1/shelves/{slot}", c.shelve)
	mux.HandleFunc("POST /v1/refunds", c.refund)
	mux.HandleFunc("GET /v1/slots", c.slots)
	mux.HandleFunc("POST /v1/test", c.test)
	mux.HandleFunc("POST "+ReconcilePath, c.reconcile)
	mux.HandleFunc("GET "+ReconcilePath, c.reconciled)
	mux.HandleFunc("GET /v1/log", c.recent)
	mux.Handle("GET /v1/metrics", c.metrics)
	return mux
}

// Through is the same for whoever comes through another door.
func (c Server) Through(by sale.Actor) Server {
	c.by = by
	return c
}

// note keeps what was done through this door. It has been done: what goes wrong
// here is only logged.
func (c Server) note(ctx context.Context, a sale.Action) {
	a.By = c.by
	if err := c.machine.Note(ctx, a); err != nil {
		c.log.Warn("what a person did is not kept", "what", a.What, "error", err)
	}
}

// listenUnix takes over a socket file that nobody answers on any more.
func listenUnix(path string) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	if conn, err := net.DialTimeout("unix", path, time.Second); err == nil {
		_ = conn.Close()
		return nil, fmt.Errorf("%s: another kioskd answers there", path)
	}
	if info, err := os.Lstat(path); err == nil {
		if info.Mode()&os.ModeSocket == 0 {
			return nil, fmt.Errorf("%s is not a socket: correct control.socket in the config", path)
		}
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	return l, os.Chmod(path, 0o660)
}

func (c Server) picture(w http.ResponseWriter, _ *http.Request) {
	img := c.screen()
	if img == nil {
		refuse(w, http.StatusNotFound, errors.New("this machine has no picture of its screen"))
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_ = png.Encode(w, img)
}

// backupWithin bounds a transfer, which holds pages of the ledger.
const backupWithin = 10 * time.Minute

// backup sends a consistent copy of the ledger. Who receives less than all of
// it finds out by examining it.
func (c Server) backup(w http.ResponseWriter, _ *http.Request) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(backupWithin))
	w.Header().Set("Content-Type", "application/octet-stream")
	if err := c.store.Backup(w); err != nil {
		panic(http.ErrAbortHandler) // a whole answer would be a lie
	}
}

// mostAsked bounds the body of a request.
const mostAsked = 16 << 10

// readBody reads the body of a request. If it is not what is wanted, that is the
// answer, and readBody reports false.
func readBody(w http.ResponseWriter, r *http.Request, into any, want string) bool {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostAsked))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		refuse(w, http.StatusBadRequest, fmt.Errorf("%s: %w", want, err))
		return false
	}
	return true
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}
