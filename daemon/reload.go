package daemon

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"kioskd/configs"
	"kioskd/control"
	"kioskd/drivers"
	"kioskd/face"
	"kioskd/sale"
)

// reloader holds the config that is in use and takes on another one. Its
// methods may be called from any goroutine.
type reloader struct {
	file    string // empty: this daemon has none
	drivers drivers.Table
	face    *face.Face
	level   *slog.LevelVar
	log     *slog.Logger

	mu      sync.Mutex
	config  *configs.Config
	keys    map[string][sha256.Size]byte
	machine *sale.Machine // nil while none runs
	rewire  bool          // the machine ends to be run anew
}

func newReloader(file string, c *configs.Config, t drivers.Table, f *face.Face, level *slog.LevelVar, log *slog.Logger) *reloader {
	return &reloader{file: file, drivers: t, face: f, level: level, log: log, config: c, keys: keysOf(c, t)}
}

// keysOf remembers what the files with keys say, and not the files.
func keysOf(c *configs.Config, t drivers.Table) map[string][sha256.Size]byte {
	sums := map[string][sha256.Size]byte{}
	for _, k := range t.PapersOf(c).Files() {
		if data, err := os.ReadFile(k.Path); k.Path != "" && err == nil {
			sums["payment.settings."+k.Key] = sha256.Sum256(data)
		}
	}
	if data, err := os.ReadFile(c.Service.PIN); c.Service.PIN != "" && err == nil {
		sums["service.pin"] = sha256.Sum256(data)
	}
	return sums
}

// File is part of control.Config.
func (r *reloader) File() string { return r.file }

// InUse is the config that a machine is built from.
func (r *reloader) InUse() *configs.Config {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.config
}

// runs tells which machine takes the next change. It reports false if the
// config has changed since c, so that the machine would be an old one.
func (r *reloader) runs(m *sale.Machine, c *configs.Config) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rewire = c != r.config
	if !r.rewire {
		r.machine = m
	}
	return !r.rewire
}

// ended reports whether the machine has ended only to be run anew.
func (r *reloader) ended() (again bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.machine = nil
	return r.rewire
}

// Reload reads the file. A file with a mistake changes nothing: the error is a
// *configs.Problems.
func (r *reloader) Reload(ctx context.Context) (control.Reloaded, error) {
	if r.file == "" {
		return control.Reloaded{}, control.ErrNoFile
	}
	next, err := configs.Load(r.file, r.drivers.Settings())
	if err != nil {
		r.log.Error("the config was changed and is wrong; the old one stays in use", "file", r.file, "error", err)
		return control.Reloaded{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	what, err := r.take(ctx, next)
	if err != nil {
		r.log.Error("the config was changed and cannot be taken on; the old one stays in use", "file", r.file, "error", err)
		return control.Reloaded{}, err
	}
	r.log.Info("the config was read anew", "file", r.file, "now", list(what.Now), "when_idle", list(what.Idle), "after_restart", list(what.Restart))
	return what, nil
}

func (r *reloader) take(ctx context.Context, next *configs.Config) (what control.Reloaded, err error) {
	applied := within(r.config, next)
	for _, key := range configs.Changed(r.config, applied) {
		if rewires(applied, r.drivers, key) {
			what.Idle = append(what.Idle, key)
		} else {
			what.Now = append(what.Now, key)
		}
	}
	what.Restart = append(configs.Changed(applied, next), r.newKeys()...)
	if err := r.face.Wear(applied); err != nil {
		return what, fmt.Errorf("screen: %w", err)
	}
	r.level.Set(applied.Log.Level)
	if r.machine != nil && len(what.Idle) > 0 {
		r.rewire = true
		r.machine.Yield()
	}
	if r.machine != nil && len(what.Now) > 0 && len(what.Idle) == 0 {
		// Who asked may go away; the machine has the terms all the same. One that
		// has ended to be built anew is built from them.
		if _, err := r.machine.Change(context.WithoutCancel(ctx), termsOf(applied)); err != nil && !r.rewire {
			return what, err
		}
	}
	if len(what.Now)+len(what.Idle) > 0 { // else a machine that starts meanwhile would be an old one
		r.config = applied
	}
	return what, nil
}

// newKeys names the files that say something else than when they were read.
func (r *reloader) newKeys() (names []string) {
	now := keysOf(r.config, r.drivers)
	for _, key := range slices.Sorted(maps.Keys(r.keys)) {
		if now[key] != r.keys[key] {
			names = append(names, key+" (the file)")
		}
	}
	return names
}

// within is next with everything as it was that only a start can change: what
// the process was started with, and who the merchant is.
func within(now, next *configs.Config) *configs.Config {
	c := *next
	c.Machine.ID = now.Machine.ID
	c.Store.Path, c.Store.Copies = now.Store.Path, now.Store.Copies
	c.Payment.Driver, c.Payment.Settings = now.Payment.Driver, now.Payment.Settings
	c.Screen.Driver, c.Screen.Windowed, c.Screen.Rotate, c.Screen.Font = now.Screen.Driver, now.Screen.Windowed, now.Screen.Rotate, now.Screen.Font
	c.Control, c.Watch, c.Log.Target = now.Control, now.Watch, now.Log.Target
	return &c
}

// rewires reports whether a changed key needs the machine to be built anew. A
// machine that is master of the sale knows the prices from its driver.
func rewires(c *configs.Config, t drivers.Table, key string) bool {
	section, _, _ := strings.Cut(key, ".")
	switch {
	case section == "controller", section == "store", section == "payment", section == "service":
		return true
	case strings.HasPrefix(key, "products:"), key == "sale.pay_within":
		return t.Priced(c.Controller.Driver)
	}
	return false
}

func termsOf(c *configs.Config) sale.Terms {
	return sale.Terms{
		Products: c.Catalogue(), Spares: c.Spares(), NewCode: c.Sale.NewCode,
		PayWithin: c.Sale.PayWithin, DispenseWithin: c.Sale.DispenseWithin,
		Policy: c.Sale.Policy(), RefundCap: sale.Fen(c.Sale.RefundCap), MaxDoubts: c.Sale.MaxUnknownPerDay,
	}
}

func list(keys []string) string { return strings.Join(keys, ", ") }
