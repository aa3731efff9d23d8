// Package daemon is what runs on the machine: it puts ledger, provider, controller,
// screen and sale together, keeps them going, and builds them anew when the config
// wants it. Beside the sale it runs the control socket, the panel, the watcher and
// the watchdog, copies and archives the ledger, and compares the bills.
//
// It knows no command line and no window: the screen comes as a face, the drivers
// as a table.
package daemon

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"kioskd/books"
	"kioskd/clock"
	"kioskd/configs"
	"kioskd/control"
	"kioskd/display"
	"kioskd/display/keypad"
	"kioskd/drivers"
	"kioskd/export"
	"kioskd/face"
	"kioskd/panel"
	"kioskd/sale"
	"kioskd/store"
	"kioskd/watch/logs"
)

// Daemon is one machine, wired. The demo runs it exactly as kioskd run does. Its
// exported fields are what it is made of, and are not changed once it runs.
type Daemon struct {
	Version string          // of kioskd
	Drivers drivers.Table   // that the config can name
	Config  *configs.Config // to begin with; then it is the one in use, see reloader
	File    string          // of the config; empty: it cannot be reloaded
	Level   *slog.LevelVar  // of Log, if it can be changed
	Log     *slog.Logger
	Lines   *logs.Log        // what Log belongs to; nil if to nothing
	Hangup  <-chan os.Signal // each is a wish to reload; nil: there are none
	Face    *face.Face
	Sheet   export.Writer // of XLSX, see control.Options
	Checker []string      // command that examines the ledger, see store.Options

	// Ready, if set, is called once with the parts that a demo looks into.
	Ready func(*store.Store, *sale.Machine)
	// Wrap, if set, may put something between the machine and its ports.
	Wrap func(*sale.Options)
	// PanelAt, if set, is called with the panel's address when it listens.
	PanelAt func(net.Addr)

	reload  *reloader    // made by Run
	gateway sale.Gateway // known with the clock
	clock   clock.Clock  // known once the ledger is open
	watch   *watcher     // made by Run
	inside  *panel.Sessions
	pin     [sha256.Size]byte // that they know
	alive   *watchdog         // made by Run
}

// Run sells until ctx ends or something breaks that only a new start mends.
// It must be called on the main goroutine, because a window must.
func (d *Daemon) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	shown, leave := context.WithCancel(context.WithoutCancel(ctx))
	defer leave()
	blind, died := context.WithCancelCause(context.WithoutCancel(ctx))
	defer died(nil)

	first := d.Config
	d.reload = newReloader(d.File, first, d.Drivers, d.Face, cmp.Or(d.Level, new(slog.LevelVar)), d.Log)
	d.watch = newWatcher(first, d.Version, d.Log, d.Lines)
	defer d.watch.start(context.WithoutCancel(ctx))()
	if d.Hangup != nil {
		go d.hangups(ctx)
	}
	d.alive = newWatchdog(d.Log)
	d.alive.readyWith(func() bool { return first.Screen.Driver == configs.ScreenNone || !d.Face.Beat().IsZero() })
	unwatched := d.alive.watch(&loop{name: "screen", within: loopWithin, beat: d.Face.Beat})
	var watching sync.WaitGroup
	watching.Go(func() { d.alive.run(shown) })
	defer watching.Wait()
	defer leave()
	defer context.AfterFunc(ctx, func() { d.alive.stopping(d.reload.InUse().Sale.DispenseWithin + vendMargin) })()

	selling := make(chan error, 1)
	go func() {
		selling <- d.sellOn(ctx, blind)
		leave() // the screen shows the last order to its end
	}()
	faceErr := d.Face.Run(shown, first)
	unwatched() // what is left to do needs no screen
	if d.Face.Desk && errors.Is(faceErr, display.ErrClosed) {
		stop() // who closes the window of a demo wants it to end
		return <-selling
	}
	if faceErr != nil {
		d.Log.Error("the screen is gone; what is open is settled without new sales, then the process ends", "error", faceErr)
		died(faceErr)
	}
	return errors.Join(<-selling, faceErr)
}

// hangups reloads the config whenever somebody sends SIGHUP. The log tells what
// came of it.
func (d *Daemon) hangups(ctx context.Context) {
	for {
		select {
		case <-d.Hangup:
			_, _ = d.reload.Reload(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// sellOn sells until ctx ends, anew with other wiring whenever the config
// wants it.
func (d *Daemon) sellOn(ctx, blind context.Context) error {
	for {
		d.Config = d.reload.InUse()
		err := d.sell(ctx, blind)
		if again := d.reload.ended(); err != nil || !again || ctx.Err() != nil {
			return err
		}
		d.Log.Info("the machine runs anew with the changed config")
	}
}

// sell opens the ledger, then runs the machine, the control socket and the
// keyboard until ctx ends. When blind ends there is no screen any more: no
// code may be shown, but money that is owed still goes back.
func (d *Daemon) sell(ctx, blind context.Context) error {
	ledger, err := d.openLedger(ctx, blind)
	if err != nil || ledger == nil {
		return err
	}
	defer ledger.Close()
	gateway, err := d.provider(ledger)
	if err != nil {
		return err
	}
	dispenser, err := d.Drivers.OpenDispenser(d.Config, d.Log)
	if err != nil {
		return fmt.Errorf("controller %s: %w", d.Config.Controller.Driver, err)
	}
	defer dispenser.Close()
	defer d.watch.end() // before what it looks at is closed

	guard := d.guard(ledger)
	o := sale.Options{
		Ledger: d.watch.ledger(crashPoints(ledger)), Gateway: d.watch.gateway(gateway),
		Dispenser: d.alive.guardVends(dispenser, d.Config.Sale.DispenseWithin), Panel: d.Face, Clock: d.clock,
		Code: d.Config.Machine.ID, Log: d.Log, Alarm: d.watch.needs, Service: serviceMode(d.Config, guard),
	}.On(termsOf(d.Config))
	if b, ok := dispenser.(interface{ Beat() time.Time }); ok {
		defer d.alive.watch(&loop{name: "serial line", within: loopWithin, beat: b.Beat})()
	}

	if d.Wrap != nil {
		d.Wrap(&o)
	}
	m, err := sale.New(o)
	if err != nil {
		return err
	}
	if err := d.watch.begin(ledger, m, dispenser, d.clock); err != nil {
		return err
	}
	if d.Ready != nil {
		d.Ready(ledger, m)
		d.Ready = nil
	}
	bills, err := books.New(d.Config, gateway, &ledger.Reader, d.clock)
	if err != nil {
		d.Log.Info("no reconciliation", "reason", err)
	}
	settle := context.AfterFunc(blind, func() { m.Settle(screenFault(context.Cause(blind))) })
	defer settle()
	g, ctx := errgroup.WithContext(ctx)
	side, done := context.WithCancel(context.WithoutCancel(ctx))
	g.Go(func() error {
		defer done() // the others end when the machine has
		if !d.reload.runs(m, d.Config) {
			return nil
		}
		return m.Run(ctx)
	})
	desk := d.control(ledger, m, dispenser, bills)
	g.Go(func() error {
		if err := desk.Serve(side, d.Config.Control.Socket); err != nil {
			d.Log.Error("no control socket: kioskd orders will read the ledger only while the daemon is stopped", "error", err)
		}
		return nil
	})
	g.Go(func() error {
		d.panel(side, desk.Through(sale.ByPanel).Handler(), guard)
		return nil
	})
	g.Go(func() error {
		d.alive.watchMachine(side, m.Status)
		return nil
	})
	g.Go(func() error {
		d.typed(side, m)
		return nil
	})
	g.Go(func() error { return d.upkeep(side, ledger) })
	if bills != nil && d.Config.Payment.Reconcile {
		g.Go(func() error {
			d.daily(bills, ledger).run(side)
			return nil
		})
	}
	if r, ok := gateway.(refresher); ok {
		g.Go(func() error { refresh(side, r, d.Log); return nil })
	}
	return g.Wait()
}

// provider is the gateway, with the clock by which it signs. It is opened once: a
// machine that is wired anew goes on with the merchant's files as they were, see
// reloader.
func (d *Daemon) provider(ledger *store.Store) (sale.Gateway, error) {
	if d.gateway != nil {
		return d.gateway, nil
	}
	newest, err := clock.NewestPayment(ledger)
	if err != nil {
		return nil, err
	}
	d.clock = clock.New(newest)
	g, err := d.Drivers.OpenGateway(d.Config, d.clock, drivers.InFile, d.Log)
	if err != nil {
		return nil, fmt.Errorf("payment %s: %w", d.Config.Payment.Driver, err)
	}
	if g, ok := g.(interface{ Skew() (time.Duration, bool) }); ok {
		d.clock.Skew = g.Skew
	}
	d.gateway = g
	return g, nil
}

func (d *Daemon) control(ledger *store.Store, m *sale.Machine, board sale.Dispenser, b *books.Books) control.Server {
	o := control.Options{
		Version: d.Version, Ledger: ledger, Path: d.Config.Store.Path, Machine: m, Board: board, Config: d.reload, Drivers: d.Drivers.Settings(),
		Screen: d.picture, Sheet: d.Sheet, Metrics: d.watch.metrics.Handler(d.watch.log), Log: d.Log,
	}
	if b != nil {
		o.Bills = b
	}
	if d.Lines != nil {
		o.Lines = d.Lines.Ring.Lines
	}
	return control.New(o)
}

func screenFault(err error) *sale.Fault {
	var f *sale.Fault
	if errors.As(err, &f) {
		return f
	}
	return &sale.Fault{Code: sale.CodeScreenDead, What: "the screen is gone", Err: err}
}

// typed passes on what is typed on a keyboard.
func (d *Daemon) typed(ctx context.Context, m *sale.Machine) {
	for {
		select {
		case k := <-d.Face.Typed():
			press(m, k)
		case <-ctx.Done():
			return
		}
	}
}

func press(m *sale.Machine, k keypad.Key) {
	if k.Cancel {
		m.Cancel()
		return
	}
	m.Type(k.Digits())
}
