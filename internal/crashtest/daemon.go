package crashtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"kioskd/sale"
	"kioskd/store"
)

// Daemon is the built kioskd as a process of its own: one at a time, each on
// the config and the ledger of the one before. Its config is kioskd.yaml in
// Dir and names the ledger kioskd.db and the control socket k.sock.
type Daemon struct {
	Binary string // kioskd, built with the tag crashpoints
	Dir    string
	// Store is where the config says that the ledger is, if not kioskd.db in Dir.
	Store string
	Env   []string // beside that of this process

	client http.Client

	mu      sync.Mutex
	log     strings.Builder
	process *exec.Cmd
	done    chan struct{}
}

// NewDaemon starts nothing.
func NewDaemon(dir, binary string) *Daemon {
	d := &Daemon{Binary: binary, Dir: dir}
	d.client = http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", d.Socket())
		},
	}}
	return d
}

func (d *Daemon) config() string { return filepath.Join(d.Dir, "kioskd.yaml") }

// Ledger is the path of the daemon's ledger.
func (d *Daemon) Ledger() string {
	if d.Store != "" {
		return d.Store
	}
	return filepath.Join(d.Dir, "kioskd.db")
}

// Socket is the path of the daemon's control socket.
func (d *Daemon) Socket() string { return filepath.Join(d.Dir, "k.sock") }

// PID is the process id of the newest daemon, 0 before the first.
func (d *Daemon) PID() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.process == nil {
		return 0
	}
	return d.process.Process.Pid
}

// Start starts the daemon; crash is for KIOSKD_CRASH and may be empty.
func (d *Daemon) Start(crash string) error {
	cmd := exec.Command(d.Binary, "run", "--config", d.config())
	cmd.Env = append(append(os.Environ(), d.Env...), "KIOSKD_CRASH="+crash)
	cmd.Stderr = d
	cmd.Stdout = d
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	d.mu.Lock()
	d.process, d.done = cmd, done
	d.mu.Unlock()
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	return nil
}

// Write collects what the daemon logs.
func (d *Daemon) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.Write(b)
}

// Log is everything that all daemons of this machine have logged.
func (d *Daemon) Log() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.String()
}

// Kill sends SIGKILL and waits for the end.
func (d *Daemon) Kill() { d.Signal(syscall.SIGKILL) }

// Signal sends a signal that ends the process, and waits for the end.
func (d *Daemon) Signal(s os.Signal) {
	d.mu.Lock()
	cmd, done := d.process, d.done
	d.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Signal(s)
	<-done
	d.client.CloseIdleConnections()
}

// Dead is closed when the daemon has ended.
func (d *Daemon) Dead() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.done
}

// ErrDied: the daemon ended while it was waited for.
var ErrDied = errors.New("the daemon has ended")

// Until waits for ok while the daemon lives.
func (d *Daemon) Until(within time.Duration, what string, ok func() bool) error {
	limit := time.Now().Add(within)
	dead := d.Dead()
	for !ok() {
		select {
		case <-dead:
			return fmt.Errorf("%w: waiting for %s", ErrDied, what)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(limit) {
			return fmt.Errorf("%s did not come within %s", what, within)
		}
	}
	return nil
}

// Status asks the control socket.
func (d *Daemon) Status() (sale.Status, error) {
	var said struct {
		Sale sale.Status `json:"sale"`
	}
	err := d.ask("/v1/status", &said)
	return said.Sale, err
}

// OpenSlot is a technician who opens a slot that a failed vend has closed.
func (d *Daemon) OpenSlot(slot int) error {
	var all []sale.SlotStatus
	if err := d.ask("/v1/shelves", &all); err != nil {
		return err
	}
	for _, s := range all {
		if int(s.Product.Slot) != slot || s.Shelf.Closed == "" {
			continue
		}
		answer, err := d.client.Post(fmt.Sprintf("http://kioskd/v1/shelves/%d", slot), "application/json", strings.NewReader(`{"open":true}`))
		if err != nil {
			return err
		}
		return decode(answer, nil)
	}
	return nil
}

// List asks the control socket for every order, newest first.
func (d *Daemon) List() (orders []sale.Order, err error) {
	return orders, d.ask("/v1/orders?limit=0", &orders)
}

func (d *Daemon) ask(path string, into any) error {
	answer, err := d.client.Get("http://kioskd" + path)
	if err != nil {
		return err
	}
	return decode(answer, into)
}

func decode(answer *http.Response, into any) error {
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		var said struct{ Error string }
		_ = json.NewDecoder(answer.Body).Decode(&said)
		return fmt.Errorf("%s: %s", answer.Status, said.Error)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(answer.Body).Decode(into)
}

// ReadLedger reads every order, newest first, while no daemon runs.
func (d *Daemon) ReadLedger() ([]sale.Order, error) {
	l, err := store.OpenReadOnly(d.Ledger())
	if err != nil {
		return nil, err
	}
	defer l.Close()
	return l.Orders(store.Filter{})
}
