package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"kioskd/device/devicetest"
	"kioskd/device/vmc"
	"kioskd/internal/audit"
	"kioskd/payment/paytest"
	"kioskd/sale"
	"kioskd/store"
)

// Options describe a desk. The zero value works but for Keys.
type Options struct {
	Keys      Keys
	Seed      uint64
	Domains   int                                 // of the provider, default 1
	Latency   time.Duration                       // of the provider
	Transport http.RoundTripper                   // between client and provider, default the client's own
	Cabinet   func(*devicetest.Options)           // changes the cabinet
	VMC       func(*vmc.Settings)                 // ... the driver's settings
	Sale      func(*sale.Options)                 // ... the machine
	Board     func(sale.Dispenser) sale.Dispenser // something between driver and machine
	Log       *slog.Logger
}

// Desk is one machine in real time.
type Desk struct {
	Provider *paytest.Server
	Cabinet  *devicetest.Cabinet
	Wire     *Wire
	Panel    *Panel
	Clock    *Clock
	Driver   *vmc.Dev
	Store    *store.Store
	Machine  *sale.Machine

	o      Options
	dir    string
	remove func()
	client sale.Gateway
	end    context.CancelFunc
	ended  chan error
}

// Start builds a desk and lets it sell.
func Start(ctx context.Context, o Options) (*Desk, error) {
	d := &Desk{o: o, Panel: &Panel{}, Clock: &Clock{}, ended: make(chan error, 1)}
	if err := d.start(ctx); err != nil {
		_ = d.Close()
		return nil, err
	}
	return d, nil
}

func (d *Desk) start(ctx context.Context) (err error) {
	if d.dir, d.remove, err = Memory(); err != nil {
		return err
	}
	d.Provider, err = paytest.New(paytest.Options{Seed: d.o.Seed, Latency: d.o.Latency, MerchantKey: d.o.Keys.Merchant, PublicKey: d.o.Keys.Provider})
	if err != nil {
		return err
	}
	addrs := []string{"127.0.0.1:0"}
	for range d.o.Domains - 1 {
		addrs = append(addrs, "127.0.0.1:0")
	}
	if err = d.Provider.Start(context.WithoutCancel(ctx), addrs...); err != nil {
		return err
	}
	d.Provider.Behave(func(b *paytest.Behaviour) { b.RefundDelay = 300 * time.Millisecond })
	if d.client, err = PublicKey.client(d.Provider, d.dir, linked{urls: d.Provider.URLs(), clock: d.Clock, transport: d.o.Transport, log: d.o.Log}); err != nil {
		return err
	}
	if err = d.cabinet(); err != nil {
		return err
	}
	return d.Begin(ctx)
}

// cabinet starts the cabinet and the wire. The board waits longer for answers
// than a real one, because the computers of tests are slow.
func (d *Desk) cabinet() (err error) {
	o := devicetest.Options{PollEvery: 50 * time.Millisecond, AnswerWithin: 500 * time.Millisecond, VendTime: 400 * time.Millisecond, BootTime: 300 * time.Millisecond, Seed: d.o.Seed}
	for _, s := range Slots {
		o.Slots = append(o.Slots, devicetest.Slot{Number: s, Price: 100 * s, Stock: 250, Capacity: 250})
	}
	if d.o.Cabinet != nil {
		d.o.Cabinet(&o)
	}
	if d.Cabinet, err = devicetest.Start(o); err != nil {
		return err
	}
	d.Wire, err = NewWire(d.Cabinet.Path(), filepath.Join(d.dir, "ttyVMC"))
	return err
}

// Begin starts the process's part on the ledger as it is: ledger, driver and
// machine.
func (d *Desk) Begin(ctx context.Context) (err error) {
	d.Store, err = store.Open(ctx, filepath.Join(d.dir, "kioskd.db"), store.Options{Reserve: 1, Log: d.o.Log})
	if err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	s := vmc.DefaultSettings()
	s.Counts, s.Pace = true, 0
	if d.o.VMC != nil {
		d.o.VMC(&s)
	}
	d.Driver = vmc.Open(filepath.Join(d.dir, "ttyVMC"), s, vmc.Options{Log: d.o.Log})
	o := sale.Options{
		Ledger: d.Store, Gateway: d.client, Dispenser: d.Driver, Panel: d.Panel, Clock: d.Clock,
		Code: "DESK", Products: products(), PayWithin: 60 * time.Second, DispenseWithin: 10 * time.Second,
		Policy: sale.Policy{OnUnknown: sale.UnknownRefund}, Log: d.o.Log,
	}
	if d.o.Board != nil {
		o.Dispenser = d.o.Board(d.Driver)
	}
	if d.o.Sale != nil {
		d.o.Sale(&o)
	}
	if d.Machine, err = sale.New(o); err != nil {
		return err
	}
	run, end := context.WithCancel(context.WithoutCancel(ctx))
	d.end = end
	go func() { d.ended <- d.Machine.Run(run) }()
	return nil
}

// End stops the process's part as a technician does.
func (d *Desk) End() error {
	var err error
	if d.end != nil {
		d.end()
		err = <-d.ended
		d.end = nil
	}
	if d.Driver != nil {
		_ = d.Driver.Close()
		d.Driver = nil
	}
	if d.Store != nil {
		err = errors.Join(err, d.Store.Close())
		d.Store = nil
	}
	return err
}

// Close ends everything and removes the ledger.
func (d *Desk) Close() error {
	err := d.End()
	if c, ok := d.client.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
	if d.Wire != nil {
		d.Wire.Close()
	}
	if d.Cabinet != nil {
		_ = d.Cabinet.Close()
	}
	if d.Provider != nil {
		_ = d.Provider.Close()
	}
	if d.remove != nil {
		d.remove()
	}
	return err
}

// Orders is what the ledger holds.
func (d *Desk) Orders() ([]sale.Order, error) { return d.Store.Orders(store.Filter{}) }

// Books are all three.
func (d *Desk) Books() (audit.Books, error) {
	orders, err := d.Orders()
	return audit.Books{
		Orders: orders, Trades: d.Provider.Orders(), Refunds: d.Provider.Refunds(),
		Commands: d.Cabinet.Commands(), Drops: d.Cabinet.Drops(),
	}, err
}

// ErrLate: something did not come in time.
var ErrLate = errors.New("did not come in time")

// Until waits for ok.
func Until(ctx context.Context, within time.Duration, what string, ok func() bool) error {
	limit := time.Now().Add(within)
	for !ok() {
		if time.Now().After(limit) {
			return fmt.Errorf("%s %w (%s)", what, ErrLate, within)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil
}

// Idle waits until the machine could take a customer. The one before leaves as
// soon as the screen lets go.
func (d *Desk) Idle(ctx context.Context, within time.Duration) error {
	err := Until(ctx, within, "the idle screen", func() bool {
		s, err := d.Machine.Status(ctx)
		if err == nil && s.Scene != sale.SceneIdle {
			d.Machine.Cancel()
		}
		return err == nil && s.Selling && s.Scene == sale.SceneIdle
	})
	if err != nil {
		s, _ := d.Machine.Status(ctx)
		return fmt.Errorf("%w: %+v", err, s)
	}
	return nil
}

// Settled waits until every order is final.
func (d *Desk) Settled(ctx context.Context, within time.Duration) error {
	var left []sale.Order
	err := Until(ctx, within, "the end of every order", func() bool {
		orders, err := d.Orders()
		left = nil
		for _, o := range orders {
			if !o.State.Final() {
				left = append(left, o)
			}
		}
		return err == nil && len(left) == 0
	})
	if err != nil {
		for _, o := range left {
			err = fmt.Errorf("%w; order %s is %s (%s: %s)", err, o.Number, o.State, o.Cause, o.Detail)
		}
	}
	return err
}

// Code waits for a code on the screen of an order newer than seq.
func (d *Desk) Code(ctx context.Context, seq uint64, within time.Duration) (sale.Scene, error) {
	var s sale.Scene
	err := Until(ctx, within, "a code", func() bool {
		s = d.Panel.Now()
		return s.Kind == sale.ScenePay && s.CodeURL != "" && number(s.Number) > seq
	})
	return s, err
}

// Seq is the newest order's.
func (d *Desk) Seq() uint64 {
	n, err := d.Store.LastSeq()
	if err != nil {
		return 0
	}
	return n
}

func number(n sale.Number) (seq uint64) {
	_, _ = fmt.Sscanf(string(n), "DESK-%d-", &seq)
	return seq
}

// Pay scans the code and pays.
func (d *Desk) Pay(s sale.Scene) error {
	if _, err := d.Provider.Scan(s.CodeURL, "customer"); err != nil {
		return err
	}
	return d.Provider.Pay("customer", string(s.Number))
}

// Logger writes to stderr where KIOSKD_DESK_LOG is set, to look at one case.
func Logger(name string) *slog.Logger {
	if os.Getenv("KIOSKD_DESK_LOG") == "" {
		return nil
	}
	return slog.New(slog.NewTextHandler(os.Stderr, nil)).With("desk", name)
}
