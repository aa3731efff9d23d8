package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"kioskd/sale"
)

// setup is one conversation that ends with a machine's config and a test of
// it. Until it writes, nothing of the machine is changed.
type setup struct {
	dialog
	errs io.Writer

	file     string            // of the config
	dir      string            // its folder, absolute
	root     string            // where the system's files stand
	given    map[string]string // answers that are flags, by their name
	sets     []string          // KEY=VALUE of --set
	yes      bool              // nobody is asked
	noSale   bool
	payFor   time.Duration
	env      func(string) string
	now      func() time.Time
	stage    string            // folder of the merchant's files until they are written
	staged   map[string]string // their names in the config's folder, by key of the config
	touched  map[string]bool   // files that were written
	answered map[string]bool   // keys whose value in text is an answer
	missing  []string          // flags that are needed and not given
	told     sale.State        // of the test sale, the last that was told of

	old  []byte // the file as it is; nil: there is none
	text []byte // as it will be
}

func setupCommand(out, errs io.Writer) *cobra.Command {
	s := &setup{dialog: dialog{out: out}, errs: errs, env: os.Getenv, now: time.Now}
	var lang string
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
			for _, q := range everyQuestion() {
				if f := cmd.Flags().Lookup(q.flag); f.Changed {
					s.given[q.flag] = f.Value.String()
				}
			}
			if !s.yes && !personAt(cmd.InOrStdin()) {
				return errors.New("setup asks questions, and there is no terminal: give the answers as flags, and --yes")
			}
			s.in = bufio.NewReader(cmd.InOrStdin())
			err := s.speak(cmd.Context(), lang)
			if err == nil {
				err = s.run(cmd.Context())
			}
			return s.ended(err)
		},
	}
	s.given = map[string]string{}
	f := c.Flags()
	f.StringVar(&s.file, "config", defaultConfig, "the machine's config `FILE`")
	f.StringVar(&lang, "lang", "", "language of the questions: zh or en (default: the system's)")
	f.BoolVar(&s.yes, "yes", false, "ask nothing: take the flags, and the defaults for the rest")
	f.BoolVar(&s.noSale, "no-test-sale", false, "no test sale at the end")
	f.DurationVar(&s.payFor, "pay-within", 2*time.Minute, "how long the test sale's code can be paid")
	f.StringArrayVar(&s.sets, "set", nil, "set a further `KEY=VALUE` of the config, like sale.pay_within=2m; a list like [a, b]")
	f.StringVar(&s.root, "root", "/", "where the system's files stand")
	_ = f.MarkHidden("root") // for tests
	for _, q := range everyQuestion() {
		f.String(q.flag, "", q.usage)
	}
	return c
}

// speak settles the language of the questions.
func (s *setup) speak(ctx context.Context, lang string) error {
	switch lang {
	case "zh", "en":
		s.chinese = lang == "zh"
		return nil
	case "":
	default:
		return failure{fmt.Errorf("--lang %s: write zh or en", lang), exitUsage}
	}
	chinese, known := languageOf(s.env)
	if s.chinese = chinese; known || s.yes {
		return nil
	}
	fmt.Fprintln(s.out, "语言 · Language")
	n, err := s.choose(ctx, words{"", "1/2"}, []string{"中文", "English"}, 0, words{"", "the language of the questions · 提问的语言"})
	s.chinese = n == 0
	return err
}
