package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"kioskd/sale"
)

// verdict is what a check came to.
type verdict string

const (
	fine    verdict = "ok"
	bad     verdict = "bad"
	doubted verdict = "warning" // it sells, and somebody should look
	skipped verdict = "skipped" // What says why
)

var marks = map[verdict]string{fine: "✓", bad: "✗", doubted: "!", skipped: "-"}

// finding is one check: a line, or an entry of the JSON list. Names and states
// stay what they are, texts need not.
type finding struct {
	Name  string    `json:"name"`
	Of    string    `json:"of,omitempty"` // which one, where there are several
	State verdict   `json:"state"`
	Code  sale.Code `json:"code,omitempty"`
	What  string    `json:"what"`
	Hint  string    `json:"hint,omitempty"` // what to do
}

// The checks, in the order of their lines.
var checkNames = []string{
	"config", "keys", "serial", "clock", "skew", "network", "merchant",
	"daemon", "controller", "slots", "store", "space", "filesystem", "screen", "font", "systemd",
}

func good(name, what string, args ...any) finding {
	return finding{Name: name, State: fine, What: fmt.Sprintf(what, args...)}
}

func skip(name, why string) finding { return finding{Name: name, State: skipped, What: why} }

func wrong(name, hint, what string, args ...any) finding {
	return finding{Name: name, State: bad, What: fmt.Sprintf(what, args...), Hint: hint}
}

func doubt(name, hint, what string, args ...any) finding {
	return finding{Name: name, State: doubted, What: fmt.Sprintf(what, args...), Hint: hint}
}

// broken says an error in its own words.
func broken(name string, err error) finding {
	f := finding{Name: name, State: bad, What: err.Error()}
	if fault := new(sale.Fault); errors.As(err, &fault) {
		f.Code, f.What, f.Hint = fault.Code, fault.What, fault.Hint
		if fault.Err != nil {
			f.What += ": " + fault.Err.Error()
		}
	}
	return f
}

// String is one line, whatever an error has in it.
func (f finding) String() string {
	s := ""
	for _, part := range []string{string(f.Code), f.Of} {
		if part != "" {
			s += part + ": "
		}
	}
	s += f.What
	if f.Hint != "" {
		s += " → " + f.Hint
	}
	return fmt.Sprintf("%s %-10s  %s", marks[f.State], f.Name, strings.Join(strings.Fields(s), " "))
}

func doctorCommand(out io.Writer) *cobra.Command {
	var asJSON bool
	var root string
	c := &cobra.Command{
		Use:   "doctor [FILE]",
		Short: "Look at everything a sale needs, and say what to do",
		Long: `Look at everything a sale needs: config, keys, clock, network, merchant, controller,
slots, ledger, disk, screen and service. One line a check: ✓ good, ✗ wrong,
! somebody should look, - not looked at. Behind → stands what to do. It takes at
most 10 seconds, and changes nothing: no motor turns, nothing is ordered. WeChat Pay
is asked about an order number that cannot exist.

FILE is the machine's config, ` + defaultConfig + ` if none is named. Run it as root
or as the user that runs kioskd: others may not read the keys. While a daemon runs,
it is asked about controller and ledger. Without one the controller's port is
opened, which resets some boards.

Exit codes: 0 nothing is ✗, 1 something is, 2 wrong command line.`,
		Example: "  kioskd doctor\n  kioskd doctor kioskd.yaml --json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := defaultConfig
			if len(args) == 1 {
				file = args[0]
			}
			found := newDoctor(file, root).examine(cmd.Context())
			if err := cmd.Context().Err(); err != nil {
				return failed(err)
			}
			err := show(out, asJSON, found, func(w io.Writer) {
				for _, f := range found {
					fmt.Fprintln(w, f)
				}
			})
			if err != nil {
				return failed(err)
			}
			if slices.ContainsFunc(found, func(f finding) bool { return f.State == bad }) {
				return failure{nil, exitFailed}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().StringVar(&root, "root", "/", "where the system's files stand")
	_ = c.Flags().MarkHidden("root") // for tests
	return c
}

// examine makes every check. It returns within readWithin, restWithin and a
// moment, whatever does not answer.
func (d *doctor) examine(ctx context.Context) []finding {
	found := d.look(ctx)
	ctx, cancel := context.WithTimeout(ctx, restWithin)
	defer cancel()
	d.begin(ctx)
	found = append(found, runJobs(ctx, restWithin, d.jobs())...)
	slices.SortStableFunc(found, func(a, b finding) int {
		return cmp.Compare(slices.Index(checkNames, a.Name), slices.Index(checkNames, b.Name))
	})
	return found
}

// look reads the config, of which all else depends.
func (d *doctor) look(ctx context.Context) []finding {
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	r, ok := promised(func() reading { return d.read(d.file) }).get(ctx)
	if !ok {
		return []finding{late("config", readWithin), skip("keys", noConfig)}
	}
	d.config, d.at = r.config, r.at
	return r.found
}
