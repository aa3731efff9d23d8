package configs_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
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
