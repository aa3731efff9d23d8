package setup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kioskd/configs"
)

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

// ended says of an error that ends the conversation what it leaves.
func (s *setup) ended(err error) error {
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, context.Canceled) && !errors.Is(err, errNoMoreAnswers):
		return err
	case len(s.touched) > 0:
		return fmt.Errorf(s.t(words{"已中止；%s 已写好", "ended; %s is written"}), s.File)
	}
	return errors.New(s.t(words{"已中止，什么都没有改动", "ended; nothing was changed"}))
}

func (s *setup) run(ctx context.Context) (err error) {
	if err := s.open(); err != nil {
		return err
	}
	if s.stage, err = os.MkdirTemp("", "kioskd-setup-"); err != nil {
		return err
	}
	defer os.RemoveAll(s.stage)
	if !s.Yes {
		s.say(words{"? 看说明；回车取 [ ] 里的值；Ctrl-C 退出，什么都不改动。", "? explains a question; Enter takes what stands in [ ]; Ctrl-C ends it and changes nothing."})
	}
	for _, one := range s.steps() {
		if err := one.do(ctx); err != nil {
			return err
		}
	}
	if len(s.missing) > 0 {
		return unfit(fmt.Errorf("missing: %s", strings.Join(s.missing, ", ")))
	}
	if err := s.further(); err != nil {
		return err
	}
	if err := s.agree(ctx); err != nil {
		return err
	}
	c, err := s.write()
	if err != nil {
		return err
	}
	found, err := s.doctor(ctx, &c)
	if err != nil {
		return err
	}
	if err := s.trySale(ctx, c, found); err != nil {
		return err
	}
	if n := len(allBad(found)); n > 0 {
		return fmt.Errorf("%s of kioskd doctor ✗: mend it, then run: kioskd doctor %s", counted(n, "line"), s.File)
	}
	if sells(found) {
		s.say(words{"完成。让新配置生效：systemctl restart kioskd", "Done. For the new config to count: systemctl restart kioskd"})
		return nil
	}
	s.say(words{"完成。启动：systemctl enable --now kioskd；看销售：kioskd orders", "Done. Start it: systemctl enable --now kioskd; see the sales: kioskd orders"})
	return nil
}

// open begins with the file that is there, or with the reference file.
func (s *setup) open() (err error) {
	if s.dir, err = filepath.Abs(filepath.Dir(s.File)); err != nil {
		return err
	}
	s.staged, s.answered, s.touched = map[string]string{}, map[string]bool{}, map[string]bool{}
	switch s.old, err = os.ReadFile(s.File); {
	case errors.Is(err, fs.ErrNotExist):
		s.text = configs.Reference()
		return nil
	case err != nil:
		return err
	}
	s.text = slices.Clone(s.old)
	for _, p := range s.problems(s.text) {
		if p.Field == "" {
			return unfit(fmt.Errorf("%s\ncorrect it, or move the file away to begin anew", p))
		}
	}
	s.say(words{"已有配置 %s：回车保留原值，原文件会留一份副本。", "There is a config, %s: Enter keeps a value; a copy of the file is kept."}, s.File)
	return nil
}

// problems is what kioskd check says of a text.
func (s *setup) problems(text []byte) []configs.Problem {
	_, err := configs.Parse(s.File, text, s.dir, s.Drivers.Settings())
	var p *configs.Problems
	if !errors.As(err, &p) {
		return nil
	}
	return p.List
}

// further sets the keys that no question asks for.
func (s *setup) further() error {
	for _, one := range s.Sets {
		field, value, ok := strings.Cut(one, "=")
		if !ok {
			return unfit(fmt.Errorf("--set %s: write KEY=VALUE, like sale.pay_within=2m", one))
		}
		if what := s.put(field, value); what != "" {
			return unfit(fmt.Errorf("--set %s: %s", field, what))
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
			fmt.Fprintln(s.Errs, strings.TrimPrefix(p.String(), p.File+":"))
		}
		if s.Yes {
			return unfit(fmt.Errorf("%s: %s, nothing was written", s.File, counted(len(list), "problem")))
		}
		again := s.stepFor(list[0].Field)
		if again == nil {
			return unfit(fmt.Errorf("%s: correct it in the file, then run kioskd setup again", list[0].Field))
		}
		s.say(words{"请重新回答：%s", "Once more: %s"}, s.t(again.name))
		clear(s.Given) // what a flag said is asked now
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

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
