package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kioskd/configs"
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

	old  []byte // the file as it is; nil: there is none
	text []byte // as it will be
}

// step is a part of the conversation that can be had again.
type step struct {
	name words
	keys []string // beginnings of the config's keys that it asks for
	do   func(context.Context) error
}

func (s *setup) steps() []step {
	return []step{
		{words{"机器", "machine"}, []string{"machine"}, s.machine},
		{words{"控制板", "controller"}, []string{"controller"}, s.controller},
		{words{"收款", "payment"}, []string{"payment"}, s.payment},
		{words{"商品", "products"}, []string{"products"}, s.products},
	}
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
			if err := s.speak(cmd.Context(), lang); err != nil {
				return orUsage(err)
			}
			return orUsage(s.run(cmd.Context()))
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
	return s.unchanged(err)
}

// unchanged says of an error that ends the questions what it leaves.
func (s *setup) unchanged(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, errNoMoreAnswers) {
		return failed(errors.New(s.t(words{"已中止，什么都没有改动", "ended; nothing was changed"})))
	}
	return err
}

func (s *setup) run(ctx context.Context) (err error) {
	if err := s.open(); err != nil {
		return err
	}
	if s.stage, err = os.MkdirTemp("", "kioskd-setup-"); err != nil {
		return err
	}
	defer os.RemoveAll(s.stage)
	for _, one := range s.steps() {
		if err := one.do(ctx); err != nil {
			return s.unchanged(err)
		}
	}
	if len(s.missing) > 0 {
		return failure{fmt.Errorf("missing: %s", strings.Join(s.missing, ", ")), exitUsage}
	}
	if err := s.further(); err != nil {
		return err
	}
	if err := s.agree(ctx); err != nil {
		return s.unchanged(err)
	}
	c, err := s.write()
	if err != nil {
		return err
	}
	bad, err := s.doctor(ctx, &c)
	if err != nil {
		return err
	}
	if err := s.trySale(ctx, c, bad); err != nil {
		return err
	}
	if len(bad) > 0 {
		return failed(fmt.Errorf("%s of kioskd doctor ✗: mend it, then run: kioskd doctor %s", counted(len(bad), "line"), s.file))
	}
	s.say(words{"完成。启动：systemctl enable --now kioskd；看销售：kioskd orders", "Done. Start it: systemctl enable --now kioskd; see the sales: kioskd orders"})
	return nil
}

// open begins with the file that is there, or with the reference file.
func (s *setup) open() (err error) {
	if s.dir, err = filepath.Abs(filepath.Dir(s.file)); err != nil {
		return err
	}
	s.staged, s.answered, s.touched = map[string]string{}, map[string]bool{}, map[string]bool{}
	switch s.old, err = os.ReadFile(s.file); {
	case errors.Is(err, fs.ErrNotExist):
		s.text = configs.Reference()
		return nil
	case err != nil:
		return err
	}
	s.text = slices.Clone(s.old)
	for _, p := range s.problems(s.text) {
		if p.Field == "" {
			return failure{fmt.Errorf("%s\ncorrect it, or move the file away to begin anew", p), exitUsage}
		}
	}
	s.say(words{"已有配置 %s：回车保留原值，原文件会留一份副本。", "There is a config, %s: Enter keeps a value; a copy of the file is kept."}, s.file)
	return nil
}

// problems is what kioskd check says of a text.
func (s *setup) problems(text []byte) []configs.Problem {
	_, err := configs.Parse(s.file, text, s.dir, settings())
	var p *configs.Problems
	if !errors.As(err, &p) {
		return nil
	}
	return p.List
}

// further sets the keys that no question asks for.
func (s *setup) further() error {
	for _, one := range s.sets {
		field, value, ok := strings.Cut(one, "=")
		if !ok {
			return failure{fmt.Errorf("--set %s: write KEY=VALUE, like sale.pay_within=2m", one), exitUsage}
		}
		if what := s.put(field, value); what != "" {
			return failure{fmt.Errorf("--set %s: %s", field, what), exitUsage}
		}
	}
	return nil
}

// agree has steps again until the check finds nothing.
func (s *setup) agree(ctx context.Context) error {
	for {
		list := s.problems(s.text)
		if len(list) == 0 {
			return nil
		}
		for _, p := range list {
			fmt.Fprintln(s.errs, strings.TrimPrefix(p.String(), p.File+":"))
		}
		if s.yes {
			return failure{fmt.Errorf("%s: %s, nothing was written", s.file, counted(len(list), "problem")), exitUsage}
		}
		again := s.stepFor(list[0].Field)
		if again == nil {
			return failure{fmt.Errorf("%s: correct it in the file, then run kioskd setup again", list[0].Field), exitUsage}
		}
		s.say(words{"请重新回答：%s", "Once more: %s"}, s.t(again.name))
		if err := again.do(ctx); err != nil {
			return err
		}
	}
}

// stepFor is the step that asks for a key.
func (s *setup) stepFor(field string) *step {
	for _, one := range s.steps() {
		for _, key := range one.keys {
			if strings.HasPrefix(field, key) {
				return &one
			}
		}
	}
	return nil
}
