package debtest

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"kioskd/internal/need"
)

var all = flag.Bool("all", false, "compile for arm64 and armhf, too")

// repository is where deb.sh works.
const repository = "../.."

// scratch is where what all tests share lies.
var scratch string

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	if scratch, err = os.MkdirTemp("", "debtest-"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(scratch)
	os.Exit(code)
}

// nfpm builds the packager.
var nfpm = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "nfpm")
	c := exec.Command("go", "build", "-o", path, "github.com/goreleaser/nfpm/v2/cmd/nfpm")
	c.Dir = filepath.Join(repository, "packaging/tools")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	c.Stderr = os.Stderr
	return path, c.Run()
})

var built = sync.OnceValues(func() ([]string, error) { return pack(scratch, repository, "1.0.0", nil, "amd64") })

// release is the package of version 1.0.0 for amd64, as it is released.
func release(t *testing.T) string {
	t.Helper()
	need.Tool(t, "dpkg-deb")
	debs, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return debs[0]
}

// build packs another one.
func build(t *testing.T, repository, version string, env []string, archs ...string) []string {
	t.Helper()
	need.Tool(t, "dpkg-deb")
	debs, err := pack(t.TempDir(), repository, version, env, archs...)
	if err != nil {
		t.Fatal(err)
	}
	return debs
}

// pack runs deb.sh of a repository and returns the paths of the packages.
func pack(dist, repository, version string, env []string, archs ...string) ([]string, error) {
	packager, err := nfpm()
	if err != nil {
		return nil, fmt.Errorf("build nfpm: %w", err)
	}
	c := exec.Command("packaging/deb.sh", archs...)
	c.Dir = repository
	c.Env = append(os.Environ(), "DIST="+dist, "VERSION="+version, "NFPM="+packager, "SOURCE_DATE_EPOCH=1795000000")
	c.Env = append(c.Env, env...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("deb.sh: %w", err)
	}
	return strings.Fields(string(out)), nil
}

// run returns what a command prints to both its outputs.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
