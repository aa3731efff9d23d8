package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"kioskd/configs"
	"kioskd/display/keypad"
	"kioskd/sale"
	"kioskd/store"
)

// daemon is one machine, wired. The demo runs it exactly as run does.
type daemon struct {
	config  *configs.Config
	log     *slog.Logger
	face    *face
	checker []string // command that examines the ledger, see store.Options

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
	screen, leave := context.WithCancel(context.WithoutCancel(ctx))
	defer leave()

	selling := make(chan error, 1)
	go func() {
		selling <- d.sell(ctx)
		leave() // the screen shows the last order to its end
	}()
	faceErr := d.face.run(screen, d.config)
	if faceErr != nil {
		d.log.Error("the screen is gone; the order in hand is finished, then the process ends", "error", faceErr)
	}
	stop()
	return errors.Join(<-selling, faceErr)
}

// sell opens the ledger, then runs the machine, the control socket and the
// keyboard until ctx ends.
func (d *daemon) sell(ctx context.Context) error {
	ledger, err := d.openLedger(ctx)
	if err != nil || ledger == nil {
		return err
	}
	defer ledger.Close()
	gateway, err := openGateway(d.config, d.log)
	if err != nil {
		return fmt.Errorf("payment %s: %w", d.config.Payment.Driver, err)
	}
	dispenser, err := openDispenser(d.config, d.log)
	if err != nil {
		return fmt.Errorf("controller %s: %w", d.config.Controller.Driver, err)
	}
	defer dispenser.Close()

	o := sale.Options{
		Ledger: crashPoints(ledger), Gateway: gateway, Dispenser: dispenser, Panel: d.face, Clock: systemClock{},
		Code: d.config.Machine.ID, Products: d.config.Catalogue(),
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
	g, ctx := errgroup.WithContext(ctx)
	side, done := context.WithCancel(context.WithoutCancel(ctx))
	g.Go(func() error {
		defer done() // the others end when the machine has
		return m.Run(ctx)
	})
	g.Go(func() error {
		if err := (control{ledger, m, d.face}).serve(side, d.config.Control.Socket, d.log); err != nil {
			d.log.Error("no control socket: kioskd orders will read the ledger only while the daemon is stopped", "error", err)
		}
		return nil
	})
	g.Go(func() error {
		d.typed(side, m)
		return nil
	})
	return g.Wait()
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
func (d *daemon) openLedger(ctx context.Context) (*store.Store, error) {
	said := ""
	for {
		s, err := store.Open(ctx, d.config.Store.Path, store.Options{Log: d.log, Reserve: int64(d.config.Store.Reserve), Checker: d.checker})
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
		}
		kind := sale.SceneOutOfService
		if f.Code == sale.CodeStoreDamaged {
			kind = sale.SceneNoRefunds
		}
		d.face.Show(sale.Scene{Kind: kind, Code: f.Code, At: time.Now().Truncate(time.Minute)})
		select {
		case <-ctx.Done():
			return nil, nil
		case <-time.After(5 * time.Second):
		}
	}
}

// selfCheck is the command of the child process that examines the ledger.
func selfCheck() []string {
	exe, err := os.Executable()
	if err != nil {
		return nil
	}
	return []string{exe, checkStoreName}
}
