package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"kioskd/sale"
)

// Options of a ledger. The zero value is usable.
type Options struct {
	Log *slog.Logger // nil: none
	// Reserve is how much free space, in bytes, the ledger's file system must
	// have before a new order. 0 means 16 MiB.
	Reserve int64
	// Clock names damaged files. nil means time.Now.
	Clock func() time.Time
	// Checker is the command of the child process that examines the file, for
	// instance {"/usr/bin/kioskd", "check-store"}; see [CheckFile].
	Checker []string
	// Space replaces statfs(2) in tests.
	Space func(dir string) (Space, error)
	// Copies is the directory of the ledger's copies. Empty means beside it.
	Copies string
	// Wait is how long to wait for another process to let go of the ledger: a
	// restart begins before the old process has quite ended. 0 means 2 s.
	Wait time.Duration

	keepNewest uint64 // KeepNewest, but for tests
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Reserve == 0 {
		o.Reserve = 16 << 20
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Space == nil {
		o.Space = SpaceAt
	}
	if o.Wait == 0 {
		o.Wait = 2 * time.Second
	}
	if o.keepNewest == 0 {
		o.keepNewest = KeepNewest
	}
	return o
}

// Store is the ledger of the running daemon. Its methods may be called from
// any goroutine. It implements sale.Ledger.
type Store struct {
	Reader
	o    Options
	lock *os.File

	mu      sync.Mutex // guards what follows, and the file against two growths
	room    room
	known   map[sale.Number]uint64 // every number in the ledger, and its Seq
	commits int
	crashed bool
	epoch   string
	tape    tape

	copying   sync.Mutex
	archiving sync.Mutex // guards what follows, and the archives' files
	lookFrom  uint64     // where Archive goes on
}

var _ sale.Ledger = (*Store)(nil)

// Open opens the ledger at path for the only process that may write it, and
// counts a start of the machine in it. Without a file there, and without a
// trace of one beside it, it makes a new ledger; the directory must exist.
//
// A damaged ledger is put aside; one that is missing, damaged or older than its
// tape is made again from the newest sound copy and the tape (see [Restore]).
//
// Errors are a *sale.Fault or that of ctx:
//
//   - CodeStoreLocked: another process has it.
//   - CodeStoreDamaged: the file is damaged, was put aside, now or earlier, and
//     there is nothing to restore from; or it is something else than a ledger,
//     and left as it is.
//   - CodeStoreWrite, CodeStoreSpace: the system does not let it be used; a
//     ledger of a newer schema is left as it is.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	return locked(ctx, path, o, func(path string, o Options) (*Store, error) {
		_, err := os.Lstat(path) // a link to nowhere is not a missing ledger
		switch {
		case err == nil:
			return openChecked(ctx, path, o)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, accessFault(path, err)
		}
		return openMissing(ctx, path, o, nil)
	})
}

// openMissing makes the ledger again if there ever was one. The finding, if
// any, is why it is missing.
func openMissing(ctx context.Context, path string, o Options, why error) (*Store, error) {
	kept, err := keptFiles(path)
	if err != nil {
		return nil, accessFault(path, err)
	}
	copies, err := Copies(path, o)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, accessFault(path, err)
	}
	tape, err := segments(path)
	if err != nil {
		return nil, accessFault(path, err)
	}
	replaced, err := replacedFiles(path)
	if err != nil {
		return nil, accessFault(path, err)
	}
	if len(kept)+len(copies)+len(replaced)+len(written(tape)) == 0 {
		return createAndOpen(path, o, 0)
	}
	s, err := openRestored(ctx, path, o)
	if len(kept) > 0 && errors.Is(err, errNoBase) {
		return nil, keptFault(kept[len(kept)-1], why)
	}
	return s, err
}

// openRestored makes the ledger from a copy and the tape, and says so.
func openRestored(ctx context.Context, path string, o Options) (*Store, error) {
	r, err := restore(ctx, path, "", o)
	if err != nil {
		return nil, restoreFault(path, err)
	}
	o.Log.Error("the ledger was restored; the provider is asked about doubtful orders before anything is sold",
		"from", r.From, "entries from the tape", r.Entries, "doubtful", len(r.Doubtful), "known by number alone", len(r.Lost), "kept", r.Kept)
	return openFile(path, o)
}

// Reset begins an empty ledger where a damaged one was put aside. It counts on
// from the highest sequence that it finds in what was kept, on the tape and in
// the archives, because neither a number nor a command token may be used twice.
// It refuses if there is a file at path.
func Reset(ctx context.Context, path string, o Options) (*Store, error) {
	return locked(ctx, path, o, func(path string, o Options) (*Store, error) {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return nil, &sale.Fault{Code: sale.CodeStoreWrite, What: path + " exists",
				Hint: "an empty ledger only takes the place of a missing one: move the file away first", Err: err}
		}
		traces, err := findTraces(ctx, path, o)
		if err != nil {
			return nil, accessFault(path, err)
		}
		var seq uint64
		for _, n := range traces {
			seq = max(seq, n+margin)
		}
		return createAndOpen(path, o, seq)
	})
}

// locked holds the lock file while open works and, if it returns a store, for
// that one's life:
// two daemons that start at once must not put aside or create at once.
func locked(ctx context.Context, path string, o Options, open func(string, Options) (*Store, error)) (*Store, error) {
	o = o.withDefaults()
	path = realPath(path)
	lock, err := lockFile(ctx, path+".lock", o.Wait)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, lockedFault(path)
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, accessFault(path, err)
	}
	s, err := open(path, o)
	if err != nil || s == nil {
		lock.Close()
		return nil, err
	}
	s.lock = lock
	return s, nil
}

func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

func lockFile(ctx context.Context, path string, wait time.Duration) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := flock(ctx, f, syscall.LOCK_EX, wait); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// flock tries for some time to get a lock, which closing the file gives back.
func flock(ctx context.Context, f *os.File, how int, wait time.Duration) error {
	const pause = 50 * time.Millisecond
	for {
		err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		if err == nil || !errors.Is(err, syscall.EWOULDBLOCK) || wait <= 0 {
			return err
		}
		wait -= pause
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func openChecked(ctx context.Context, path string, o Options) (*Store, error) {
	begun := time.Now()
	err := CheckFile(ctx, o.Checker, path)
	var f *Finding
	switch {
	case errors.As(err, &f) && (f.Kind == Damaged || f.Kind == NotALedger && wasALedger(path, o)):
		o.Log.Error("ledger damaged", "path", path, "finding", f.Text)
		kept, err := setAside(path, keptMark, o)
		if err != nil {
			fault := findingFault(path, f)
			fault.Err = errors.Join(f, err)
			return nil, fault
		}
		o.Log.Error("the damaged ledger is kept", "path", kept)
		return openMissing(ctx, path, o, f)
	case errors.As(err, &f):
		return nil, findingFault(path, f)
	case errors.Is(err, ErrUnchecked):
		return nil, &sale.Fault{Code: sale.CodeStoreWrite, What: "the ledger cannot be used unexamined",
			Hint: "restart the machine; if it happens again, look at its memory and disk", Err: err}
	case err != nil:
		return nil, err
	}
	o.Log.Info("ledger examined", "path", path, "took", time.Since(begun))
	l, err := readLabel(path)
	if err != nil {
		return nil, accessFault(path, err)
	}
	old, err := l.isOld()
	if err != nil { // no new order begins before it can be read: see mendTape
		o.Log.Error("the tape cannot be read", "error", err)
	}
	switch {
	case old:
		kept, err := setAside(path, replacedMark, o)
		if err != nil {
			return nil, accessFault(path, err)
		}
		o.Log.Error("the ledger is older than what was sold since; it was put back, or the disk forgets", "path", path, "kept", kept)
		return openMissing(ctx, path, o, nil)
	case l.schema < Schema:
		// The version before this one may be wanted back.
		name := fmt.Sprintf("%s.schema-%d-%s", path, l.schema, o.Clock().UTC().Format(timeMark))
		if err := copyFile(ctx, path, name, o.Checker); err != nil {
			return nil, accessFault(path, err)
		}
		o.Log.Info("the ledger is brought up to date; the old one is kept", "schema", l.schema, "kept", name)
	}
	return openFile(path, o)
}

// wasALedger reports whether the tape or a copy tells of a ledger where there
// is a file of another sort now, such as an empty one.
func wasALedger(path string, o Options) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	tape, _ := segments(path)
	copies, _ := Copies(path, o)
	return len(written(tape))+len(copies) > 0
}

// openFile opens a file that is known to be sound.
func openFile(path string, o Options) (*Store, error) {
	s := &Store{o: o, known: map[sale.Number]uint64{}}
	s.path = path
	err := guarded(func() error {
		db, err := bbolt.Open(path, 0o600, boltOptions(o.Wait, func(name string, flag int, mode os.FileMode) (*os.File, error) {
			f, err := os.OpenFile(name, flag&^os.O_CREATE, mode)
			s.room.file = f
			return f, err
		}))
		if err != nil {
			return err
		}
		s.db = db
		return s.begin()
	})
	var crashed *crash
	var fault *sale.Fault
	switch {
	case err == nil:
		return s, nil
	case errors.As(err, &crashed):
		err = damageFound(err)
	case errors.Is(err, berrors.ErrTimeout):
		err = lockedFault(path)
	case !errors.As(err, &fault):
		err = accessFault(path, err)
	}
	if s.db != nil && crashed == nil {
		s.db.Close()
	}
	return nil, err
}

// begin does what each start does to a ledger.
func (s *Store) begin() error {
	if err := migrate(s.db, Schema, migrations()); err != nil {
		return err
	}
	err := s.db.Update(func(tx *bbolt.Tx) error {
		t, err := readTotals(tx)
		if err != nil {
			return err
		}
		t.boots++
		s.boot = t.boots
		return writeTotals(tx, t)
	})
	if err != nil {
		return writeFault(err)
	}
	if err := s.extendRoom(); err != nil {
		s.o.Log.Warn("no room in advance", "error", err)
	}
	err = s.db.View(func(tx *bbolt.Tx) (err error) {
		for _, name := range []string{inOrders, inOpen} {
			if err := walkHeads(tx, name, func(seq uint64, h orderHead) { s.known[h.number] = seq }); err != nil {
				return damageFound(err)
			}
		}
		if err := s.release(tx); err != nil {
			s.o.Log.Warn("the memory of old orders is not given back", "error", err)
		}
		s.epoch, err = readEpoch(tx)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.mendTape(); err != nil {
		s.o.Log.Warn("nothing is written to the tape", "error", err) // nor is anything sold: see Health
	}
	return nil
}

// release gives the memory back that the walk through all orders took: the
// kernel reads a page of the file again when it is needed. The mapping is
// never written to, so nothing can be lost; while tx is open it stays where it
// is, and it is at least as long as what tx sees.
func (r *Reader) release(tx *bbolt.Tx) error {
	_, _, err := syscall.Syscall(syscall.SYS_MADVISE, r.db.Info().Data, uintptr(tx.Size()), syscall.MADV_DONTNEED)
	if err != 0 {
		return err
	}
	return nil
}

// Close lets go of the file. The store must not be used afterwards.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.lock.Close()
	_ = s.tape.close() // what matters in it is synced
	if s.crashed {
		return s.room.file.Close() // bbolt may still hold its own locks
	}
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close the ledger: %w", err)
	}
	return nil
}
