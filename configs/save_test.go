package configs_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"kioskd/configs"
)

func TestSave(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "kioskd.yaml"), filepath.Join(dir, "link.yaml")
	if err := os.Symlink("kioskd.yaml", link); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		path, text string
		chmod      fs.FileMode // before
		mode       fs.FileMode // after
	}{
		{path, "a: 1\n", 0, 0o640},
		{path, "a: 2\n", 0o604, 0o604},
		{link, "a: 3\n", 0o600, 0o600},
	} {
		if step.chmod != 0 {
			if err := os.Chmod(path, step.chmod); err != nil {
				t.Fatal(err)
			}
		}
		if err := configs.Save(step.path, []byte(step.text)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		info, _ := os.Stat(path)
		if string(got) != step.text || err != nil || info.Mode() != step.mode {
			t.Errorf("%s: %q, %v, mode %s, want %q, %s", step.path, got, err, info.Mode(), step.text, step.mode)
		}
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
	if err := configs.Save(filepath.Join(dir, "none", "kioskd.yaml"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	list, err := os.ReadDir(dir)
	if len(list) != 2 || err != nil {
		t.Errorf("the folder holds %v, %v", list, err)
	}
}

// TestSaveAsTheDaemon: the file is root's and its group's, the folder can be
// written by the group, and the daemon may not give files away. Only root can
// make such a file for somebody else; who is not root saves what is its own.
func TestSaveAsTheDaemon(t *testing.T) {
	if path := os.Getenv("KIOSKD_SAVE"); path != "" {
		if err := configs.Save(path, []byte("a: 2\n")); err != nil {
			t.Fatal(err)
		}
		return
	}
	const daemon = 65534
	dir, err := os.MkdirTemp("", "save")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	exe = filepath.Join(dir, "test")
	path := filepath.Join(dir, "kioskd.yaml")
	if err := errors.Join(os.WriteFile(exe, program, 0o755), os.WriteFile(path, []byte("a: 1\n"), 0o640), os.Chmod(dir, 0o770)); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(exe, "-test.run=^TestSaveAsTheDaemon$")
	c.Env, c.Dir = append(os.Environ(), "KIOSKD_SAVE="+path), dir
	if os.Geteuid() == 0 {
		if err := errors.Join(os.Chown(dir, 0, daemon), os.Chown(path, 0, daemon)); err != nil {
			t.Fatal(err)
		}
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: daemon, Gid: daemon}}
	}
	if said, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o640 {
		t.Fatalf("%v, %v", info, err)
	}
	if got, want := info.Sys().(*syscall.Stat_t).Gid, uint32(daemon); os.Geteuid() == 0 && got != want {
		t.Errorf("the group is %d, want %d", got, want)
	}
}
