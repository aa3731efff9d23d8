//go:build crashpoints

package daemon

import (
	"os"
	"strings"
	"syscall"

	"kioskd/sale"
)

// crashPoints makes the process kill itself, as a power cut would, at the
// commit that KIOSKD_CRASH names: "before:STATE" or "after:STATE". It is built
// only for the crash tests.
func crashPoints(l sale.Ledger) sale.Ledger {
	when, state, ok := strings.Cut(os.Getenv("KIOSKD_CRASH"), ":")
	if !ok {
		return l
	}
	return crashing{l, when, sale.State(state)}
}

type crashing struct {
	sale.Ledger
	when  string
	state sale.State
}

func (c crashing) Commit(s sale.Step) error {
	aimed := false
	for _, l := range s.Trail {
		aimed = aimed || l.State == c.state
	}
	if aimed && c.when == "before" {
		die()
	}
	err := c.Ledger.Commit(s)
	if aimed && err == nil && c.when == "after" {
		die()
	}
	return err
}

func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}
