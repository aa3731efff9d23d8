package devicetest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"kioskd/device/devicetest"
)

func harness(flaw string) devicetest.Harness {
	return devicetest.CabinetHarness(func(t testing.TB, port string) devicetest.Driver {
		return newDriver(t, port, flaw)
	})
}

// An honest driver passes.
func TestSuitePasses(t *testing.T) { devicetest.RunDriver(t, harness("")) }

// flawVariable makes TestFlawed, in a process of its own, run the suite with a
// driver that must fail.
const flawVariable = "DEVICETEST_FLAW"

func TestFlawed(t *testing.T) {
	if flaw := os.Getenv(flawVariable); flaw != "" {
		devicetest.RunDriver(t, harness(flaw))
	}
}

// Each flaw is caught, by the tests named.
func TestSuiteCatches(t *testing.T) {
	for flaw, by := range map[string]string{
		"repeats the command":         "dispense/lost_command",
		"believes any slot":           "dispense/stray_result,_jam",
		"believes old results":        "dispense/old_result",
		"believes an old jam":         "dispense/old_jam",
		"takes odd codes for failure": "dispense/unlisted_result$",
		"takes silence for failure":   "dispense/lost_reports$",
		"takes the counter for proof": "dispense/restart_after_the_drop",
		"sends again to recover":      "recover/never_sent",
		"sends later":                 "dispense/silent",
		"takes repeats":               "keys/repeated_frames",
		"drops the newest event":      "keys/nobody_reads",
		"never reconnects":            "line/unplug",
		"plain errors":                "line/silent_board",
	} {
		t.Run(flaw, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestFlawed$/"+by)
			cmd.Env = append(os.Environ(), flawVariable+"="+flaw)
			out, err := cmd.CombinedOutput()
			if want := "--- FAIL: TestFlawed/" + strings.TrimSuffix(by, "$"); err == nil || !strings.Contains(string(out), want) {
				t.Errorf("the suite lets this driver pass (%v):\n%s", err, out)
			}
		})
	}
}
