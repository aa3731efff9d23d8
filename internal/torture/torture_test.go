package torture_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"kioskd/internal/crashtest"
	"kioskd/internal/torture"
)

var (
	kills    = flag.Int("kills", 12, "how often the daemon is killed")
	machines = flag.Int("machines", 4, "machines beside each other")
	seed     = flag.Uint64("seed", 1, "of the kills, the customers and the accidents")
	keep     = flag.String("keep", "", "folder for the logs and ledgers of a run that fails")
)

// readyGoal is for many kills; a few, beside other tests, prove nothing.
const (
	readyGoal = 2 * time.Second
	enough    = 200
)

// TestKilled is the promise: whenever the process dies, nothing is lost and
// nothing happens twice.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	f, err := torture.Run(t.Context(), torture.Options{
		Kills: *kills, Machines: *machines, Seed: *seed, Keep: *keep, Progress: os.Stdout,
		Daemon: build(t, dir, "kioskd", "-tags", "crashpoints"), Sim: build(t, dir, "kiosk-sim"),
	})
	fmt.Printf("torture: seed %d: %v\n", *seed, f)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range f.Violations {
		t.Errorf("seed %d: %s", *seed, v)
	}
	if f.Kills != *kills || f.Books.Orders == 0 || f.Audits == 0 {
		t.Errorf("too little happened: %v", f)
	}
	if p99 := f.Ready.P(99); *kills >= enough && p99 > readyGoal {
		t.Errorf("ready again after %s (p99), the goal is %s", p99, readyGoal)
	}
}

func build(t *testing.T, dir, name string, flags ...string) string {
	t.Helper()
	binary, err := crashtest.Build(dir, name, flags...)
	if err != nil {
		t.Fatal(err)
	}
	return binary
}
