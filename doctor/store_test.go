package doctor

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kioskd/configs"
	"kioskd/control"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

// aPatient is a doctor for the store in a folder, where no daemon runs.
func aPatient(t *testing.T) (d *doctor, dir string) {
	t.Helper()
	dir = t.TempDir()
	d = newDoctor(Options{File: "", Root: "/", Drivers: theDrivers()})
	d.at = &configs.Places{Ledger: filepath.Join(dir, "k.db")}
	d.now, d.checker = func() time.Time { return noon }, nil
	d.heard = promised(func() heard { return heard{err: control.ErrNoDaemon} })
	c := configs.Default()
	c.Store.Path, c.Store.Reserve = d.at.Ledger, 64<<20
	d.config = &c
	return d, dir
}

func TestStoreFinding(t *testing.T) {
	make := func(t *testing.T, path string) {
		s, err := store.Open(t.Context(), path, store.Options{Reserve: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range ledgertest.Happy(1) {
			if err := s.Commit(step); err != nil {
				t.Fatal(err)
			}
		}
		s.Close()
	}
	touch := func(t *testing.T, path string) {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name string
		do   func(t *testing.T, d *doctor, dir string)
		want string
	}{
		{"new", func(*testing.T, *doctor, string) {}, "✓ store       there is no ledger at DIR/k.db yet; kioskd makes it when it first runs"},
		{"no folder", func(_ *testing.T, d *doctor, dir string) { d.at.Ledger = dir + "/none/k.db" }, "✗ store       the folder DIR/none is not there → make it: mkdir -p DIR/none, and give it to the user that runs kioskd"},
		{"sound", func(t *testing.T, d *doctor, _ string) { make(t, d.at.Ledger) }, "✓ store       examined and sound: 1 order, 0 in hand, 16 MiB; no copy yet"},
		{"copied", func(t *testing.T, d *doctor, _ string) {
			make(t, d.at.Ledger)
			touch(t, d.at.Ledger+".copy-20261127T040000Z")
		}, "✓ store       examined and sound: 1 order, 0 in hand, 16 MiB; newest copy of 2026-11-27 12:00"},
		{"copied long ago", func(t *testing.T, d *doctor, _ string) {
			make(t, d.at.Ledger)
			touch(t, d.at.Ledger+".copy-20261124T035959Z")
		}, "! store       examined and sound: 1 order, 0 in hand, 16 MiB; the newest copy is 4 days old → let kioskd run: it makes one a day; if it does, its log says why not"},
		{"lost", func(t *testing.T, d *doctor, _ string) { touch(t, d.at.Ledger+".copy-20261127T040000Z") }, "! store       there is no ledger at DIR/k.db, but copies of one → start kioskd: it makes the ledger again from them; or correct store.path"},
		{"damaged", func(t *testing.T, d *doctor, _ string) {
			make(t, d.at.Ledger)
			if err := os.Truncate(d.at.Ledger, 8192); err != nil {
				t.Fatal(err)
			}
		}, "✗ store       E-STORE-03: DIR/k.db is damaged: FOUND → start kioskd, which makes it again from a copy and the tape"},
		{"held", func(t *testing.T, d *doctor, _ string) {
			s, err := store.Open(t.Context(), d.at.Ledger, store.Options{Reserve: 1})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
		}, "✗ store       E-STORE-04: another process holds DIR/k.db, and no daemon answers → restart kioskd; if it stays, see who it is with: fuser DIR/k.db"},
		{"a daemon does not tell", func(_ *testing.T, d *doctor, _ string) {
			d.heard = promised(func() heard { return heard{err: errors.New("no answer")} })
		}, "- store       a daemon may have the ledger, and does not tell"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, dir := aPatient(t)
			tt.do(t, d, dir)
			f := d.ledger(t.Context())[0]
			f.What, f.Hint = strings.ReplaceAll(f.What, dir, "DIR"), strings.ReplaceAll(f.Hint, dir, "DIR")
			if head, _, ok := strings.Cut(f.What, "is damaged: "); ok {
				f.What = head + "is damaged: FOUND"
			}
			line(t, f, tt.want)
		})
	}
}

func TestSpaceFinding(t *testing.T) {
	for _, tt := range []struct {
		free int64 // MiB
		err  error
		want string
	}{
		{200, nil, "✓ space       200 MiB left, reserve 64 MiB"},
		{127, nil, "! space       127 MiB left; below 64 MiB nothing is sold → delete what fills the disk"},
		{63, nil, "✗ space       E-STORE-02: 63 MiB left, and 64 MiB are the reserve below which nothing is sold → delete what fills the disk; sales go on by themselves"},
		{0, errors.New("statfs: no"), "✗ space       statfs: no → correct store.path in the config"},
	} {
		d, _ := aPatient(t)
		d.spaceAt = func(string) (store.Space, error) { return store.Space{Free: tt.free << 20}, tt.err }
		line(t, d.space(t.Context())[0], tt.want)
	}
}
