package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"kioskd/configs"
	"kioskd/display/keypad"
	"kioskd/display/screen"
	"kioskd/sale"
	"kioskd/store"
)

// daemon is one machine, wired. The demo runs it exactly as run does.
type daemon struct {
	config  *configs.Config
	log     *slog.Logger
	face    *face
	clock   clock    // known once the ledger is open
	checker []string // command that examines the ledger, see store.Options
	alive   *watchdog

	// ready, if set, is called once with the parts that a demo looks into.
	ready func(*store.Store, *sale.Machine)
	// wrap, if set, may put something between the machine and its ports.
	wrap func(*sale.Options)
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

	d.alive = newWatchdog(d.log)
	d.alive.readyWith(func() bool { return d.config.Screen.Driver == configs.ScreenNone || !d.face.beat().IsZero() })
	unwatched := d.alive.watch(&loop{name: "screen", within: loopWithin, beat: d.face.beat})
	var watching sync.WaitGroup
	watching.Go(func() { d.alive.run(shown) })
	defer watching.Wait()
	defer leave()
	defer context.AfterFunc(ctx, func() { d.alive.stopping(d.config.Sale.DispenseWithin + vendMargin) })()

	selling := make(chan error, 1)
	go func() {
		selling <- d.sell(ctx, blind)
		leave() // the screen shows the last order to its end
	}()
	faceErr := d.face.run(shown, d.config)
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

// sell opens the ledger, then runs the machine, the control socket and the
// keyboard until ctx ends. When blind ends there is no screen any more: no
// code may be shown, but money that is owed still goes back.
func (d *daemon) sell(ctx, blind context.Context) error {
	ledger, err := d.openLedger(ctx, blind)
	if err != nil || ledger == nil {
		return err
	}
	defer ledger.Close()
	newest, err := newestPayment(ledger)
	if err != nil {
		return err
	}
	d.clock = newClock(newest)
	gateway, err := openGateway(d.config, d.clock, inFile, d.log)
	if err != nil {
		return fmt.Errorf("payment %s: %w", d.config.Payment.Driver, err)
	}
	if g, ok := gateway.(interface{ Skew() (time.Duration, bool) }); ok {
		d.clock.skew = g.Skew
	}
	dispenser, err := openDispenser(d.config, d.log)
	if err != nil {
		return fmt.Errorf("controller %s: %w", d.config.Controller.Driver, err)
	}
	defer dispenser.Close()
	if b, ok := dispenser.(interface{ Beat() time.Time }); ok {
		defer d.alive.watch(&loop{name: "serial line", within: loopWithin, beat: b.Beat})()
	}

	o := sale.Options{
		Ledger: crashPoints(ledger), Gateway: gateway, Dispenser: d.alive.guardVends(dispenser, d.config.Sale.DispenseWithin), Panel: d.face, Clock: d.clock,
		Code: d.config.Machine.ID, Products: d.config.Catalogue(), Spares: d.config.Spares(),
		NewCode: d.config.Sale.NewCode, RefundCap: sale.Fen(d.config.Sale.RefundCap),
		PayWithin: d.config.Sale.PayWithin, DispenseWithin: d.config.Sale.DispenseWithin,
		Policy: d.config.Sale.Policy(), MaxDoubts: d.config.Sale.MaxUnknownPerDay, Log: d.log,
	}
	if d.wrap != nil {
		d.wrap(&o)
	}
	m, err := sale.New(o)
	if err != nil {
		return err
	}
	if d.ready != nil {
		d.ready(ledger, m)
	}
	bills, err := newBills(d.config, gateway, &ledger.Reader, d.clock)
	if err != nil {
		d.log.Info("no reconciliation", "reason", err)
	}
	watch := context.AfterFunc(blind, func() { m.Settle(screenFault(context.Cause(blind))) })
	defer watch()
	g, ctx := errgroup.WithContext(ctx)
	side, done := context.WithCancel(context.WithoutCancel(ctx))
	g.Go(func() error {
		defer done() // the others end when the machine has
		return m.Run(ctx)
	})
	g.Go(func() error {
		if err := (control{ledger, m, d.face, dispenser, bills}).serve(side, d.config.Control.Socket, d.log); err != nil {
			d.log.Error("no control socket: kioskd orders will read the ledger only while the daemon is stopped", "error", err)
		}
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
	m.Press(k.Slot)
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
