package debtest

import (
	"flag"
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

// nfpm builds the packager, once for all tests.
var nfpm = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "nfpm-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "nfpm")
	c := exec.Command("go", "build", "-o", path, "github.com/goreleaser/nfpm/v2/cmd/nfpm")
	c.Dir = filepath.Join(repository, "packaging/tools")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	c.Stderr = os.Stderr
	return path, c.Run()
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := nfpm(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// build runs deb.sh of a repository and returns the paths of the packages.
func build(t *testing.T, repository, version string, env []string, archs ...string) (debs []string) {
	t.Helper()
	need.Tool(t, "dpkg-deb")
	packager, err := nfpm()
	if err != nil {
		t.Fatal("build nfpm: ", err)
	}
	c := exec.Command("packaging/deb.sh", archs...)
	c.Dir = repository
	c.Env = append(os.Environ(), "DIST="+t.TempDir(), "VERSION="+version, "NFPM="+packager, "SOURCE_DATE_EPOCH=1795000000")
	c.Env = append(c.Env, env...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("deb.sh: %v", err)
	}
	return strings.Fields(string(out))
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
