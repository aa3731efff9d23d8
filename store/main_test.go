package store_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

// childEnv makes the test binary play a part in a process of its own. The
// ledger's path is the last argument.
const childEnv = "KIOSKD_STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	part := os.Getenv(childEnv)
	if part == "" {
		os.Exit(m.Run())
	}
	path := os.Args[len(os.Args)-1]
	parts := map[string]func(string) int{
		"check":   func(path string) int { return store.CheckCommand(path, os.Stdout) },
		"sell":    sellForEver,
		"archive": sellAndArchive,
		"create":  func(path string) int { return openFor(path, 0) },
		"hold":    func(path string) int { return openFor(path, time.Minute) },
		"limit":   sellUnderLimit,
		"hang":    func(string) int { fmt.Println("kioskd examines"); time.Sleep(time.Hour); return 0 },
		"crash":   func(string) int { fmt.Println("kioskd examines"); panic("page 7: bad") },
		"killed": func(string) int {
			fmt.Println("kioskd examines")
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			time.Sleep(time.Hour)
			return 0
		},
		"usage": func(string) int { fmt.Fprintln(os.Stderr, `unknown command "check-store"`); return 2 },
	}
	os.Exit(parts[part](path))
}

// checker is the command that examines ledgers in a child process.
func checker(t *testing.T, part string) []string {
	t.Setenv(childEnv, part)
	return []string{self(t)}
}

func self(t *testing.T) string {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

func openFor(path string, wait time.Duration) int {
	s, err := store.Open(context.Background(), path, store.Options{})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("OPEN")
	time.Sleep(wait)
	if err := s.Close(); err != nil {
		return 1
	}
	return 0
}

// sellForEver sells and says so after each commit, until it is killed.
func sellForEver(path string) int {
	s, err := store.Open(context.Background(), path, store.Options{})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	seq, err := s.LastSeq()
	for err == nil {
		seq++
		for _, step := range ledgertest.Happy(seq) {
			if err = s.Commit(step); err != nil {
				break
			}
			fmt.Printf("ACK %d %s\n", seq, step.Order.State)
		}
	}
	fmt.Println(err)
	return 1
}

// sellUnderLimit sells until the file may not grow and prints what happens
// then.
func sellUnderLimit(path string) int {
	signal.Ignore(syscall.SIGXFSZ)
	s, err := store.Open(context.Background(), path, store.Options{})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	const limit = 128 << 10
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
		fmt.Println(err)
		return 1
	}
	acknowledged := 0
	for seq := uint64(1); ; seq++ {
		for _, step := range ledgertest.Happy(seq) {
			if err := s.Commit(step); err != nil {
				fmt.Println("FIRST", err)
				fmt.Println("AGAIN", s.Commit(step))
				fmt.Println("HEALTH", s.Health())
				fmt.Println("ACKNOWLEDGED", acknowledged)
				return 0
			}
			acknowledged++
		}
	}
}

func open(t *testing.T, path string, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newPath(t *testing.T) string { return filepath.Join(t.TempDir(), "kioskd.db") }

// sell makes n sales in one transaction and returns their orders.
func sell(t *testing.T, s *store.Store, n int) (orders []sale.Order) {
	t.Helper()
	seq, err := s.LastSeq()
	if err != nil {
		t.Fatal(err)
	}
	var steps []sale.Step
	for i := range n {
		steps = append(steps, ledgertest.Happy(seq+1+uint64(i))...)
		orders = append(orders, steps[len(steps)-1].Order)
	}
	if err := s.CommitAll(steps); err != nil {
		t.Fatal(err)
	}
	return orders
}

func closeStore(t *testing.T, s interface{ Close() error }) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// forgetTape leaves a ledger alone with itself.
func forgetTape(t *testing.T, path string) {
	t.Helper()
	tape, err := filepath.Glob(path + ".tape-*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range tape {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
}

// wantText compares an error's text; $ stands for the ledger's path.
func wantText(t *testing.T, err error, path, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want: %s", want)
	}
	got := err.Error()
	if path != "" {
		got = strings.ReplaceAll(got, path, "$")
	}
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// ticking is a clock on which a minute passes whenever it is asked.
func ticking() func() time.Time {
	now := at2026()
	return func() time.Time {
		now = now.Add(time.Minute)
		return now
	}
}
