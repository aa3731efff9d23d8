package crashtest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kioskd/internal/crashtest"
	"kioskd/sale"
)

// TestBackupBesideTheDaemon: the technician copies the ledger of a machine that
// sells, is told that it must be stopped for a restore, and puts the copy back
// when it is. What was sold in between is not lost.
func TestBackupBesideTheDaemon(t *testing.T) {
	t.Parallel()
	r, err := crashtest.New(t.Context(), t.TempDir(), binary, 1, crashtest.Config{Sale: "dispense_within: 5s", Controller: "counts: true"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Close()
		if t.Failed() {
			t.Log(r.Log())
		}
	})
	command := func(args ...string) (string, error) {
		c := exec.Command(r.Binary, append(args, "--config", filepath.Join(r.Dir, "kioskd.yaml"))...)
		c.Dir = r.Dir
		out, err := c.CombinedOutput()
		return strings.TrimSpace(string(out)), err
	}
	sell := func(slot, wanted int) {
		t.Helper()
		o, err := r.Code(slot)
		if err == nil {
			err = pays(r, o)
		}
		if err == nil {
			err = r.Until(time.Minute, "the product", func() bool { return len(r.Cabinet.Drops()) == wanted })
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Start(""); err != nil {
		t.Fatal(err)
	}
	sell(11, 1)
	if said, err := command("backup", "copy.db"); err != nil || said != "copy.db: a good copy of "+r.Ledger() {
		t.Fatal(said, err)
	}
	if said, err := command("restore", "copy.db"); err == nil || !strings.HasPrefix(said, "kioskd: E-STORE-04: another process holds the ledger ") {
		t.Error(said, err)
	}
	time.Sleep(9 * time.Second) // take your product
	sell(12, 2)
	time.Sleep(time.Second)
	r.Kill()

	said, err := command("restore", "copy.db")
	if err != nil || !strings.Contains(said, "  nothing is in doubt: start the daemon") {
		t.Error(said, err)
	}
	if _, err := os.Stat(filepath.Join(r.Dir, "copy.db")); err != nil {
		t.Error(err)
	}
	if err := r.Start(""); err != nil {
		t.Fatal(err)
	}
	sell(11, 3)
	settles(t, r, ends(sale.Dispensed))
}
