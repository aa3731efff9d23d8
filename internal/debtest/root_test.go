package debtest

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kioskd/internal/need"
)

// root is a clean Debian in a folder.
type root struct {
	t   *testing.T
	dir string
}

// newRoot makes one of this machine's release, from the mirror that apt uses
// here. It lies in memory if it can: dpkg syncs every file.
func newRoot(t *testing.T) root {
	t.Helper()
	if os.Getuid() != 0 {
		need.Missing(t, "a Debian root takes root")
	}
	debootstrap, unshare := need.Tool(t, "debootstrap"), need.Tool(t, "unshare")
	mirror, release := mirror(t)
	dir, err := os.MkdirTemp(need.Memory(), "kioskd-root-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // it is everybody's "/"
		t.Fatal(err)
	}
	// Its mounts end with it, and cannot be deleted through.
	c := exec.Command(unshare, "--mount", "--propagation", "private",
		debootstrap, "--variant=minbase", "--include=systemd,udev,ca-certificates", release, dir, mirror)
	if out, err := c.CombinedOutput(); err != nil {
		out = out[max(0, len(out)-2000):]
		t.Fatalf("debootstrap: %v\n%s", err, out)
	}
	return root{t, dir}
}

// mirror reads from apt where this machine's release comes from.
func mirror(t *testing.T) (uri, release string) {
	release = strings.TrimSpace(run(t, "sh", "-c", `. /etc/os-release && echo "$VERSION_CODENAME"`))
	out := run(t, "apt-get", "indextargets", "--format", "$(CODENAME) $(COMPONENT) $(REPO_URI)", "Created-By: Packages")
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == release && f[1] == "main" {
			return f[2], release
		}
	}
	need.Missing(t, "apt knows no mirror of "+release)
	return "", ""
}

// try runs a command in the root and returns what it prints to both outputs,
// and its exit code.
func (r root) try(args ...string) (string, int) {
	r.t.Helper()
	script := `mount -t proc proc "$0/proc" && exec chroot "$0" "$@"`
	c := exec.Command("unshare", append([]string{"--mount", "--propagation", "private", "sh", "-c", script, r.dir}, args...)...)
	c.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive"}
	out, err := c.CombinedOutput()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return string(out), exit.ExitCode()
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return string(out), 0
}

// run is try for what must work.
func (r root) run(args ...string) string {
	r.t.Helper()
	out, code := r.try(args...)
	if code != 0 {
		r.t.Fatalf("%s: exit code %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

// dpkg hands a package to dpkg in the root.
func (r root) dpkg(deb string, flags ...string) string {
	r.t.Helper()
	b, err := os.ReadFile(deb)
	if err != nil {
		r.t.Fatal(err)
	}
	r.write("/tmp/kioskd.deb", b, 0o644)
	return r.run(append(append([]string{"dpkg"}, flags...), "-i", "/tmp/kioskd.deb")...)
}

func (r root) path(name string) string { return filepath.Join(r.dir, name) }

func (r root) write(name string, data []byte, mode os.FileMode) {
	r.t.Helper()
	if err := os.WriteFile(r.path(name), data, mode); err != nil {
		r.t.Fatal(err)
	}
}

func (r root) read(name string) []byte {
	r.t.Helper()
	b, err := os.ReadFile(r.path(name))
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

func (r root) exists(name string) bool {
	_, err := os.Lstat(r.path(name))
	return err == nil
}

// same fails unless the files have these bytes.
func (r root) same(when string, files map[string][]byte) {
	r.t.Helper()
	for name, want := range files {
		if got, err := os.ReadFile(r.path(name)); err != nil || !bytes.Equal(got, want) {
			r.t.Errorf("%s: %s is not what it was: %d bytes of %d, %v", when, name, len(got), len(want), err)
		}
	}
}

// modes compares owners and modes with a list of them.
func (r root) modes(want string) {
	r.t.Helper()
	var names []string
	for line := range strings.Lines(strings.TrimSpace(want)) {
		names = append(names, strings.Fields(line)[2])
	}
	got := r.run(append([]string{"stat", "-c", "%a %U:%G %n"}, names...)...)
	if strings.TrimSpace(got) != strings.TrimSpace(want) {
		r.t.Errorf("modes are\n%swant%s", got, want)
	}
}
