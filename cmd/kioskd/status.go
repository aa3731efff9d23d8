package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"kioskd/configs"
	"kioskd/sale"
	"kioskd/store"
)

// statusAnswer is the answer of GET /v1/status.
type statusAnswer struct {
	Version    string        `json:"version"`
	Machine    machineName   `json:"machine"`
	Sale       sale.Status   `json:"sale"`
	Today      daySales      `json:"today"`
	Questions  []sale.Number `json:"questions"` // orders that wait for a person
	Store      store.Stats   `json:"store"`
	Free       uint64        `json:"free"`                       // bytes on the ledger's disk
	Controller any           `json:"controller,omitempty"`       // what the board says of the machine
	Silent     string        `json:"controller_fault,omitempty"` // why the board cannot be used
}

type machineName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func nameOf(c *configs.Config) machineName { return machineName{c.Machine.ID, c.Machine.Name} }

func (c control) status(w http.ResponseWriter, r *http.Request) {
	s, err := c.now(r.Context())
	if err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	reply(w, s)
}

func (c control) now(ctx context.Context) (statusAnswer, error) {
	now, err := c.machine.Status(ctx)
	stats, e := c.store.Stats()
	if err = errors.Join(err, e); err != nil {
		return statusAnswer{}, err
	}
	s := statusAnswer{Version: version(), Machine: nameOf(c.config.inUse()), Sale: now, Store: stats, Free: freeBytes(stats.Path)}
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
	today     daySales
	questions []sale.Number
}

func (d *digest) ask(r *store.Reader, stats store.Stats, now time.Time) (daySales, []sale.Number, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seen == stats.Journal && d.today.Day == now.In(beijing).Format(dayLayout) {
		return d.today, d.questions, nil
	}
	today, err := salesOf(r, stats.Path, 1, now)
	waiting, e := r.Orders(store.Filter{States: []sale.State{sale.Attention}})
	if err = errors.Join(err, e); err != nil {
		return daySales{}, nil, err
	}
	d.questions = make([]sale.Number, len(waiting))
	for i, o := range waiting {
		d.questions[i] = o.Number
	}
	d.seen, d.today = stats.Journal, today[0]
	return d.today, d.questions, nil
}

func statusCommand(out io.Writer) *cobra.Command {
	var file string
	var asJSON bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Say in a few lines how the machine is",
		Long: `Say in a few lines how the machine is: whether it sells and if not, why; what it sold
today; which orders wait for a person. The exit code is 1 if it does not sell.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, err := locate(file)
			if err != nil {
				return failure{err, exitUsage}
			}
			var s statusAnswer
			err = dial(at.socket).get(cmd.Context(), "/v1/status", nil, &s)
			if errors.Is(err, errNoDaemon) {
				err = fmt.Errorf("%w on %s: kioskd is not running; start it with: systemctl start kioskd", errNoDaemon, at.socket)
			}
			if err != nil {
				return failed(err)
			}
			if err := show(out, asJSON, s, s.print); err != nil {
				return failed(err)
			}
			if !s.Sale.Selling {
				return failure{nil, exitFailed}
			}
			return nil
		},
	}
	c.Flags().StringVar(&file, "config", defaultConfig, "the machine's config `FILE`")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (s statusAnswer) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	row("machine", "%s %s", s.Machine.ID, s.Machine.Name)
	switch {
	case s.Sale.Selling:
		row("state", "selling; the screen shows %s", s.Sale.Scene)
	case s.Sale.Fault != "":
		row("state", "NOT SELLING: %s", s.Sale.Fault)
	default:
		row("state", "NOT SELLING; the screen shows %s", s.Sale.Scene)
	}
	controller := "answers"
	switch s.Silent {
	case "":
	case s.Sale.Fault:
		controller = string(s.Sale.Code) + ", see state"
	default:
		controller = s.Silent
	}
	row("controller", "%s", controller)
	row("today", "%s, %s yuan paid, %s yuan given back", counted(s.Today.Count, "sale"), s.Today.Paid, s.Today.Refunded)
	for _, o := range s.Sale.Open {
		row("open", "%s (slot %s) is %s: %s", o.Number, o.Slot, o.State, o.Cause)
	}
	switch n := len(s.Questions); {
	case n == 1:
		row("to settle", "order %s waits for a person: kioskd show %s", s.Questions[0], s.Questions[0].Tail())
	case n > 1:
		row("to settle", "%d orders wait for a person: kioskd orders --state attention --limit 0", n)
	}
	row("ledger", "%s, %s, %s free on its disk", counted(int(s.Store.Orders), "order"), mebibytes(uint64(s.Store.Size)), mebibytes(s.Free))
	row("running", "%s, version %s", s.Sale.Up, s.Version)
	w.Flush()
}

func mebibytes(n uint64) string {
	if n >= 10<<30 {
		return fmt.Sprintf("%d GiB", n>>30)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}
