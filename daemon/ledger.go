package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kioskd/sale"
	"kioskd/store"
)

// openLedger opens the ledger. While it cannot be used the screen says so and
// the attempt is repeated: space comes back, another process ends, a
// technician puts a backup in place. It returns nil, nil when ctx ended first.
func (d *Daemon) openLedger(ctx, blind context.Context) (*store.Store, error) {
	said := ""
	var p pulse
	defer d.alive.watch(&loop{name: "opening of the ledger", within: ledgerWithin, beat: p.last})()
	for {
		p.beat()
		s, err := store.Open(ctx, d.Config.Store.Path, d.storeOptions())
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
			d.Log.Error("the ledger cannot be used; not selling", "error", err)
			said = err.Error()
			d.alive.report("out of service: " + said)
		}
		d.watch.cannotOpen(f)
		kind := sale.SceneOutOfService
		if f.Code == sale.CodeStoreDamaged {
			kind = sale.SceneNoRefunds
		}
		d.Face.Show(sale.Scene{Kind: kind, Code: f.Code, At: time.Now().Truncate(time.Minute)})
		select {
		case <-ctx.Done():
			return nil, nil
		case <-blind.Done():
			return nil, err
		case <-time.After(5 * time.Second):
		}
	}
}

func (d *Daemon) storeOptions() store.Options {
	c := d.Config.Store
	return store.Options{Log: d.Log, Reserve: int64(c.Reserve), Copies: c.Copies, Checker: d.Checker}
}
