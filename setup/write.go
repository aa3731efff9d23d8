package setup

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"kioskd/clock"
	"kioskd/configs"
	"kioskd/drivers"
	"kioskd/kept"
)

// serviceUser runs the daemon, and its group may read the config.
const serviceUser = "kioskd"

// write puts the merchant's files and the config into their places, the config
// last, and reads it again. What stood there is kept under another name.
func (s *setup) write() (*configs.Config, error) {
	text := s.text
	for field, name := range s.staged {
		var err error
		if text, err = configs.Set(text, field, name); err != nil {
			return nil, err
		}
	}
	if bytes.Equal(text, s.old) && len(s.staged) == 0 {
		s.say(words{"%s：没有改动", "%s: nothing has changed"}, s.File)
		return s.loadOwned()
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return nil, err
	}
	for field, name := range s.staged {
		if err := s.install(fileOf(field[len("payment.settings."):]), name); err != nil {
			return nil, err
		}
	}
	if err := s.putAside(s.File, s.old, text); err != nil {
		return nil, err
	}
	if err := configs.Save(s.File, text); err != nil {
		return nil, err
	}
	s.say(words{"已写入 %s", "%s is written"}, s.File)
	s.old, s.text = text, slices.Clone(text)
	clear(s.staged)
	return s.loadOwned()
}

// loadOwned reads the config that was written. What root alone could read of it
// is given to the daemon's user: the secrets, and the file to its group.
func (s *setup) loadOwned() (*configs.Config, error) {
	c, err := s.Load(s.File)
	if err != nil || os.Geteuid() != 0 {
		return c, err
	}
	u, err := user.Lookup(serviceUser)
	if err != nil {
		s.say(words{
			"没有用户 %[1]s：先建立（useradd --system --groups dialout %[1]s），再运行一次 kioskd setup",
			"there is no user %[1]s: make it (useradd --system --groups dialout %[1]s) and run kioskd setup once more",
		}, serviceUser)
		return c, nil
	}
	err = handFromRoot(s.File, 0, number(u.Gid))
	for _, k := range s.Drivers.PapersOf(c).Keys {
		if fileOf(k.Key).secret && filepath.Dir(k.Path) == s.dir {
			err = errors.Join(err, handFromRoot(k.Path, number(u.Uid), number(u.Gid)))
		}
	}
	return c, err
}

// handFromRoot gives a file away that is root's own. One that somebody has given
// to somebody, one that is not there and a link stay as they are.
func handFromRoot(path string, uid, gid int) error {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); !ok || owner.Uid != 0 || owner.Gid != 0 || owner.Nlink > 1 {
		return nil
	}
	return f.Chown(uid, gid)
}

// install copies a file of the merchant's beside the config. A secret can be
// read by its owner and by nobody else.
func (s *setup) install(f merchantFile, name string) error {
	data, err := os.ReadFile(filepath.Join(s.stage, name))
	if err != nil {
		return err
	}
	path := filepath.Join(s.dir, name)
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := s.putAside(path, old, data); err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if f.secret {
		mode = 0o600
	}
	return kept.File(path).SaveFor(data, mode, -1, -1)
}

// putAside keeps a copy of a file that is about to change, with its mode: as it
// was before all this, once.
func (s *setup) putAside(path string, old, text []byte) error {
	if s.touched[path] || old != nil && bytes.Equal(old, text) {
		return nil
	}
	s.touched[path] = true
	if old == nil {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	aside := path + "." + s.now().In(clock.Beijing).Format("20060102-150405") + ".bak"
	uid, gid := -1, -1
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		uid, gid = int(owner.Uid), int(owner.Gid)
	}
	if err := kept.File(aside).SaveFor(old, info.Mode().Perm(), uid, gid); err != nil {
		return err
	}
	s.say(words{"原文件留在 %s", "what it was stands in %s"}, aside)
	return nil
}

// hand gives a file to an owner, if the one who runs this may; -1 leaves it.
func hand(path string, uid, gid int) error {
	if os.Geteuid() != 0 {
		return nil
	}
	return os.Lchown(path, uid, gid)
}

// service is the daemon's user and group, -1 if this machine has none.
func service() (uid, gid int) {
	u, err := user.Lookup(serviceUser)
	if err != nil {
		return -1, -1
	}
	return number(u.Uid), number(u.Gid)
}

func number(id string) int {
	n, err := strconv.Atoi(id)
	if err != nil {
		return -1
	}
	return n
}

// makeHome makes the ledger's folder, the daemon's own.
func makeHome(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the ledger's folder: %w", err)
	}
	uid, gid := service()
	return hand(dir, uid, gid)
}

// handHome gives what root has made for the ledger to whom its folder belongs.
func handHome(ledger string) error {
	dir := filepath.Dir(ledger)
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	list, err := os.ReadDir(dir)
	for _, one := range list {
		if strings.HasPrefix(one.Name(), filepath.Base(ledger)) || strings.HasPrefix(one.Name(), drivers.CertificatesFile) {
			err = errors.Join(err, hand(filepath.Join(dir, one.Name()), int(owner.Uid), int(owner.Gid)))
		}
	}
	return err
}
