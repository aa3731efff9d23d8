// Package kept keeps small files that a power cut must leave whole: the old one or
// the new one, never half of one.
package kept

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// File is the path of a small file that is replaced as a whole. Only its
// owner may read it. It is public in itself, but nobody else needs it.
type File string

// Most bounds what is read of a file that somebody may have damaged.
const Most = 1 << 20

// Load returns what was saved last, nothing and no error if there is no file.
func (f File) Load() ([]byte, error) {
	file, err := os.Open(string(f))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, Most))
}

// Save leaves the old file or the new one after a power cut, never half of one.
func (f File) Save(data []byte) error { return f.SaveFor(data, 0o600, -1, -1) }

// SaveFor gives the file a mode and an owner, -1 for whoever calls. Both are set
// before it has its name: in a folder that somebody else may write, a name can
// become another file's at any time.
func (f File) SaveFor(data []byte, mode fs.FileMode, uid, gid int) error {
	dir, name := filepath.Split(string(f))
	part, err := os.CreateTemp(dir, "."+name+"-*") // mode 0600
	if err != nil {
		return fmt.Errorf("keep %s: %w", f, err)
	}
	defer os.Remove(part.Name())
	_, err = part.Write(data)
	if err == nil && (uid >= 0 || gid >= 0) {
		err = part.Chown(uid, gid)
	}
	if err == nil {
		err = part.Chmod(mode)
	}
	if err == nil {
		err = part.Sync()
	}
	if e := part.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(part.Name(), string(f))
	}
	if err == nil {
		err = syncFolder(dir)
	}
	if err != nil {
		return fmt.Errorf("keep %s: %w", f, err)
	}
	return nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
