package main

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
)

// unzip writes what is in FILE.zip into the folder FILE.
func unzip(ts *testscript.TestScript, _ bool, args []string) {
	z, err := zip.OpenReader(ts.MkAbs(args[0]))
	ts.Check(err)
	defer z.Close()
	dir := ts.MkAbs(args[0][:len(args[0])-len(".zip")])
	ts.Check(os.Mkdir(dir, 0o700))
	for _, f := range z.File {
		r, err := f.Open()
		ts.Check(err)
		data, err := io.ReadAll(r)
		ts.Check(err)
		ts.Check(os.WriteFile(filepath.Join(dir, f.Name), data, 0o600))
	}
}

// secretless fails if a line of a merchant's secret file stands anywhere in a
// folder.
func secretless(ts *testscript.TestScript, _ bool, args []string) {
	var lines [][]byte
	for _, name := range []string{"apiclient_key.pem", "apiv3_key.txt", "apiv2_key.txt"} {
		data, err := os.ReadFile(ts.MkAbs(name))
		if err != nil {
			continue
		}
		for line := range bytes.Lines(data) {
			if line = bytes.TrimSpace(line); len(line) > 15 && line[0] != '-' {
				lines = append(lines, line)
			}
		}
	}
	if len(lines) < 10 {
		ts.Fatalf("only %d lines of secrets: nothing is proved", len(lines))
	}
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, line := range lines {
			if bytes.Contains(data, line) {
				ts.Fatalf("%s holds a secret", path)
			}
		}
		return err
	}))
}
