package keyfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kioskd/internal/keyfile"
)

const want = "write the path of the APIv3 key"

func write(t *testing.T, dir, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSecret(t *testing.T) {
	dir := t.TempDir()
	key := strings.Repeat("aZ09", 8)
	for _, tt := range []struct {
		name, text string
		mode       os.FileMode
		key, what  string
	}{
		{"good", key, 0o600, key, ""},
		{"line feed", key + "\r\n", 0o400, key, ""},
		{"short", key[1:], 0o600, "", "PATH holds 31 characters, and the key has 32: " + want},
		{"empty", "", 0o600, "", "PATH holds 0 characters, and the key has 32: " + want},
		{"odd", key[1:] + "-", 0o600, "", "PATH holds something else than letters and digits: " + want},
		{"pem", "-----BEGIN PRIVATE KEY-----\n", 0o600, "", "PATH holds a PEM file, not a key of 32 characters: " + want},
		{"open", key, 0o644, "", `PATH can be used by others (mode 0644): run "chmod 600 PATH"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := write(t, dir, tt.name, tt.text, tt.mode)
			got, what := keyfile.Secret(path, want, 32)
			if what = strings.ReplaceAll(what, path, "PATH"); got != tt.key || what != tt.what {
				t.Errorf("got  %q %q\nwant %q %q", got, what, tt.key, tt.what)
			}
		})
	}
}

func TestCredentials(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	key := strings.Repeat("k", 32)
	write(t, dir, "apiv3", key, 0o440) // as systemd has it
	for value, what := range map[string]string{
		"credential:apiv3":       "",
		"credential:none":        filepath.Join(dir, "none") + " does not exist: " + want,
		"credential:../../passw": "credential:../../passw is no credential of this process: add LoadCredential=../../passw:/path/of/the/file to the service, or write a path",
	} {
		got, problem := keyfile.Secret(keyfile.Path("/etc/kioskd", value), want, 32)
		if problem != what || (what == "") != (got == key) {
			t.Errorf("%s: got %q, want %q", value, problem, what)
		}
	}
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	_, problem := keyfile.Secret(keyfile.Path("/etc/kioskd", "credential:apiv3"), want, 32)
	if want := "credential:apiv3 is no credential of this process: add LoadCredential=apiv3:/path/of/the/file to the service, or write a path"; problem != want {
		t.Errorf("got  %s\nwant %s", problem, want)
	}
	if got := keyfile.Path("/etc/kioskd", "a.pem"); got != "/etc/kioskd/a.pem" {
		t.Error(got)
	}
}
