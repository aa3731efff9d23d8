package debtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kioskd/internal/need"
)

const sessions = repository + "/packaging/session"

// TestChooseASession plays kioskd-session in a folder in the place of "/".
func TestChooseASession(t *testing.T) {
	root := t.TempDir()
	play := func(arg string) string {
		c := exec.Command(sessions+"/kioskd-session", arg)
		c.Env = append(os.Environ(), "KIOSKD_SESSION_ROOT="+root)
		out, err := c.CombinedOutput()
		if exit := new(exec.ExitError); errors.As(err, &exit) {
			return fmt.Sprintf("%d: %s", exit.ExitCode(), out)
		}
		return string(out)
	}
	link := func(name string) string {
		to, _ := os.Readlink(filepath.Join(root, name))
		return to
	}
	const choice, xorg = "etc/systemd/system/kioskd.service.d/50-session.conf", "etc/X11/xorg.conf.d/90-kioskd.conf"
	for _, tt := range []struct{ arg, says, choice, xorg string }{
		{"status", "none\n", "", ""},
		{"cage", "screen: cage\n", "/usr/lib/kioskd/session/cage.conf", ""},
		{"x", "screen: x\n", "/usr/lib/kioskd/session/x.conf", "/usr/lib/kioskd/session/xorg.conf"},
		{"status", "x\n", "/usr/lib/kioskd/session/x.conf", "/usr/lib/kioskd/session/xorg.conf"},
		{"framebuffer", "screen: framebuffer\n", "/usr/lib/kioskd/session/framebuffer.conf", ""},
		{"none", "screen: none\n", "", ""},
	} {
		for _, tool := range []string{"usr/bin/xauth", "usr/bin/cage", "usr/bin/Xwayland", "usr/lib/xorg/Xorg"} {
			path := filepath.Join(root, tool)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o755)); err != nil {
				t.Fatal(err)
			}
		}
		if got := play(tt.arg); got != tt.says {
			t.Errorf("%s says %q, want %q", tt.arg, got, tt.says)
		}
		if link(choice) != tt.choice || link(xorg) != tt.xorg {
			t.Errorf("after %s the choice is %q and the server's config %q", tt.arg, link(choice), link(xorg))
		}
	}
	if err := os.Remove(filepath.Join(root, "usr/bin/xauth")); err != nil {
		t.Fatal(err)
	}
	const missing = "1: kioskd-session: /usr/bin/xauth is missing: sudo apt-get install --no-install-recommends xauth\n"
	if got := play("x"); got != missing || link(choice) != "" {
		t.Errorf("without xauth it says %q and chooses %q", got, link(choice))
	}
	if got := play("y"); !strings.HasPrefix(got, "2: kioskd-session: write one of\n") {
		t.Errorf("y: %q", got)
	}
}

// TestTheCookieOpensTheScreen starts an X server as the unit does, only without
// hardware: who has the cookie may draw, others are kept out.
func TestTheCookieOpensTheScreen(t *testing.T) {
	xvfb, xdotool := need.Tool(t, "Xvfb"), need.Tool(t, "xdotool")
	need.Tool(t, "xauth")
	dir := t.TempDir()
	cookie := filepath.Join(dir, "xauthority")
	number := ":" + free(t)
	run(t, sessions+"/x-cookie", cookie, number)
	if info, err := os.Stat(cookie); err != nil || info.Mode().Perm() != 0o640 {
		t.Fatal("the cookie: ", info, err)
	}
	server := exec.Command(xvfb, number, "-nolisten", "tcp", "-noreset", "-nocursor", "-s", "0", "-dpms", "-auth", cookie)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Signal(syscall.SIGTERM); _ = server.Wait() })
	run(t, sessions+"/x-wait", "/tmp/.X11-unix/X"+number[1:])

	look := func(env ...string) error {
		c := exec.Command(xdotool, "getdisplaygeometry")
		c.Env = append([]string{"DISPLAY=" + number}, env...)
		out, err := c.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	if err := look("XAUTHORITY=" + cookie); err != nil {
		t.Errorf("the cookie does not open the screen: %v", err)
	}
	if look("HOME="+dir) == nil {
		t.Error("the screen opens without the cookie")
	}

	kioskd := unpack(t, release(t), "usr/bin/kioskd")
	demo := exec.Command(kioskd, "demo", "--screen", "window")
	demo.Env = append(os.Environ(), "DISPLAY="+number, "XAUTHORITY="+cookie)
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = demo.Process.Signal(syscall.SIGTERM); _ = demo.Wait() })
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		find := exec.Command(xdotool, "search", "--onlyvisible", "--class", "kioskd")
		find.Env = []string{"DISPLAY=" + number, "XAUTHORITY=" + cookie}
		if out, err := find.Output(); err == nil && len(out) > 0 {
			return
		} else if time.Now().After(end) {
			t.Fatal("kioskd has no window on the screen")
		}
	}
}

// free is a display number that no server has.
func free(t *testing.T) string {
	for n := 40; n < 90; n++ {
		if _, err := os.Lstat(fmt.Sprintf("/tmp/.X11-unix/X%d", n)); err != nil {
			return fmt.Sprint(n)
		}
	}
	t.Fatal("no display number is free")
	return ""
}
