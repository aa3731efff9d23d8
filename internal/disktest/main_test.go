package disktest_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"kioskd/internal/crashtest"
)

// apart marks the process that has mounts of its own.
const apart = "KIOSKD_DISKTEST_APART"

var binary string

func TestMain(m *testing.M) {
	if os.Getenv(apart) == "" {
		if code, ok := inNamespace(); ok {
			os.Exit(code)
		}
	}
	os.Exit(run(m))
}

// inNamespace runs this program again where its mounts vanish with it, even
// if it is killed. It reports false if that is not allowed.
func inNamespace() (code int, ok bool) {
	exe, err := os.Executable()
	if err != nil {
		return 0, false
	}
	c := exec.Command(exe, os.Args[1:]...)
	c.Env = append(os.Environ(), apart+"=1")
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	err = c.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		return 0, false
	}
	return c.ProcessState.ExitCode(), true
}

// run builds the daemon once, as it is released.
func run(m *testing.M) int {
	flag.Parse()
	dir, err := os.MkdirTemp("", "kioskd-disk-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if binary, err = crashtest.Build(dir, "kioskd"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	// The tests wait much more than they work.
	if err := flag.Set("test.parallel", "8"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
