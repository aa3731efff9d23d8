package configs

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/goccy/go-yaml"
)

// Places is where a machine keeps what the technician's commands look at.
type Places struct{ Socket, Ledger, Copies string }

// Locate reads nothing else of the config: a mistake in it, or a key that only
// the daemon may read, must not keep a technician from looking at orders. An
// error is one line, without anything of the file.
func Locate(path string) (Places, error) {
	data, err := read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Places{}, fmt.Errorf("%s: no such file: name the machine's config with --config FILE", path)
	case errors.Is(err, fs.ErrPermission):
		return Places{}, fmt.Errorf("%s: you may not read it: use sudo", path)
	case err != nil:
		return Places{}, err
	}
	c := Default()
	said := struct {
		Store   struct{ Path, Copies string }
		Control struct{ Socket string }
	}{}
	r := newReader(path, "", Drivers{})
	root := r.tree(data)
	if len(r.problems.List) > 0 {
		r.problems.sort()
		return Places{}, errors.New(r.problems.List[0].String())
	}
	if yaml.NodeToValue(root, &said) != nil {
		return Places{}, fmt.Errorf("%s: it does not say where the ledger and the socket are: kioskd check %[1]s tells what is wrong", path)
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	at := func(said, otherwise string) string {
		switch {
		case said == "":
			return otherwise
		case filepath.IsAbs(said):
			return said
		}
		return filepath.Join(dir, said)
	}
	return Places{
		Socket: at(said.Control.Socket, c.Control.Socket),
		Ledger: at(said.Store.Path, c.Store.Path), Copies: at(said.Store.Copies, c.Store.Copies),
	}, err
}
