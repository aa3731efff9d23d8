package debtest

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"kioskd/internal/need"
)

var boot = flag.Bool("boot", false, "boot a root with the package, sell, and hang the screen: five minutes, needs systemd-nspawn")

// what the window and the script need from Debian.
var drawn = []string{
	"dbus", "xvfb", "xauth", "xdotool", "curl", "fonts-wqy-microhei", "libegl1", "libgl1", "libgl1-mesa-dri",
	"libx11-6", "libxcursor1", "libxi6", "libxinerama1", "libxrandr2", "libxxf86vm1",
}

const wantBooted = `started: active, watchdog 30s
status: selling
windows: 1
sold: 1
technician: 200
stranger: 000
hang: E-HANG-01: the screen has not answered, restarts 1
back: selling
stopped: success
end
`

// TestBoot runs the unit as it is under a systemd of its own: all of its
// hardening, a sale, the watchdog. There is no network in it.
func TestBoot(t *testing.T) {
	run(t, "bash", "-n", "testdata/boot.sh")
	if !*boot {
		return // TestInstall looks at the unit without running it
	}
	nspawn := need.Tool(t, "systemd-nspawn")
	r := newRoot(t)
	r.run("apt-get", "update", "-qq")
	r.run(append([]string{"apt-get", "install", "-y", "-qq", "--no-install-recommends"}, drawn...)...)
	r.dpkg(release(t))

	if err := os.Mkdir(r.path("/sim"), 0o755); err != nil {
		t.Fatal(err)
	}
	simulators := exec.Command("go", "build", "-o", r.path("/sim/kiosk-sim"), "kioskd/cmd/kiosk-sim")
	simulators.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := simulators.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	script, err := os.ReadFile("testdata/boot.sh")
	if err != nil {
		t.Fatal(err)
	}
	r.write("/sim/boot.sh", script, 0o755)
	r.write("/etc/systemd/system/boot.service", []byte("[Unit]\nAfter=multi-user.target\n[Service]\nExecStart=/sim/boot.sh\n"), 0o644)
	wants := r.path("/etc/systemd/system/graphical.target.wants")
	if err := os.MkdirAll(wants, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/systemd/system/boot.service", filepath.Join(wants, "boot.service")); err != nil {
		t.Fatal(err)
	}

	machine := exec.Command(nspawn, "--quiet", "-D", r.dir, "--register=no", "--keep-unit", "--private-network", "-b")
	machine.WaitDelay = time.Second
	over := time.AfterFunc(6*time.Minute, func() { _ = machine.Process.Kill() })
	defer over.Stop()
	out, err := machine.CombinedOutput()
	said, _ := os.ReadFile(r.path("/sim/said"))
	if string(said) != wantBooted {
		log, _ := os.ReadFile(r.path("/sim/log"))
		t.Errorf("the machine says\n%swant\n%sIts log:\n%s\nnspawn: %v\n%s", said, wantBooted, log, err, out[max(0, len(out)-1000):])
	}
}
