package keyfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const maxKeyBytes = 64 << 10

// credential begins the name of a file that systemd hands to the service
// (LoadCredential= and the like, systemd.exec(5)).
const credential = "credential:"

// Path makes the path of a file absolute, relative to dir. A value such as
// "credential:NAME" names a credential of the service, and without one it is
// returned as it is.
func Path(dir, value string) string {
	if name, ok := strings.CutPrefix(value, credential); ok {
		if from := os.Getenv("CREDENTIALS_DIRECTORY"); from != "" && filepath.IsLocal(name) {
			return filepath.Join(from, name)
		}
		return value
	}
	if value == "" || filepath.IsAbs(value) {
		return value
	}
	return filepath.Join(dir, value)
}

// Line reads a secret of one line, or says what is wrong with its file. want
// tells what to write instead.
func Line(path, want string) (string, string) {
	text, what := read(path, want, true)
	return strings.TrimSpace(string(text)), what
}

// Secret reads a key that is so many letters and digits long, or says what is
// wrong with it. want tells what to write instead.
func Secret(path, want string, length int) (string, string) {
	key, what := Line(path, want)
	switch {
	case what != "":
		return "", what
	case strings.Contains(key, "-----BEGIN"):
		return "", fmt.Sprintf("%s holds a PEM file, not a key of %d characters: %s", path, length, want)
	case len(key) != length:
		return "", fmt.Sprintf("%s holds %d characters, and the key has %d: %s", path, len(key), length, want)
	case strings.IndexFunc(key, func(r rune) bool { return !strings.ContainsRune(alphanumeric, r) }) >= 0:
		return "", fmt.Sprintf("%s holds something else than letters and digits: %s", path, want)
	}
	return key, ""
}

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// read returns what is in a file. One with a secret must be its owner's alone;
// systemd guards its credentials itself, by the mode of their folder.
func read(path, want string, secret bool) ([]byte, string) {
	switch {
	case path == "":
		return nil, "is missing: " + want
	case strings.HasPrefix(path, credential):
		return nil, path + " is no credential of this process: add LoadCredential=" +
			strings.TrimPrefix(path, credential) + ":/path/of/the/file to the service, or write a path"
	}
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, path + " does not exist: " + want
	case err != nil:
		return nil, fmt.Sprintf("%v: make it readable for the user that runs kioskd", err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil || !info.Mode().IsRegular():
		return nil, path + " is not a file: " + want
	case secret && info.Mode().Perm()&0o077 != 0 && !isCredential(path):
		return nil, fmt.Sprintf("%s can be used by others (mode %04o): run \"chmod 600 %s\"", path, info.Mode().Perm(), path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyBytes))
	if err != nil {
		return nil, fmt.Sprintf("%v: %s", err, want)
	}
	return text, ""
}

func isCredential(path string) bool {
	from := os.Getenv("CREDENTIALS_DIRECTORY")
	return from != "" && filepath.Dir(path) == filepath.Clean(from)
}
