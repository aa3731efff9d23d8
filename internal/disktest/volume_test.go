package disktest_test

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

// volume is a small file system for one ledger.
type volume struct {
	dir   string
	image string // behind a loop device; empty for a tmpfs
	below string // the tmpfs that the image lies on
}

// tmpfs needs root.
func tmpfs(t *testing.T, size string) *volume {
	t.Helper()
	v := &volume{dir: t.TempDir()}
	if err := syscall.Mount("tmpfs", v.dir, "tmpfs", 0, "size="+size); err != nil {
		need.Missing(t, "this test mounts a tmpfs, for which it needs to be root: "+err.Error())
	}
	t.Cleanup(func() { _ = syscall.Unmount(v.dir, syscall.MNT_DETACH) })
	return v
}

// plain is a folder, where a limit is all that can strike.
func plain(t *testing.T) *volume { return &volume{dir: t.TempDir()} }

// ext4 lies on a loop device over a sparse file on a tmpfs. Blocks that were
// never written have nothing behind them: when that tmpfs is full the device
// reports I/O errors.
func ext4(t *testing.T) *volume {
	t.Helper()
	mkfs := need.Tool(t, "mkfs.ext4")
	need.Tool(t, "fsck.ext4")
	need.Tool(t, "mount")
	below := tmpfs(t, "24m")
	v := &volume{dir: t.TempDir(), below: below.dir, image: filepath.Join(below.dir, "disk")}
	if err := os.WriteFile(v.image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(v.image, 16<<20); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(mkfs, "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", "-J", "size=1", v.image).CombinedOutput(); err != nil {
		t.Fatalf("mkfs.ext4: %v\n%s", err, out)
	}
	if err := v.mount(); err != nil {
		need.Missing(t, "this test mounts ext4 on a loop device: "+err.Error())
	}
	t.Cleanup(func() { _ = syscall.Unmount(v.dir, syscall.MNT_DETACH) })
	return v
}

func (v *volume) mount() error {
	if out, err := exec.Command("mount", "-o", "loop,errors=remount-ro", v.image, v.dir).CombinedOutput(); err != nil {
		return fmt.Errorf("mount: %w: %s", err, out)
	}
	return nil
}

// fill takes every block of a file system.
func fill(dir string) error {
	f, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		return err
	}
	defer f.Close()
	for size := 1 << 16; size >= 1<<9; {
		if _, err = f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("fill the disk: %w", err)
	}
	return nil
}

func empty(dir string) error { return os.Remove(filepath.Join(dir, "filler")) }

// remount changes a tmpfs that nobody writes to.
func (v *volume) remount(readOnly bool) error {
	flags := uintptr(syscall.MS_REMOUNT)
	if readOnly {
		flags |= syscall.MS_RDONLY
	}
	return syscall.Mount("", v.dir, "", flags, "")
}

// breakDown makes the kernel find an error in the file system, after which it
// is read-only for everybody, open files included.
func (v *volume) breakDown() error {
	device, err := v.device()
	if err != nil {
		return err
	}
	return os.WriteFile("/sys/fs/ext4/"+device+"/trigger_fs_error", []byte("1"), 0)
}

// device is the name of the loop device, as /proc/mounts has it.
func (v *volume) device() (string, error) {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(mounts)) {
		if f := strings.Fields(line); len(f) > 1 && f[1] == v.dir {
			return filepath.Base(f[0]), nil
		}
	}
	return "", fmt.Errorf("%s is not mounted", v.dir)
}

// repair does what a boot does: check, repair and mount. Nobody may have a
// file open.
func (v *volume) repair() error {
	err := syscall.Unmount(v.dir, 0)
	for limit := time.Now().Add(10 * time.Second); errors.Is(err, syscall.EBUSY) && time.Now().Before(limit); {
		time.Sleep(50 * time.Millisecond)
		err = syscall.Unmount(v.dir, 0)
	}
	if err != nil {
		return fmt.Errorf("unmount: %w", err)
	}
	out, err := exec.Command("fsck.ext4", "-f", "-p", v.image).CombinedOutput()
	var said *exec.ExitError
	if errors.As(err, &said) && said.ExitCode() == 1 {
		err = nil // errors were corrected
	}
	if err != nil {
		return fmt.Errorf("fsck.ext4: %w: %s", err, out)
	}
	return v.mount()
}
