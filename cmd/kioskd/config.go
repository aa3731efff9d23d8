package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"kioskd/configs"
)

// defaultConfig is where a machine has its one file.
const defaultConfig = "/etc/kioskd/kioskd.yaml"

// load reads the config; what is wrong with it goes to errs, line by line.
func load(path string, errs io.Writer) (*configs.Config, error) {
	c, err := configs.Load(path, settings())
	if err == nil {
		return c, nil
	}
	var problems *configs.Problems
	if !errors.As(err, &problems) {
		return nil, failure{err, exitUsage}
	}
	for _, p := range problems.List {
		fmt.Fprintln(errs, p)
	}
	return nil, failure{fmt.Errorf("%s: %s, nothing was started", path, counted(len(problems.List), "problem")), exitUsage}
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// places is where a machine keeps what the technician's commands look at.
type places struct{ socket, ledger, copies string }

// locate reads nothing else of the config: a mistake in it, or a key that only
// the daemon may read, must not keep a technician from looking at orders.
func locate(path string) (places, error) {
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return places{}, fmt.Errorf("%s: no such file: name the machine's config with --config FILE", path)
	case errors.Is(err, fs.ErrPermission):
		return places{}, fmt.Errorf("%s: you may not read it: use sudo", path)
	case err != nil:
		return places{}, err
	}
	c := configs.Default()
	said := struct {
		Store   struct{ Path, Copies string }
		Control struct{ Socket string }
	}{}
	if err := yaml.Unmarshal(data, &said); err != nil {
		return places{}, fmt.Errorf("%s: %w", path, err)
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
	return places{
		socket: at(said.Control.Socket, c.Control.Socket),
		ledger: at(said.Store.Path, c.Store.Path), copies: at(said.Store.Copies, c.Store.Copies),
	}, err
}

func checkCommand(out, errs io.Writer) *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Check a config file without starting anything",
		Long:  "Check a config file. Every problem is printed at once, with its line. No hardware and no network is touched.",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := load(args[0], errs)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(out, "%s: good. Machine %s, %s, controller %s on %s, payment %s.\n",
				args[0], c.Machine.ID, counted(len(c.Products), "product"), c.Controller.Driver, c.Controller.Port, c.Payment.Driver)
			if c.Service.Panel != "" && err == nil {
				_, err = fmt.Fprintf(out, "%s: %s.\n", args[0], panelReach(c.Service))
			}
			return err
		},
	}
}
