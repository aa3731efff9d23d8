package main

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
	"kioskd/display/keypad"
	"kioskd/display/screen"
	"kioskd/panel"
	"kioskd/sale"
	"kioskd/store"
	"kioskd/watch/logs"
)

// daemon is one machine, wired. The demo runs it exactly as run does.
type daemon struct {
	config  *configs.Config // as it is in use; see reloader
	file    string          // of the config; empty: it cannot be reloaded
	level   *slog.LevelVar  // of log, if it can be changed
	log     *slog.Logger
	hangup  <-chan os.Signal // each is a wish to reload; nil: there are none
	face    *face
	reload  *reloader    // made by run
	gateway sale.Gateway // known with the clock
	clock   clock.Clock  // known once the ledger is open
	checker []string     // command that examines the ledger, see store.Options
	lines   *logs.Log    // what log belongs to; nil if to nothing
	watch   *watcher     // made by run
	inside  *panel.Sessions
	pin     [sha256.Size]byte // that they know
	alive   *watchdog         // made by run

	// ready, if set, is called once with the parts that a demo looks into.
	ready func(*store.Store, *sale.Machine)
	// wrap, if set, may put something between the machine and its ports.
	wrap func(*sale.Options)
	// panelAt, if set, is called with the panel's address when it listens.
	panelAt func(net.Addr)
}

// run sells until ctx ends or something breaks that only a new start mends.
// It must be called on the main goroutine, because a window must.
func (d *daemon) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	shown, leave := context.WithCancel(context.WithoutCancel(ctx))
	defer leave()
	blind, died := context.WithCancelCause(context.WithoutCancel(ctx))
	defer died(nil)

	first := d.config
	d.reload = newReloader(d.file, first, d.face, cmp.Or(d.level, new(slog.LevelVar)), d.log)
	d.watch = newWatcher(first, d.log, d.lines)
	defer d.watch.start(context.WithoutCancel(ctx))()
	if d.hangup != nil {
		go d.hangups(ctx)
	}
	d.alive = newWatchdog(d.log)
	d.alive.readyWith(func() bool { return first.Screen.Driver == configs.ScreenNone || !d.face.beat().IsZero() })
	unwatched := d.alive.watch(&loop{name: "screen", within: loopWithin, beat: d.face.beat})
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
	faceErr := d.face.run(shown, first)
	unwatched() // what is left to do needs no screen
	if d.face.desk && errors.Is(faceErr, screen.ErrClosed) {
		stop() // who closes the window of a demo wants it to end
		return <-selling
	}
	if faceErr != nil {
		d.log.Error("the screen is gone; what is open is settled without new sales, then the process ends", "error", faceErr)
		died(faceErr)
	}
	return errors.Join(<-selling, faceErr)
}

// hangups reloads the config whenever somebody sends SIGHUP. The log tells what
// came of it.
func (d *daemon) hangups(ctx context.Context) {
	for {
		select {
		case <-d.hangup:
			_, _ = d.reload.Reload(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// sellOn sells until ctx ends, anew with other wiring whenever the config
// wants it.
func (d *daemon) sellOn(ctx, blind context.Context) error {
	for {
		d.config = d.reload.InUse()
		err := d.sell(ctx, blind)
		if again := d.reload.ended(); err != nil || !again || ctx.Err() != nil {
			return err
		}
		d.log.Info("the machine runs anew with the changed config")
	}
}

// sell opens the ledger, then runs the machine, the control socket and the
// keyboard until ctx ends. When blind ends there is no screen any more: no
// code may be shown, but money that is owed still goes back.
func (d *daemon) sell(ctx, blind context.Context) error {
	ledger, err := d.openLedger(ctx, blind)
	if err != nil || ledger == nil {
		return err
	}
	defer ledger.Close()
	gateway, err := d.provider(ledger)
	if err != nil {
		return err
	}
	dispenser, err := openDispenser(d.config, d.log)
	if err != nil {
		return fmt.Errorf("controller %s: %w", d.config.Controller.Driver, err)
	}
	defer dispenser.Close()
	defer d.watch.end() // before what it looks at is closed

	guard := d.guard(ledger)
	o := sale.Options{
		Ledger: d.watch.ledger(crashPoints(ledger)), Gateway: d.watch.gateway(gateway),
		Dispenser: d.alive.guardVends(dispenser, d.config.Sale.DispenseWithin), Panel: d.face, Clock: d.clock,
		Code: d.config.Machine.ID, Log: d.log, Alarm: d.watch.needs, Service: serviceMode(d.config, guard),
	}.On(termsOf(d.config))
	if b, ok := dispenser.(interface{ Beat() time.Time }); ok {
		defer d.alive.watch(&loop{name: "serial line", within: loopWithin, beat: b.Beat})()
	}

	if d.wrap != nil {
		d.wrap(&o)
	}
	m, err := sale.New(o)
	if err != nil {
		return err
	}
	if err := d.watch.begin(ledger, m, dispenser, d.clock); err != nil {
		return err
	}
	if d.ready != nil {
		d.ready(ledger, m)
		d.ready = nil
	}
	bills, err := books.New(d.config, gateway, &ledger.Reader, d.clock)
	if err != nil {
		d.log.Info("no reconciliation", "reason", err)
	}
	settle := context.AfterFunc(blind, func() { m.Settle(screenFault(context.Cause(blind))) })
	defer settle()
	g, ctx := errgroup.WithContext(ctx)
	side, done := context.WithCancel(context.WithoutCancel(ctx))
	g.Go(func() error {
		defer done() // the others end when the machine has
		if !d.reload.runs(m, d.config) {
			return nil
		}
		return m.Run(ctx)
	})
	desk := d.control(ledger, m, dispenser, bills)
	g.Go(func() error {
		if err := desk.Serve(side, d.config.Control.Socket); err != nil {
			d.log.Error("no control socket: kioskd orders will read the ledger only while the daemon is stopped", "error", err)
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
	if bills != nil && d.config.Payment.Reconcile {
		g.Go(func() error {
			d.daily(bills, ledger).run(side)
			return nil
		})
	}
	if r, ok := gateway.(refresher); ok {
		g.Go(func() error { refresh(side, r, d.log); return nil })
	}
	return g.Wait()
}

// provider is the gateway, with the clock by which it signs. It is opened once: a
// machine that is wired anew goes on with the merchant's files as they were, see
// reloader.
func (d *daemon) provider(ledger *store.Store) (sale.Gateway, error) {
	if d.gateway != nil {
		return d.gateway, nil
	}
	newest, err := clock.NewestPayment(ledger)
	if err != nil {
		return nil, err
	}
	d.clock = clock.New(newest)
	g, err := openGateway(d.config, d.clock, inFile, d.log)
	if err != nil {
		return nil, fmt.Errorf("payment %s: %w", d.config.Payment.Driver, err)
	}
	if g, ok := g.(interface{ Skew() (time.Duration, bool) }); ok {
		d.clock.Skew = g.Skew
	}
	d.gateway = g
	return g, nil
}

func (d *daemon) control(ledger *store.Store, m *sale.Machine, board sale.Dispenser, b *books.Books) control.Server {
	o := control.Options{
		Version: version(), Ledger: ledger, Path: d.config.Store.Path, Machine: m, Board: board, Config: d.reload, Drivers: settings(),
		Screen: d.picture, Metrics: d.watch.metrics.Handler(d.watch.log), Log: d.log,
	}
	if b != nil {
		o.Bills = b
	}
	if d.lines != nil {
		o.Lines = d.lines.Ring.Lines
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
func (d *daemon) typed(ctx context.Context, m *sale.Machine) {
	for {
		select {
		case k := <-d.face.keys:
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

// openLedger opens the ledger. While it cannot be used the screen says so and
// the attempt is repeated: space comes back, another process ends, a
// technician puts a backup in place. It returns nil, nil when ctx ended first.
func (d *daemon) openLedger(ctx, blind context.Context) (*store.Store, error) {
	said := ""
	var p pulse
	defer d.alive.watch(&loop{name: "opening of the ledger", within: ledgerWithin, beat: p.last})()
	for {
		p.beat()
		s, err := store.Open(ctx, d.config.Store.Path, d.storeOptions())
		if err == nil {
			return s, nil
		}
		if ctx.Err() != nil {
			return nil, nil
		}
		var f *sale.Fault
		if !errors.As(err, &f) {
			return nil, fmt.Errorf("open the ledger: %w", err)
		}
		if f.Code == sale.CodeStoreLocked {
			return nil, err
		}
		if said != err.Error() {
			d.log.Error("the ledger cannot be used; not selling", "error", err)
			said = err.Error()
			d.alive.report("out of service: " + said)
		}
		d.watch.cannotOpen(f)
		kind := sale.SceneOutOfService
		if f.Code == sale.CodeStoreDamaged {
			kind = sale.SceneNoRefunds
		}
		d.face.Show(sale.Scene{Kind: kind, Code: f.Code, At: time.Now().Truncate(time.Minute)})
		select {
		case <-ctx.Done():
			return nil, nil
		case <-blind.Done():
			return nil, err
		case <-time.After(5 * time.Second):
		}
	}
}

func (d *daemon) storeOptions() store.Options {
	c := d.config.Store
	return store.Options{Log: d.log, Reserve: int64(c.Reserve), Copies: c.Copies, Checker: d.checker}
}

// selfCheck is the command of the child process that examines the ledger.
func selfCheck() []string {
	exe, err := os.Executable()
	if err != nil {
		return nil
	}
	return []string{exe, checkStoreName}
}
