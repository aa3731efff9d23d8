package store_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kioskd/store"
)

// resident is how many bytes of a mapped file this process has in memory.
func resident(t *testing.T, path string) (bytes int64) {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ours, mapped := false, false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := lines.Text()
		if first, _, _ := strings.Cut(line, " "); strings.Contains(first, "-") {
			ours = strings.HasSuffix(line, path)
			mapped = mapped || ours
		}
		var kib int64
		if n, _ := fmt.Sscanf(line, "Rss: %d kB", &kib); ours && n == 1 {
			bytes += kib << 10
		}
	}
	if !mapped {
		t.Fatalf("%s is not mapped", path)
	}
	return bytes
}

// TestOldOrdersTakeNoMemory: a ledger full of old orders must not stay in the memory of a small board
// because they were looked through at the start.
func TestOldOrdersTakeNoMemory(t *testing.T) {
	path, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(path, "kioskd.db")
	s := open(t, path, store.Options{Reserve: 1})
	sell(t, s, 3000)
	closeStore(t, s)
	s = open(t, path, store.Options{Reserve: 1})
	defer closeStore(t, s)
	stats, err := s.Stats()
	if err != nil {
		t.Fatal(err)
	}
	if got, most := resident(t, path), int64(1<<20); got > most {
		t.Errorf("%d KiB of the ledger of %d orders stay in memory, want at most %d", got>>10, stats.Orders, most>>10)
	}
}
