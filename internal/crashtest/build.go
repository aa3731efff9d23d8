package crashtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Build makes a command of this module as it is released, but for build flags
// such as "-tags", "crashpoints", and returns its path in dir.
func Build(dir, name string, flags ...string) (string, error) {
	binary := filepath.Join(dir, name)
	cmd := exec.Command("go", append(append([]string{"build"}, flags...), "-o", binary, "kioskd/cmd/"+name)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", name, err, out)
	}
	return binary, nil
}
