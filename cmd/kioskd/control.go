package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"kioskd/sale"
	"kioskd/store"
)

// control answers the technician's commands on a unix socket, as JSON over
// HTTP. Whoever may open the socket may see every order, and test a slot.
type control struct {
	by      sale.Actor // who calls
	store   *store.Store
	machine *sale.Machine
	face    *face
	board   sale.Dispenser
	bills   *bills // nil if the payment driver has none
	config  *reloader
	path    string // of the ledger
	digest  *digest
	log     *slog.Logger
	watch   *watcher
}

// serve listens until ctx ends. An error means that there is no socket; the
// machine sells all the same.
func (c control) serve(ctx context.Context, socket string) error {
	l, err := listenUnix(socket)
	if err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	s := &http.Server{Handler: c.handler(), ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(c.log.Handler(), slog.LevelDebug)}
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

func (c control) handler() http.Handler {
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
	mux.HandleFunc("GET /v1/screen.png", c.screen)
	mux.HandleFunc("GET /v1/backup", c.backup)
	mux.HandleFunc("GET /v1/shelves", c.shelves)
	mux.HandleFunc("POST /v1/shelves/{slot}", c.shelve)
	mux.HandleFunc("POST /v1/refunds", c.refund)
	mux.HandleFunc("GET /v1/slots", c.slots)
	mux.HandleFunc("POST /v1/test", c.test)
	mux.HandleFunc("POST "+reconcilePath, c.reconcile)
	mux.HandleFunc("GET "+reconcilePath, c.reconciled)
	mux.HandleFunc("GET /v1/log", c.watch.answerLog)
	mux.Handle("GET /v1/metrics", c.watch.metrics.Handler(c.watch.log))
	return mux
}

// through is the same for whoever comes through another door.
func (c control) through(by sale.Actor) control {
	c.by = by
	return c
}

// note keeps what was done through this door. It has been done: what goes wrong
// here is only logged.
func (c control) note(ctx context.Context, a sale.Action) {
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

func (c control) slots(w http.ResponseWriter, r *http.Request) {
	known, err := c.machine.Slots(r.Context())
	if err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	t, err := slotsOf(r.Context(), c.board, known)
	if err != nil {
		refuse(w, http.StatusServiceUnavailable, err)
		return
	}
	reply(w, t)
}

// test turns a motor. Who goes away meanwhile does not stop it.
func (c control) test(w http.ResponseWriter, r *http.Request) {
	var t testRequest
	if err := t.decode(r.Body); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	o, err := c.machine.Test(r.Context(), t.Slot, c.by)
	if err != nil {
		refuse(w, http.StatusConflict, err)
		return
	}
	reply(w, o)
}

func (c control) orders(w http.ResponseWriter, r *http.Request) {
	q, err := parseQuery(r.URL.Query())
	var f store.Filter
	if err == nil {
		f, err = q.filter(time.Now())
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	list, err := c.store.Orders(f)
	if err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	if list == nil {
		list = []sale.Order{} // in JSON a list, not null
	}
	reply(w, list)
}

func (c control) order(w http.ResponseWriter, r *http.Request) {
	s, err := storyOf(&c.store.Reader, r.PathValue("number"))
	switch {
	case errors.Is(err, store.ErrNoOrder):
		refuse(w, http.StatusNotFound, err)
	case err != nil:
		refuse(w, http.StatusInternalServerError, err)
	default:
		reply(w, s)
	}
}

func (c control) screen(w http.ResponseWriter, _ *http.Request) {
	img := c.face.snapshot()
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
func (c control) backup(w http.ResponseWriter, _ *http.Request) {
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

// notThere is the daemon's word for [store.ErrNoOrder].
type notThere string

func (n notThere) Error() string { return string(n) }

func (notThere) Is(target error) bool { return target == store.ErrNoOrder }

// client asks a running daemon.
type client struct{ http http.Client }

// errNoDaemon: nobody answers on the socket.
var errNoDaemon = errors.New("no daemon answers")

func dial(socket string) client {
	return client{http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			conn, err := d.DialContext(ctx, "unix", socket)
			return conn, notReached(socket, err)
		},
	}}}
}

// notReached says what it means that a socket cannot be dialled, nil for nil.
func notReached(socket string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w on %s: %w", errNoDaemon, socket, err)
	case errors.Is(err, fs.ErrPermission):
		return denied(socket)
	}
	return err
}

// denied is a socket that this user may not use.
type denied string

func (d denied) Error() string {
	return fmt.Sprintf("this user may not use %s: put sudo before the command", string(d))
}

func (denied) Is(target error) bool { return target == fs.ErrPermission }

func (c client) get(ctx context.Context, path string, query url.Values, into any) error {
	answer, err := c.ask(ctx, path, query)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return json.NewDecoder(answer.Body).Decode(into)
}

func (c client) post(ctx context.Context, path string, body, into any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://kioskd"+path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	answer, err := c.do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return json.NewDecoder(answer.Body).Decode(into)
}

// download writes an answer as it is.
func (c client) download(ctx context.Context, path string, query url.Values, to io.Writer) error {
	c.http.Timeout = backupWithin
	answer, err := c.ask(ctx, path, query)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(to, answer.Body)
	return err
}

// ask returns a good answer, whose body must be closed.
func (c client) ask(ctx context.Context, path string, query url.Values) (*http.Response, error) {
	u := url.URL{Scheme: "http", Host: "kioskd", Path: path, RawQuery: query.Encode()}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	return c.do(r)
}

func (c client) do(r *http.Request) (*http.Response, error) {
	answer, err := c.http.Do(r)
	var failed *url.Error // names an address that nobody has typed
	switch {
	case errors.As(err, &failed) && failed.Timeout():
		return nil, fmt.Errorf("the daemon does not answer in time: %w", failed.Err)
	case errors.As(err, &failed):
		return nil, failed.Err
	case err != nil || answer.StatusCode == http.StatusOK:
		return answer, err
	}
	defer answer.Body.Close()
	var said struct{ Error string }
	switch err := json.NewDecoder(answer.Body).Decode(&said); {
	case err != nil || said.Error == "":
		return nil, fmt.Errorf("the daemon answered %s", answer.Status)
	case answer.StatusCode == http.StatusNotFound:
		return nil, notThere(said.Error)
	}
	return nil, refused{answer.StatusCode, said.Error}
}

// refused is the daemon's word for why it does not do what it was asked.
type refused struct {
	status int
	what   string
}

func (r refused) Error() string { return r.what }
