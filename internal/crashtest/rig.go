// Package crashtest runs the built daemon as a process of its own against the
// simulators, kills it, starts it again, and lets package audit compare the
// books. The simulators live in the test's process, so that they outlive every
// kill.
package crashtest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"kioskd/device/devicetest"
	"kioskd/internal/audit"
	"kioskd/payment/paytest"
	"kioskd/sale"
	"kioskd/store"
)

// Slots of the rig's cabinet; each has plenty.
var Slots = []int{11, 12, 13, 14}

// Rig is one machine whose daemon can be killed.
type Rig struct {
	Provider *paytest.Server
	Cabinet  *devicetest.Cabinet
	Binary   string // kioskd, built with the tag crashpoints
	Dir      string

	mu      sync.Mutex
	log     strings.Builder
	process *exec.Cmd
	done    chan struct{}
}

// Config changes what the rig's config file says under sale: and under
// controller.settings:, and how slow its world is.
type Config struct {
	Sale, Controller string
	Latency          time.Duration // the provider's round trip, default 10 ms
	PollEvery        time.Duration // the board's, default 50 ms
}

// New starts the simulators and writes the config; the daemon is not started.
func New(ctx context.Context, dir, binary string, seed uint64, c Config) (*Rig, error) {
	r := &Rig{Binary: binary, Dir: dir}
	var err error
	if r.Provider, err = paytest.New(paytest.Options{Seed: seed, Latency: cmp.Or(c.Latency, 10*time.Millisecond)}); err != nil {
		return nil, err
	}
	if err = r.Provider.Start(ctx, "127.0.0.1:0"); err != nil {
		return nil, err
	}
	if err = r.Provider.WriteFiles(dir); err != nil {
		return nil, err
	}
	r.Provider.Behave(func(b *paytest.Behaviour) { b.RefundDelay = 300 * time.Millisecond })
	o := devicetest.Options{Link: filepath.Join(dir, "ttyVMC"), PollEvery: cmp.Or(c.PollEvery, 50*time.Millisecond), VendTime: 400 * time.Millisecond, AnswerWithin: 500 * time.Millisecond, Seed: seed}
	for _, s := range Slots {
		o.Slots = append(o.Slots, devicetest.Slot{Number: s, Price: 100 * s, Stock: 250, Capacity: 250})
	}
	if r.Cabinet, err = devicetest.Start(o); err != nil {
		return nil, err
	}
	return r, os.WriteFile(r.config(), []byte(r.yaml(c)), 0o600)
}

func (r *Rig) config() string { return filepath.Join(r.Dir, "kioskd.yaml") }

// Ledger is the path of the daemon's ledger.
func (r *Rig) Ledger() string { return filepath.Join(r.Dir, "kioskd.db") }

// Socket is the path of the daemon's control socket.
func (r *Rig) Socket() string { return filepath.Join(r.Dir, "k.sock") }

// PID is the process id of the newest daemon, 0 before the first.
func (r *Rig) PID() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.process == nil {
		return 0
	}
	return r.process.Process.Pid
}

func (r *Rig) yaml(c Config) string {
	var b strings.Builder
	fmt.Fprintf(&b, "machine: {id: RIG1}\nstore: {path: kioskd.db, reserve: 1MiB}\ncontrol: {socket: k.sock}\n")
	fmt.Fprintf(&b, "controller: {driver: vmc, port: ttyVMC, settings: {%s}}\n", c.Controller)
	fmt.Fprintf(&b, "payment:\n  driver: wechat\n  settings:\n    %s\n", strings.ReplaceAll(strings.TrimSpace(r.Provider.Settings()), "\n", "\n    "))
	fmt.Fprintf(&b, "sale: {%s}\nscreen: {driver: none}\nproducts:\n", c.Sale)
	for _, s := range Slots {
		fmt.Fprintf(&b, "  - {slot: %d, name: product %d, price: %q}\n", s, s, sale.Fen(100*s))
	}
	return b.String()
}

// Close kills the daemon and ends the simulators.
func (r *Rig) Close() {
	r.Kill()
	_ = r.Cabinet.Close()
	_ = r.Provider.Close()
}

// Start starts the daemon; crash is for KIOSKD_CRASH and may be empty.
func (r *Rig) Start(crash string) error {
	cmd := exec.Command(r.Binary, "run", "--config", r.config())
	cmd.Env = append(os.Environ(), "KIOSKD_CRASH="+crash)
	cmd.Stderr = r
	cmd.Stdout = r
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	r.mu.Lock()
	r.process, r.done = cmd, done
	r.mu.Unlock()
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	return nil
}

// Write collects what the daemon logs.
func (r *Rig) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(b)
}

// Log is everything that all daemons of this rig have logged.
func (r *Rig) Log() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// Kill sends SIGKILL and waits for the end.
func (r *Rig) Kill() {
	r.mu.Lock()
	cmd, done := r.process, r.done
	r.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Kill()
	<-done
}

// Dead is closed when the daemon has ended.
func (r *Rig) Dead() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.done
}

// ErrDied: the daemon ended while it was waited for.
var ErrDied = errors.New("the daemon has ended")

// Until waits for ok while the daemon lives.
func (r *Rig) Until(within time.Duration, what string, ok func() bool) error {
	limit := time.Now().Add(within)
	dead := r.Dead()
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

// Code presses a key, again and again until the machine takes it, and returns
// the new order at the provider.
func (r *Rig) Code(slot int) (paytest.Order, error) {
	before := len(r.Provider.Orders())
	var newest paytest.Order
	next := time.Now()
	err := r.Until(30*time.Second, "a code", func() bool {
		if orders := r.Provider.Orders(); len(orders) > before {
			newest = orders[len(orders)-1]
			return true
		}
		if time.Now().After(next) {
			_ = r.Cabinet.Press(slot)
			next = time.Now().Add(2 * time.Second)
		}
		return false
	})
	return newest, err
}

// Orders asks the running daemon, as a technician does.
func (r *Rig) Orders() (orders []sale.Order, err error) {
	time.Sleep(200 * time.Millisecond) // a look is a process
	out, err := exec.Command(r.Binary, "orders", "--config", r.config(), "--json", "--limit", "0").Output()
	if err != nil {
		return nil, err
	}
	return orders, json.Unmarshal(out, &orders)
}

// Books reads all three books. The daemon must not be running.
func (r *Rig) Books() (audit.Books, error) {
	l, err := store.OpenReadOnly(r.Ledger())
	if err != nil {
		return audit.Books{}, err
	}
	defer l.Close()
	orders, err := l.Orders(store.Filter{})
	return audit.Books{
		Orders: orders, Trades: r.Provider.Orders(), Refunds: r.Provider.Refunds(),
		Commands: r.Cabinet.Commands(), Drops: r.Cabinet.Drops(),
	}, err
}
