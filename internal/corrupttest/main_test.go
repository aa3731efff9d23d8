package corrupttest_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"kioskd/internal/crashtest"
)

var (
	number = flag.Int("cases", 60, "how many ledgers to damage; the daemon gets every thirtieth of them")
	seed   = flag.Uint64("seed", 1, "of the first case; case i has seed+i")
)

// kioskd is the daemon as it is released, the child that examines ledgers too.
var kioskd string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "kioskd-corrupt-")
	if err == nil {
		defer os.RemoveAll(dir)
		kioskd, err = crashtest.Build(dir, "kioskd")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
