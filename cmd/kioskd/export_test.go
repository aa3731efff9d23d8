package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestSaveToAPipe: what is no file is written to, and not replaced by one.
func TestSaveToAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	err = saveTo(path, nil, func(w io.Writer) error {
		_, err := io.WriteString(w, "rows")
		return err
	})
	got := make([]byte, 4)
	_, e := io.ReadFull(reader, got)
	if err = errors.Join(err, e); err != nil || string(got) != "rows" {
		t.Errorf("%q came through the pipe, %v", got, err)
	}
}
