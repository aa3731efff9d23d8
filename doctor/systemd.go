package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const unit = "kioskd.service"

// systemdWithin bounds the answer of the service manager.
const systemdWithin = 3 * time.Second

// errNoSystemd: the machine is run by something else.
var errNoSystemd = errors.New("this machine is not run by systemd")

// showUnit asks the service manager, which is as sd_booted(3) tells it.
func showUnit(root string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if _, err := os.Stat(filepath.Join(root, "run/systemd/system")); errors.Is(err, fs.ErrNotExist) {
			return "", errNoSystemd
		}
		ctx, cancel := context.WithTimeout(ctx, systemdWithin)
		defer cancel()
		c := exec.CommandContext(ctx, "systemctl", "show", unit, "--property=LoadState,ActiveState,SubState,UnitFileState,Result,NRestarts,WatchdogUSec")
		c.WaitDelay = time.Second
		out, err := c.Output()
		return string(out), err
	}
}

func (d *doctor) systemd(ctx context.Context) []Finding {
	return []Finding{systemdFinding(d.unit(ctx))}
}

// systemdFinding reads the answer of systemctl show.
func systemdFinding(shown string, err error) Finding {
	const name = "systemd"
	switch {
	case errors.Is(err, errNoSystemd):
		return skip(name, err.Error())
	case err != nil:
		return doubt(name, "look at: systemctl status "+unit, "systemctl does not answer: %v", err)
	}
	is := map[string]string{}
	for line := range strings.Lines(shown) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		is[key] = value
	}
	watchdog := is["WatchdogUSec"]
	state := is["ActiveState"]
	switch {
	case is["LoadState"] == "not-found":
		return doubt(name, "without it nothing starts kioskd after a power cut: install the unit, then: systemctl enable --now kioskd", "there is no unit %s", unit)
	case is["LoadState"] != "loaded":
		return wrong(name, "see what is wrong with: systemctl status "+unit, "%s is %s", unit, is["LoadState"])
	case state == "failed":
		return wrong(name, "see why with: journalctl -u kioskd -n 50; then: systemctl restart kioskd", "%s has failed (%s)", unit, is["Result"])
	case is["SubState"] == "auto-restart" && is["Result"] == "watchdog":
		return wrong(name, "see which part hung with: journalctl -u kioskd -g E-HANG", "%s was ended by its watchdog and is started again, %s so far", unit, counted(atoi(is["NRestarts"]), "time"))
	case is["SubState"] == "auto-restart":
		return wrong(name, "see why with: journalctl -u kioskd -n 50", "%s ends and is started again, %s so far", unit, counted(atoi(is["NRestarts"]), "time"))
	case !strings.HasPrefix(is["UnitFileState"], "enabled"):
		return wrong(name, "systemctl enable kioskd", "%s is %s and %s: it will not start after a power cut", unit, state, is["UnitFileState"])
	case state == "activating":
		return doubt(name, "if it stays so, see why with: journalctl -u kioskd -n 50", "%s is enabled and starts: it is ready when its ledger is open and its screen is up", unit)
	case state != "active":
		return doubt(name, "systemctl start kioskd", "%s is enabled and %s", unit, state)
	case watchdog == "" || watchdog == "0" || watchdog == "infinity":
		return doubt(name, "use the unit of the Debian package, or write Type=notify and WatchdogSec=30", "%s is active and enabled, and has no watchdog: a daemon that hangs stays so", unit)
	}
	return good(name, "%s is active and enabled, watchdog %s", unit, watchdog)
}

func atoi(s string) (n int) {
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}
