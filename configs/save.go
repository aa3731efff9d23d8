package configs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// savedMode is that of a new file: its group may read it, others may not.
const savedMode = 0o640

// Save puts text in the place of the file at path. After a power cut the old
// file is there or the new one, never half of one. A file that is there keeps
// its mode and its group, and its owner where the caller may give files away; a
// link to a file stays one. A new file belongs to whoever calls.
func Save(path string, text []byte) error {
	if err := save(path, text); err != nil {
		return fmt.Errorf("save %s: %w", path, err)
	}
	return nil
}

func save(path string, text []byte) error {
	old, err := os.Stat(path)
	switch {
	case err == nil:
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	dir, name := filepath.Split(path)
	part, err := os.CreateTemp(filepath.Clean(dir), "."+name+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	_, err = part.Write(text)
	if err == nil {
		err = alike(part, old)
	}
	if err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err != nil {
		return err
	}
	if err := os.Rename(part.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Clean(dir))
}

// alike gives a file the mode and the owner of the old one, if there is one. The
// daemon may not give a file back to root; it may not call chown at all where it
// is confined. What counts is that who could read the file still can.
func alike(f *os.File, old fs.FileInfo) error {
	if old == nil {
		return f.Chmod(savedMode)
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := give(f, ownerOf(info), ownerOf(old)); err != nil {
		return err
	}
	return f.Chmod(old.Mode().Perm())
}

type owner struct{ uid, gid int }

func ownerOf(f fs.FileInfo) owner {
	if s, ok := f.Sys().(*syscall.Stat_t); ok {
		return owner{int(s.Uid), int(s.Gid)}
	}
	return owner{-1, -1} // this system has none
}

func give(f *os.File, is, was owner) error {
	if is == was {
		return nil
	}
	err := f.Chown(was.uid, was.gid)
	switch {
	case !errors.Is(err, fs.ErrPermission):
		return err
	case is.gid == was.gid:
		return nil
	}
	return f.Chown(-1, was.gid)
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
