package kept_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"kioskd/kept"
)

func TestKeptFile(t *testing.T) {
	dir := t.TempDir()
	f := kept.File(filepath.Join(dir, "wechat-certificates-1900000109.json"))
	if data, err := f.Load(); data != nil || err != nil {
		t.Errorf("nothing was kept: %q, %v", data, err)
	}
	for _, text := range []string{"first", "second, and longer", "3"} {
		if err := f.Save([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if data, err := f.Load(); string(data) != text || err != nil {
			t.Errorf("%q, %v; want %q", data, err, text)
		}
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
	if info, err := os.Stat(string(f)); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(string(f), bytes.Repeat([]byte("x"), 2*kept.Most), 0o600); err != nil {
		t.Fatal(err)
	}
	if data, err := f.Load(); len(data) != kept.Most || err != nil {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	if err := kept.File(filepath.Join(dir, "none", "x")).Save(nil); err == nil {
		t.Error("saved into a folder that does not exist")
	}
}
