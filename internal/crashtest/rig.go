// Package crashtest runs the built daemon as a process of its own against the
// simulators, kills it, starts it again, and lets package audit compare the
// books. The simulators live in the test's process, so that they outlive every
// kill.
package crashtest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"kioskd/device/devicetest"
	"kioskd/internal/audit"
	"kioskd/payment/paytest"
	"kioskd/sale"
)

// Slots of the rig's cabinet; each has plenty.
var Slots = []int{11, 12, 13, 14}

// Rig is one machine whose daemon can be killed.
type Rig struct {
	Provider *paytest.Server
	Cabinet  *devicetest.Cabinet
	*Daemon
}

// Config changes what the rig's config file says under sale: and under
// controller.settings:, and how slow its world is.
type Config struct {
	Sale, Controller string
	Ledger           string        // its path, default kioskd.db in the rig's folder
	Latency          time.Duration // the provider's round trip, default 10 ms
	PollEvery        time.Duration // the board's, default 50 ms
	AnswerWithin     time.Duration // the board's patience, default 500 ms
}

// New starts the simulators and writes the config; the daemon is not started.
func New(ctx context.Context, dir, binary string, seed uint64, c Config) (*Rig, error) {
	r := &Rig{Daemon: NewDaemon(dir, binary)}
	r.Store = c.Ledger
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
	o := devicetest.Options{Link: filepath.Join(dir, "ttyVMC"), PollEvery: cmp.Or(c.PollEvery, 50*time.Millisecond), VendTime: 400 * time.Millisecond, AnswerWithin: cmp.Or(c.AnswerWithin, 500*time.Millisecond), Seed: seed}
	for _, s := range Slots {
		o.Slots = append(o.Slots, devicetest.Slot{Number: s, Price: 100 * s, Stock: 250, Capacity: 250})
	}
	if r.Cabinet, err = devicetest.Start(o); err != nil {
		return nil, err
	}
	return r, os.WriteFile(r.config(), []byte(r.yaml(c)), 0o600)
}

func (r *Rig) yaml(c Config) string {
	var b strings.Builder
	fmt.Fprintf(&b, "machine: {id: RIG1}\nstore: {path: %q, reserve: 1MiB}\ncontrol: {socket: k.sock}\n", r.Ledger())
	fmt.Fprintf(&b, "controller: {driver: vmc, port: ttyVMC, settings: {%s}}\n", strings.TrimSuffix("pace: 0s, "+c.Controller, ", "))
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

// Code presses a key, again and again until the machine takes it, and returns
// the new order of that slot at the provider.
func (r *Rig) Code(slot int) (paytest.Order, error) {
	before := len(r.Provider.Orders())
	var newest paytest.Order
	next := time.Now()
	err := r.Until(time.Minute, "a code", func() bool {
		var ok bool
		if newest, ok = r.Newest(slot, before); ok {
			return true
		}
		if time.Now().After(next) {
			_ = r.Cabinet.Press(slot)
			next = time.Now().Add(5 * time.Second) // a code that has just come must not be replaced
		}
		return false
	})
	return newest, err
}

// Newest is the newest order for a slot behind the first so many at the
// provider. Somebody else may have pressed another key before.
func (r *Rig) Newest(slot, behind int) (paytest.Order, bool) {
	orders := r.Provider.Orders()
	for i := len(orders) - 1; i >= behind; i-- {
		if strings.HasSuffix(orders[i].Attach, fmt.Sprintf("slot=%d", slot)) {
			return orders[i], true
		}
	}
	return paytest.Order{}, false
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

// Test asks the running daemon for a test vend, as a technician does.
func (r *Rig) Test(slot int) error {
	time.Sleep(200 * time.Millisecond)
	if _, err := os.Stat(r.Socket()); err != nil {
		return err // without a daemon the command would do it itself
	}
	out, err := exec.Command(r.Binary, "slots", "--config", r.config(), "--test", strconv.Itoa(slot), "--yes").CombinedOutput()
	if err != nil {
		return fmt.Errorf("test slot %d: %w: %s", slot, err, out)
	}
	return nil
}

// Books reads all three books. The daemon must not be running.
func (r *Rig) Books() (audit.Books, error) {
	orders, err := r.ReadLedger()
	return audit.Books{
		Orders: orders, Trades: r.Provider.Orders(), Refunds: r.Provider.Refunds(),
		Commands: r.Cabinet.Commands(), Drops: r.Cabinet.Drops(),
	}, err
}
