package control

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"kioskd/clock"
	"kioskd/configs"
	"kioskd/sale"
	"kioskd/store"
)

// Status is the answer of GET /v1/status.
type Status struct {
	Version    string        `json:"version"`
	Machine    MachineName   `json:"machine"`
	Sale       sale.Status   `json:"sale"`
	Today      DaySales      `json:"today"`
	Questions  []sale.Number `json:"questions"` // orders that wait for a person
	Store      store.Stats   `json:"store"`
	Free       uint64        `json:"free"`                       // bytes on the ledger's disk
	Controller any           `json:"controller,omitempty"`       // what the board says of the machine
	Silent     string        `json:"controller_fault,omitempty"` // why the board cannot be used
}

// MachineName is what the config calls this machine.
type MachineName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func nameOf(c *configs.Config) MachineName { return MachineName{c.Machine.ID, c.Machine.Name} }

func (c Server) status(w http.ResponseWriter, r *http.Request) {
	s, err := c.now(r.Context())
	if err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	reply(w, s)
}

func (c Server) now(ctx context.Context) (Status, error) {
	now, err := c.machine.Status(ctx)
	stats, e := c.store.Stats()
	if err = errors.Join(err, e); err != nil {
		return Status{}, err
	}
	s := Status{Version: c.version, Machine: nameOf(c.config.InUse()), Sale: now, Store: stats, Free: freeBytes(stats.Path)}
	if s.Today, s.Questions, err = c.digest.ask(&c.store.Reader, stats, time.Now()); err != nil {
		return s, err
	}
	if b, ok := c.board.(interface{ Condition() any }); ok {
		s.Controller = b.Condition()
	}
	if err := c.board.Health(); err != nil {
		s.Silent = err.Error()
	}
	return s, nil
}

// freeBytes is what this process may still write where the ledger is; 0 if
// nobody can tell.
func freeBytes(path string) uint64 {
	var fs unix.Statfs_t
	if unix.Statfs(filepath.Dir(path), &fs) != nil {
		return 0
	}
	return fs.Bavail * uint64(fs.Bsize)
}

// digest is what the ledger as a whole says. It is read anew only when
// something was written since, or another day began.
type digest struct {
	mu        sync.Mutex
	seen      uint64 // journal entries
	today     DaySales
	questions []sale.Number
}

func (d *digest) ask(r *store.Reader, stats store.Stats, now time.Time) (DaySales, []sale.Number, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seen == stats.Journal && d.today.Day == now.In(clock.Beijing).Format(dayLayout) {
		return d.today, d.questions, nil
	}
	today, err := salesOf(r, stats.Path, 1, now)
	waiting, e := r.Orders(store.Filter{States: []sale.State{sale.Attention}})
	if err = errors.Join(err, e); err != nil {
		return DaySales{}, nil, err
	}
	d.questions = make([]sale.Number, len(waiting))
	for i, o := range waiting {
		d.questions[i] = o.Number
	}
	d.seen, d.today = stats.Journal, today[0]
	return d.today, d.questions, nil
}
