// Package need says what a test needs from the machine. Where it is missing
// the test is skipped on a desk and fails where CI=true, so that no test can
// silently stop running.
package need

import (
	"os"
	"os/exec"
	"testing"
)

// Tool returns the path of an executable, or ends the test.
func Tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(t, name+" is not installed (make tools installs it)")
	}
	return path
}

// Missing ends the test: it fails under CI=true and is skipped elsewhere.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}
