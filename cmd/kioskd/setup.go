package main

import (
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"kioskd/configs"
	"kioskd/setup"
)

func setupCommand(out, errs io.Writer) *cobra.Command {
	o := setup.Options{
		Out: out, Errs: errs, Given: map[string]string{}, Drivers: known(),
		Load: func(file string) (*configs.Config, error) { return load(file, errs) },
	}
	c := &cobra.Command{
		Use:   "setup",
		Short: "Set a machine up: questions, config, check, a test sale",
		Long: `Ask for what the merchant portal and the machine show, find the controller, write
the config, run kioskd doctor, and sell something for 0.01 yuan that is refunded at
once. No motor turns. "?" explains a question, Enter takes what stands in [ ], and
Ctrl-C ends it; until the end of the questions nothing is changed.

If there is a config already, its values are what Enter takes. A copy of it is kept.

Every answer can be a flag. With --yes nobody is asked: what is missing is named.

Exit codes: 0 set up, 1 something is wrong with the machine or nobody paid, 2 wrong
or missing answers.`,
		Example: "  sudo kioskd setup\n  kioskd setup --yes --config kioskd.yaml --machine-id SH0042 --port /dev/ttyUSB0 \\\n    --mchid 1900000109 --appid wxd678efh567hg6787 --files merchant.zip ...",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, q := range setup.Questions() {
				if f := cmd.Flags().Lookup(q.Flag); f.Changed {
					o.Given[q.Flag] = f.Value.String()
				}
			}
			if !o.Yes && !setup.PersonAt(cmd.InOrStdin()) {
				return errors.New("setup asks questions, and there is no terminal: give the answers as flags, and --yes")
			}
			o.In, o.Checker = cmd.InOrStdin(), selfCheck()
			err := setup.Run(cmd.Context(), o)
			switch {
			case err == nil:
				return nil
			case errors.Is(err, setup.ErrAnswers):
				return failure{err, exitUsage}
			}
			return orUsage(err)
		},
	}
	f := c.Flags()
	f.StringVar(&o.File, "config", defaultConfig, "the machine's config `FILE`")
	f.StringVar(&o.Language, "lang", "", "language of the questions: zh or en (default: the system's)")
	f.BoolVar(&o.Yes, "yes", false, "ask nothing: take the flags, and the defaults for the rest")
	f.BoolVar(&o.NoSale, "no-test-sale", false, "no test sale at the end")
	f.DurationVar(&o.PayFor, "pay-within", 2*time.Minute, "how long the test sale's code can be paid")
	f.StringArrayVar(&o.Sets, "set", nil, "set a further `KEY=VALUE` of the config, like sale.pay_within=2m; a list like [a, b]")
	f.StringVar(&o.Root, "root", "/", "where the system's files stand")
	_ = f.MarkHidden("root") // for tests
	for _, q := range setup.Questions() {
		f.String(q.Flag, "", q.Usage)
	}
	return c
}
