package configs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kioskd/configs"
)

func TestLocate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "kioskd.yaml")
	own := configs.Default()
	for _, c := range []struct{ file, ledger, err string }{
		{"", "", ":1:1: nothing is configured: begin with the reference file"},
		{"machine: {id: A1}\n", own.Store.Path, ""},
		{"store: {path: k.db}\nnonsense: [}", "", ":2:11: "},
		{"store: {path: k.db}\nproducts: 5\nnonsense: true\n", filepath.Join(dir, "k.db"), ""},
		{"store: {path: /var/k.db}\n", "/var/k.db", ""},
		{"screen: {driver: none}\n  driver: auto # hunter2\n", "", `:2:3: this line does not belong where it stands: write "key: value" and align it with its neighbours`},
		{"store: 5\n", "", ": it does not say where the ledger and the socket are: kioskd check FILE tells what is wrong"},
		{"store: {path: [1, 2]}\n", "", ": it does not say where the ledger and the socket are: kioskd check FILE tells what is wrong"},
		{"store: {path: 'a\n", "", "a quote is opened here and never closed: write the second quote"},
		{"\x00\xff\xfe", "", ": "},
		{strings.Repeat("# long\n", configs.MaxSize), "", ": "},
	} {
		if err := os.WriteFile(path, []byte(c.file), 0o600); err != nil {
			t.Fatal(err)
		}
		at, err := configs.Locate(path)
		if c.err == "" {
			if err != nil || at.Ledger != c.ledger {
				t.Errorf("%.40q: %+v, %v", c.file, at, err)
			}
			continue
		}
		if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "check "+path, "check FILE"), c.err) || strings.ContainsAny(err.Error(), "\n") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%.40q: %v", c.file, err)
		}
	}
}

func FuzzLocate(f *testing.F) {
	f.Add("store: {path: k.db}\n")
	f.Add("screen: {driver: none}\n  driver: auto\n")
	f.Add("a: &a [*a, *a]\nstore: *a\n")
	path := filepath.Join(f.TempDir(), "kioskd.yaml")
	f.Fuzz(func(t *testing.T, file string) {
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := configs.Locate(path); err != nil && strings.ContainsAny(err.Error(), "\n") {
			t.Errorf("%q: more than a line: %v", file, err)
		}
	})
}
