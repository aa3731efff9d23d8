package setup

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxMerchantFile is more than any key or certificate has.
const maxMerchantFile = 64 << 10

// readAnswer reads a file, or takes a key of 32 characters that was typed.
func readAnswer(f merchantFile, path string) ([]byte, error) {
	if f.typed() && len(path) == 32 && !strings.ContainsAny(path, "/.") {
		return []byte(path + "\n"), nil
	}
	if path == "" {
		return nil, errors.New("write the path of a file")
	}
	return readSmall(path)
}

func readSmall(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxMerchantFile))
}

// readMerchantFiles reads what a folder or a zip has of the names that count,
// zips in the folder included.
func readMerchantFiles(path string) (map[string][]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	have := map[string][]byte{}
	if !info.IsDir() {
		return have, readZip(path, have)
	}
	zips, _ := filepath.Glob(filepath.Join(path, "*.zip")) // the pattern is good
	for _, z := range zips {
		_ = readZip(z, have) // any other archive may lie there
	}
	for _, f := range merchantFileList() {
		for _, name := range f.names {
			if data, err := readSmall(filepath.Join(path, name)); err == nil {
				have[name] = data
			}
		}
	}
	return have, nil
}

func readZip(path string, have map[string][]byte) error {
	all, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	z, err := zip.NewReader(bytes.NewReader(all), int64(len(all)))
	if err != nil {
		return fmt.Errorf("%s is neither a folder nor a zip: %w", path, err)
	}
	for _, f := range z.File {
		name := filepath.Base(f.Name)
		if !slices.ContainsFunc(merchantFileList(), func(m merchantFile) bool { return slices.Contains(m.names, name) }) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return err
		}
		data, err := io.ReadAll(io.LimitReader(r, maxMerchantFile))
		if err = cmp.Or(err, r.Close()); err != nil {
			return err
		}
		have[name] = data
	}
	return nil
}
