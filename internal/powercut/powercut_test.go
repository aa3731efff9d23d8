package powercut_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"kioskd/internal/need"
	"kioskd/internal/powercut"
	"kioskd/internal/proof"
)

var (
	images = flag.Int("images", 600, "how many images to open")
	seed   = flag.Uint64("seed", 1, "of the scripts and the images")
	traces = flag.String("traces", "", "directory with recorded scenes to replay, as a failed run keeps it")
)

// scriptEnv makes the test binary play a script, in a process of its own.
const scriptEnv = "KIOSKD_POWERCUT_SCRIPT"

func TestMain(m *testing.M) {
	script := os.Getenv(scriptEnv)
	if script == "" {
		os.Exit(m.Run())
	}
	if err := powercut.Write(os.Args[1], script, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func record(t *testing.T, dir string, steps int) []*powercut.Scene {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	scenes, err := powercut.Record(powercut.Recording{
		Strace: need.Tool(t, "strace"), Seed: *seed, Steps: steps, Dir: dir, Memory: need.Memory(),
		Writer: func(ledger, script string) *exec.Cmd {
			c := exec.Command(exe, ledger)
			c.Env = append(os.Environ(), scriptEnv+"="+script)
			return c
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return scenes
}

// TestPowerCut cuts the power at every instant. The figures are its last line.
func TestPowerCut(t *testing.T) {
	dir := *traces
	var scenes []*powercut.Scene
	var err error
	if dir == "" {
		if dir, err = os.MkdirTemp("", "powercut-traces-"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if !t.Failed() {
				os.RemoveAll(dir)
			}
		})
		scenes = record(t, dir, max(120, *images/100))
	} else if scenes, err = powercut.Load(dir); err != nil {
		t.Fatal(err)
	}
	p := proof.Begin("powercut", *seed)
	f, err := powercut.Replay{
		Seed: *seed, Images: *images, Memory: need.Memory(), Keep: filepath.Join(dir, "failed"),
		Progress: func(done, of, failed int) { p.Say("%d of %d images, %d failed", done, of, failed) },
	}.Run(scenes)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range f.Failures[:min(20, len(f.Failures))] {
		t.Error(x)
	}
	if f.Images < *images {
		t.Errorf("only %d images", f.Images)
	}
	if t.Failed() {
		t.Logf("replay: go test ./internal/powercut -run TestPowerCut -seed %d -images %d -traces %s", *seed, *images, dir)
	}
	p.End("%v; images by scene: %v", f, f.Scenes)
}

// TestHarness asks whether the harness sees what it should.
func TestHarness(t *testing.T) {
	dir := t.TempDir()
	scenes := record(t, dir, 60)
	t.Run("a replay is exact", func(t *testing.T) {
		t.Parallel()
		first, again, other := digest(t, dir, 7), digest(t, dir, 7), digest(t, dir, 8)
		if first != again || first == other {
			t.Errorf("digests %08x, %08x, and with another seed %08x", first, again, other)
		}
	})
	for _, m := range powercut.Mutants() {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			broken(t, m, scenes)
		})
	}
}

// digest replays what is recorded in dir.
func digest(t *testing.T, dir string, seed uint64) uint32 {
	t.Helper()
	scenes, err := powercut.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	f, err := powercut.Replay{Seed: seed, Images: 60, Memory: need.Memory()}.Run(scenes)
	if err != nil {
		t.Fatal(err)
	}
	return f.Digest
}

// broken expects failures from a store that is known to be broken.
func broken(t *testing.T, m powercut.Mutant, scenes []*powercut.Scene) {
	t.Helper()
	f, err := powercut.Replay{Seed: *seed, Images: m.Images, Memory: need.Memory()}.Run([]*powercut.Scene{m.Apply(scenes)})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(f)
	if f.Count(m.Sees) == 0 {
		t.Errorf("nothing %s in %d images", m.Sees, f.Images)
	}
	for _, x := range f.Failures[:min(2, len(f.Failures))] {
		t.Log(x)
	}
}
