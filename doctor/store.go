package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"kioskd/clock"
	"kioskd/sale"
	"kioskd/store"
)

// copyOld: a daemon that runs makes a copy each day.
const copyOld = 3 * 24 * time.Hour

// ledger reports the ledger's health. A daemon's word is taken for its own.
func (d *doctor) ledger(ctx context.Context) []Finding {
	const name = "store"
	if d.at == nil {
		return []Finding{skip(name, noConfig)}
	}
	h, ok := d.heard.get(ctx)
	switch {
	case !ok || h.runs() && h.err != nil:
		return []Finding{skip(name, "a daemon may have the ledger, and does not tell")}
	case h.runs():
		return []Finding{d.withCopies(good(name, "the daemon has it: %s in hand, %s", counted(int(h.Store.Open), "order"), size(h.Store.Size)))}
	}
	_, err := os.Stat(d.at.Ledger)
	if errors.Is(err, fs.ErrNotExist) {
		return []Finding{d.noLedger()}
	}
	err = store.CheckFile(ctx, d.checker, d.at.Ledger)
	var found *store.Finding
	switch {
	case errors.Is(err, store.ErrUnchecked), ctx.Err() != nil:
		return []Finding{doubt(name, "see whether the daemon starts; it takes the time it needs", "%s could not be examined in time", d.at.Ledger)}
	case errors.As(err, &found) && found.Kind == store.Locked:
		return []Finding{{
			Name: name, State: Bad, Code: sale.CodeStoreLocked, What: "another process holds " + d.at.Ledger + ", and no daemon answers",
			Hint: "restart kioskd; if it stays, see who it is with: fuser " + d.at.Ledger,
		}}
	case errors.As(err, &found) && found.Kind == store.Damaged:
		return []Finding{{
			Name: name, State: Bad, Code: sale.CodeStoreDamaged, What: d.at.Ledger + " is damaged: " + found.Text,
			Hint: "start kioskd, which makes it again from a copy and the tape",
		}}
	}
	r, err := store.OpenReadOnly(d.at.Ledger)
	if err != nil {
		return []Finding{broken(name, err)}
	}
	defer r.Close()
	s, err := r.Stats()
	if err != nil {
		return []Finding{broken(name, err)}
	}
	return []Finding{d.withCopies(good(name, "examined and sound: %s, %d in hand, %s", counted(int(s.Orders), "order"), s.Open, size(s.Size)))}
}

// noLedger is for a machine that has not run, or that has lost its ledger.
func (d *doctor) noLedger() Finding {
	const name = "store"
	dir := filepath.Dir(d.at.Ledger)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return wrong(name, "make it: mkdir -p "+dir+", and give it to the user that runs kioskd", "the folder %s is not there", dir)
	}
	if list, _ := store.Copies(d.at.Ledger, store.Options{Copies: d.at.Copies}); len(list) > 0 {
		return doubt(name, "start kioskd: it makes the ledger again from them; or correct store.path", "there is no ledger at %s, but copies of one", d.at.Ledger)
	}
	return good(name, "there is no ledger at %s yet; kioskd makes it when it first runs", d.at.Ledger)
}

// withCopies adds what is known of the copies to a good word.
func (d *doctor) withCopies(f Finding) Finding {
	last, err := store.NewestCopy(d.at.Ledger, store.Options{Copies: d.at.Copies})
	switch age := d.now().Sub(last); {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return doubt(f.Name, "look at store.copies in the config and at that folder", "%s; its copies: %v", f.What, err)
	case last.IsZero():
		f.What += "; no copy yet"
	case age > copyOld:
		return doubt(f.Name, "let kioskd run: it makes one a day; if it does, its log says why not", "%s; the newest copy is %d days old", f.What, age/(24*time.Hour))
	default:
		f.What += "; newest copy of " + last.In(clock.Beijing).Format("2006-01-02 15:04")
	}
	return f
}

// space reports what the ledger's disk has left.
func (d *doctor) space(context.Context) []Finding {
	const name = "space"
	if d.config == nil {
		return []Finding{skip(name, noConfig)}
	}
	reserve := int64(d.config.Store.Reserve)
	s, err := d.spaceAt(existing(d.config.Store.Path))
	switch {
	case err != nil:
		return []Finding{wrong(name, "correct store.path in the config", "%v", err)}
	case s.Free < reserve:
		f := wrong(name, "delete what fills the disk; sales go on by themselves", "%s left, and %s are the reserve below which nothing is sold", size(s.Free), size(reserve))
		f.Code = sale.CodeStoreSpace
		return []Finding{f}
	case s.Free < 2*reserve:
		return []Finding{doubt(name, "delete what fills the disk", "%s left; below %s nothing is sold", size(s.Free), size(reserve))}
	}
	return []Finding{good(name, "%s left, reserve %s", size(s.Free), size(reserve))}
}

// existing is the nearest folder above a path that is there.
func existing(path string) string {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			return dir
		}
	}
}

func size(bytes int64) string {
	if bytes >= 10<<30 {
		return fmt.Sprintf("%d GiB", bytes>>30)
	}
	return fmt.Sprintf("%d MiB", bytes>>20)
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
