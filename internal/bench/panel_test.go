package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// A demo that ends without a word is an error, not a wait.
func TestPanelOfNobody(t *testing.T) {
	daemon := filepath.Join(t.TempDir(), "kioskd")
	if err := os.WriteFile(daemon, []byte("#!/bin/sh\necho kioskd demo: open http://127.0.0.1:1/ for the keypad\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := panels(context.Background(), options{daemon: daemon}, func(string, ...any) {})
	if err == nil || err.Error() != "the demo told of no panel" {
		t.Errorf("got %v", err)
	}
}
