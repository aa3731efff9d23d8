package store_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"kioskd/sale"
	"kioskd/store"
)

func at2026() time.Time { return time.Date(2026, 3, 1, 16, 0, 0, 0, time.FixedZone("CST", 8*3600)) }

const keptAt = ".damaged-20260301T080000Z"

// TestDamagedFile follows a technician whose machine has neither copies nor a
// tape: refused now and at every later start, until a backup is put in its
// place, the kept file is moved, or Reset.
func TestDamagedFile(t *testing.T) {
	path := newPath(t)
	o := store.Options{Clock: at2026, Checker: checker(t, "check")}
	s := open(t, path, o)
	sell(t, s, 5)
	closeStore(t, s)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damage := func() {
		t.Helper()
		bad := append([]byte(nil), good...)
		clear(bad[:4096])
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		forgetTape(t, path)
	}
	refused := func(want string) {
		t.Helper()
		_, err := store.Open(t.Context(), path, o)
		wantText(t, err, path, want)
		var f *sale.Fault
		if !errors.As(err, &f) || f.Code != sale.CodeStoreDamaged {
			t.Errorf("%#v", err)
		}
	}
	const hint = " (kioskd restore FILE puts a backup in its place; or move the kept file to another directory to begin an empty ledger," +
		" and compare the orders of the day with the provider's bill)"
	damage()
	refused("E-STORE-03: the ledger was damaged and is kept as $" + keptAt + ": one of the file's two heads is damaged" + hint)
	refused("E-STORE-03: the ledger was damaged and is kept as $" + keptAt + hint)

	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, o)
	if seq, _ := s.LastSeq(); seq != 5 {
		t.Errorf("the backup has sequence %d", seq)
	}
	closeStore(t, s)

	damage()
	refused("E-STORE-03: the ledger was damaged and is kept as $" + keptAt + ".2: one of the file's two heads is damaged" + hint)
	for _, kept := range []string{path + keptAt, path + keptAt + ".2"} {
		if b, err := os.ReadFile(kept); err != nil || len(b) != len(good) {
			t.Errorf("the kept file: %d bytes, %v", len(b), err)
		}
	}
	s, err = store.Reset(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	if seq, _ := s.LastSeq(); seq != 1005 {
		t.Errorf("the new ledger counts on from %d, want 5 and the margin of 1000", seq)
	}
	if open, err := s.Open(); len(open) != 0 || err != nil {
		t.Errorf("the new ledger has orders: %v %v", open, err)
	}
	closeStore(t, s)
	closeStore(t, open(t, path, o))

	damage()
	refused("E-STORE-03: the ledger was damaged and is kept as $" + keptAt + ".3: one of the file's two heads is damaged" + hint)
	for _, end := range []string{"", ".2", ".3"} {
		if err := os.Remove(path + keptAt + end); err != nil {
			t.Fatal(err)
		}
	}
	closeStore(t, open(t, path, o))
}

func TestResetNeedsAMissingFile(t *testing.T) {
	path := newPath(t)
	closeStore(t, open(t, path, store.Options{}))
	_, err := store.Reset(t.Context(), path, store.Options{})
	wantText(t, err, path, "E-STORE-01: $ exists (an empty ledger only takes the place of a missing one: move the file away first)")
}

// TestNotALedger: what never was a ledger is neither used nor touched.
func TestNotALedger(t *testing.T) {
	const hint = " (correct store.path in the config; or, if this was the ledger, kioskd restore)"
	for name, c := range map[string]struct {
		make func(path string) error
		want string
	}{
		"empty file": {func(path string) error { return os.WriteFile(path, nil, 0o600) }, "$ is empty"},
		"text":       {func(path string) error { return os.WriteFile(path, []byte("root:x:0:0\n"), 0o600) }, "$ is no bbolt file"},
		"long text": {func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("words ", 9999)), 0o600) },
			"$ is no bbolt file"},
		"directory":        {func(path string) error { return os.Mkdir(path, 0o700) }, "$ is not a file"},
		"other bbolt file": {otherBolt, "the file is a bbolt database, but not a ledger of kioskd"},
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			if err := c.make(path); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(path)
			for range 2 {
				_, err := store.Open(t.Context(), path, store.Options{})
				wantText(t, err, path, "E-STORE-03: there is something else where the ledger should be, and it was left as it is: "+c.want+hint)
			}
			_, err := store.OpenReadOnly(path)
			if err == nil {
				t.Error("it was opened for reading")
			}
			after, _ := os.ReadFile(path)
			if string(before) != string(after) {
				t.Error("it was changed")
			}
		})
	}
}

func otherBolt(path string) error {
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("sessions"))
		return err
	})
	return errors.Join(err, db.Close())
}

func TestNewerSchema(t *testing.T) {
	path := newPath(t)
	s := open(t, path, store.Options{})
	if err := s.Edit(store.SetSchema(store.Schema + 1)); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	before, _ := os.ReadFile(path)
	_, err := store.Open(t.Context(), path, store.Options{})
	wantText(t, err, path, "E-STORE-01: the ledger was written by a newer kioskd:"+
		" the ledger has schema 5, this kioskd knows 4 (install that version again)")
	_, err = store.OpenReadOnly(path)
	wantText(t, err, path, "E-STORE-01: the ledger has schema 5, this kioskd knows 4 (install the newer kioskd that wrote it)")
	after, _ := os.ReadFile(path)
	if string(before) != string(after) {
		t.Error("the file was changed")
	}
}

func TestMigration(t *testing.T) {
	path := newPath(t)
	s := open(t, path, store.Options{})
	defer s.Close()
	if err := s.MigrateTo([]uint32{4, 5, 6}, 6); err != nil {
		t.Fatal(err)
	}
	if ran, schema := s.Ran(); ran != "45" || schema != 6 {
		t.Errorf("ran %q to schema %d", ran, schema)
	}
	wantText(t, s.MigrateTo([]uint32{4, 5}, 7), "", "the ledger has schema 6, and nothing leads from there to 7")
}

func TestLocked(t *testing.T) {
	path := newPath(t)
	t.Setenv(childEnv, "hold")
	holder := exec.Command(self(t), path)
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = holder.Process.Kill(), holder.Wait() }()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "OPEN\n" {
		t.Fatal(line, err)
	}
	const want = "E-STORE-04: another process holds the ledger $ (another kioskd is running: stop it, or use it)"
	o := store.Options{Wait: 100 * time.Millisecond, Checker: checker(t, "check")}
	_, err = store.Open(t.Context(), path, o)
	wantText(t, err, path, want)
	_, err = store.OpenReadOnly(path)
	wantText(t, err, path, want)
	wantText(t, store.CheckFile(t.Context(), o.Checker, path), path, "another process holds $")
	// Even without the lock file, bbolt's own lock is noticed.
	if err := os.Remove(path + ".lock"); err != nil {
		t.Fatal(err)
	}
	_, err = store.Open(t.Context(), path, o)
	wantText(t, err, path, want)
}

// TestChecker: only a finding about the file puts the file aside.
func TestChecker(t *testing.T) {
	const unchecked = "E-STORE-01: the ledger cannot be used unexamined: the ledger could not be examined: "
	const hint = " (restart the machine; if it happens again, look at its memory and disk)"
	for part, want := range map[string]string{
		"crash": "E-STORE-03: the ledger was damaged and is kept as $" + keptAt +
			": reading the file crashed its reader: exit status 2: panic: page 7: bad" +
			" (kioskd restore FILE puts a backup in its place; or move the kept file to another directory to begin an empty ledger," +
			" and compare the orders of the day with the provider's bill)",
		"killed": unchecked + "signal: killed" + hint,
		"usage":  unchecked + `the checker is not kioskd's: exit status 2: unknown command "check-store"` + hint,
		"none":   unchecked + "the checker is not kioskd's: fork/exec $.none: no such file or directory" + hint,
	} {
		t.Run(part, func(t *testing.T) {
			path := newPath(t)
			closeStore(t, open(t, path, store.Options{}))
			o := store.Options{Clock: at2026, Checker: checker(t, part)}
			if part == "none" {
				o.Checker = []string{path + ".none"}
			}
			_, err := store.Open(t.Context(), path, o)
			wantText(t, err, path, want)
			if _, err := os.Stat(path); (err == nil) == (part == "crash") {
				t.Errorf("the file after %q: %v", part, err)
			}
		})
	}
}

func TestCheckEnds(t *testing.T) {
	path := newPath(t)
	closeStore(t, open(t, path, store.Options{}))
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := store.Open(ctx, path, store.Options{Checker: checker(t, "hang")})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestUnfinishedFirstFile(t *testing.T) {
	path := newPath(t)
	for _, left := range [][]byte{nil, []byte("half"), make([]byte, 8192)} {
		if err := os.WriteFile(path+".new", left, 0o600); err != nil {
			t.Fatal(err)
		}
		closeStore(t, open(t, path, store.Options{}))
		if _, err := os.Stat(path + ".new"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the unfinished file is still there: %v", err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "kioskd.db")
	_, err := store.Open(t.Context(), path, store.Options{})
	wantText(t, err, filepath.Dir(path), "E-STORE-01: the ledger $/kioskd.db cannot be used: open $/kioskd.db.lock: no such file or directory"+
		" (make the directory $, or mount what belongs there)")
	// A link to a disk that is not mounted is not a missing ledger.
	path = newPath(t)
	if err := os.Symlink("/nowhere/kioskd.db", path); err != nil {
		t.Fatal(err)
	}
	_, err = store.Open(t.Context(), path, store.Options{})
	wantText(t, err, path, "E-STORE-01: the ledger $ cannot be read: stat $: no such file or directory (check its owner and permissions, and the disk)")
}

func TestBootsAreCounted(t *testing.T) {
	path := newPath(t)
	for want := uint64(1); want < 4; want++ {
		s := open(t, path, store.Options{})
		if st, err := s.Stats(); st.Boots != want || err != nil {
			t.Errorf("boot %d (%v), want %d", st.Boots, err, want)
		}
		closeStore(t, s)
	}
}
