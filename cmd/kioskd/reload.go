package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"kioskd/configs"
	"kioskd/control"
	"kioskd/sale"
)

// reloader holds the config that is in use and takes on another one. Its
// methods may be called from any goroutine.
type reloader struct {
	file  string // empty: this daemon has none
	face  *face
	level *slog.LevelVar
	log   *slog.Logger

	mu      sync.Mutex
	config  *configs.Config
	keys    map[string][sha256.Size]byte
	machine *sale.Machine // nil while none runs
	rewire  bool          // the machine ends to be run anew
}

func newReloader(file string, c *configs.Config, f *face, level *slog.LevelVar, log *slog.Logger) *reloader {
	return &reloader{file: file, face: f, level: level, log: log, config: c, keys: keysOf(c)}
}

// keysOf remembers what the files with keys say, and not the files.
func keysOf(c *configs.Config) map[string][sha256.Size]byte {
	sums := map[string][sha256.Size]byte{}
	p := papersOf(c)
	for _, k := range append(p.keys, paper{"merchant_cert", p.cert}, paper{"ca_file", p.caFile}) {
		if data, err := os.ReadFile(k.path); k.path != "" && err == nil {
			sums["payment.settings."+k.key] = sha256.Sum256(data)
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
	next, err := configs.Load(r.file, settings())
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
		if rewires(applied, key) {
			what.Idle = append(what.Idle, key)
		} else {
			what.Now = append(what.Now, key)
		}
	}
	what.Restart = append(configs.Changed(applied, next), r.newKeys()...)
	if err := r.face.wear(applied); err != nil {
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
	now := keysOf(r.config)
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
func rewires(c *configs.Config, key string) bool {
	section, _, _ := strings.Cut(key, ".")
	switch {
	case section == "controller", section == "store", section == "payment", section == "service":
		return true
	case strings.HasPrefix(key, "products:"), key == "sale.pay_within":
		return priced(c.Controller.Driver)
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

func reloadCommand(out io.Writer) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "reload",
		Short: "Have the running daemon take on the changed config file",
		Long: `Have the running daemon read its config file anew, as SIGHUP does. A file with a
mistake changes nothing, and what is wrong is printed. Prices, names, texts and the
rules of the sale hold for the next order; a customer who has a code pays what it says.
The controller's wiring changes as soon as nobody is at the machine. The rest, the
merchant's keys for instance, needs: systemctl restart kioskd`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, err := configs.Locate(file)
			if err != nil {
				return failure{err, exitUsage}
			}
			var what control.Reloaded
			err = control.Dial(at.Socket).Post(cmd.Context(), "/v1/reload", struct{}{}, &what)
			var bad control.Refused
			switch {
			case errors.Is(err, control.ErrNoDaemon):
				return failed(fmt.Errorf("%w on %s: nothing to reload; kioskd reads the file when it starts", control.ErrNoDaemon, at.Socket))
			case errors.As(err, &bad) && bad.Status == http.StatusUnprocessableEntity:
				return failure{err, exitUsage}
			case err != nil:
				return failed(err)
			}
			printReloaded(out, what)
			return nil
		},
	}
	c.Flags().StringVar(&file, "config", defaultConfig, "the machine's config `FILE`")
	return c
}

func printReloaded(out io.Writer, r control.Reloaded) {
	if len(r.Now)+len(r.Idle)+len(r.Restart) == 0 {
		fmt.Fprintln(out, "nothing has changed")
	}
	for _, part := range []struct {
		keys []string
		when string
	}{
		{r.Now, "for the next order"}, {r.Idle, "as soon as nobody is at the machine"}, {r.Restart, "only after: systemctl restart kioskd"},
	} {
		for _, key := range part.keys {
			fmt.Fprintf(out, "%s: %s\n", key, part.when)
		}
	}
}
