package doctor

import (
	"errors"
	"fmt"
	"strings"

	"kioskd/sale"
)

// Verdict is what a check came to.
type Verdict string

// The verdicts. A machine with something that is Bad does not sell.
const (
	Fine    Verdict = "ok"
	Bad     Verdict = "bad"
	Doubted Verdict = "warning" // it sells, and somebody should look
	Skipped Verdict = "skipped" // What says why
)

var marks = map[Verdict]string{Fine: "✓", Bad: "✗", Doubted: "!", Skipped: "-"}

// Finding is one check: a line, or an entry of the JSON list. Names and states
// stay what they are, texts need not.
type Finding struct {
	Name  string    `json:"name"`
	Of    string    `json:"of,omitempty"` // which one, where there are several
	State Verdict   `json:"state"`
	Code  sale.Code `json:"code,omitempty"`
	What  string    `json:"what"`
	Hint  string    `json:"hint,omitempty"` // what to do
}

// The checks, in the order of their lines.
var checkNames = []string{
	"config", "keys", "serial", "clock", "skew", "network", "merchant",
	"daemon", "controller", "slots", "store", "space", "filesystem", "screen", "font", "systemd",
}

func good(name, what string, args ...any) Finding {
	return Finding{Name: name, State: Fine, What: fmt.Sprintf(what, args...)}
}

func skip(name, why string) Finding { return Finding{Name: name, State: Skipped, What: why} }

func wrong(name, hint, what string, args ...any) Finding {
	return Finding{Name: name, State: Bad, What: fmt.Sprintf(what, args...), Hint: hint}
}

func doubt(name, hint, what string, args ...any) Finding {
	return Finding{Name: name, State: Doubted, What: fmt.Sprintf(what, args...), Hint: hint}
}

// broken says an error in its own words.
func broken(name string, err error) Finding {
	f := Finding{Name: name, State: Bad, What: err.Error()}
	if fault := new(sale.Fault); errors.As(err, &fault) {
		f.Code, f.What, f.Hint = fault.Code, fault.What, fault.Hint
		if fault.Err != nil {
			f.What += ": " + fault.Err.Error()
		}
	}
	return f
}

// String is one line, whatever an error has in it.
func (f Finding) String() string {
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
