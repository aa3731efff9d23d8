package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"kioskd/configs"
)

// defaultConfig is where a machine has its one file.
const defaultConfig = "/etc/kioskd/kioskd.yaml"

// load reads the config; what is wrong with it goes to errs, line by line.
func load(path string, errs io.Writer) (*configs.Config, error) {
	c, err := configs.Load(path, known().Settings())
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
				_, err = fmt.Fprintf(out, "%s: %s.\n", args[0], c.Service.PanelReach())
			}
			return err
		},
	}
}
