package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"kioskd/sale"
)

// Space is what a file system has left for a program without privileges.
type Space struct {
	Free     int64 // bytes
	ReadOnly bool
}

// SpaceAt is what the file system of a directory has left.
func SpaceAt(dir string) (Space, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return Space{}, &fs.PathError{Op: "statfs", Path: dir, Err: err}
	}
	const readOnly = 1 // ST_RDONLY of statvfs(3)
	return Space{Free: int64(st.Bavail) * int64(st.Bsize), ReadOnly: st.Flags&readOnly != 0}, nil
}

const (
	// roomStep is allocated at once, some two thousand sales.
	roomStep = 4 << 20
	// roomLow is when the next step is due. What is left then must carry every
	// order in hand to its end on a full disk; an order needs a few KiB.
	roomLow = 1 << 20
)

// room keeps allocated blocks ahead of what bbolt uses, so that commits go on
// when the disk is full: only then does a failed commit not mean a lost order.
type room struct {
	file  *os.File // bbolt's own
	ahead int64    // bytes of the file that have blocks
}

// extend allocates until at least low bytes are free beyond used. It does
// nothing while they are.
func (r *room) extend(used, low int64) error {
	if r.ahead-used >= low {
		return nil
	}
	want := (used + low + roomStep - 1) / roomStep * roomStep
	info, err := r.file.Stat()
	if err != nil {
		return err
	}
	err = syscall.Fallocate(int(r.file.Fd()), 0, 0, want)
	if errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.ENOSYS) {
		err = fillZeros(r.file, info.Size(), want)
	}
	if err != nil {
		return fmt.Errorf("allocate %d MiB for the ledger: %w", want>>20, err)
	}
	if err := r.file.Sync(); err != nil {
		return fmt.Errorf("allocate %d MiB for the ledger: %w", want>>20, err)
	}
	r.ahead = want
	return nil
}

// fillZeros is for file systems that cannot allocate without writing. bbolt
// never reads beyond its high-water mark, which lies within the old size.
func fillZeros(f *os.File, from, to int64) error {
	zeros := make([]byte, 64<<10)
	for from < to {
		n, err := f.WriteAt(zeros[:min(int64(len(zeros)), to-from)], from)
		if err != nil {
			return err
		}
		from += int64(n)
	}
	return nil
}

func spaceFault(s Space, reserve int64, err error) *sale.Fault {
	return &sale.Fault{Code: sale.CodeStoreSpace,
		What: fmt.Sprintf("the ledger's disk has %d MiB left, and %d MiB are its reserve", s.Free>>20, reserve>>20),
		Hint: "delete what fills the disk; sales go on by themselves", Err: err}
}
