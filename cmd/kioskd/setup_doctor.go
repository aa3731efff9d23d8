package main

import (
	"context"
	"fmt"
	"slices"

	"kioskd/configs"
)

// checkStep says which step of the questions mends a check, by its name; those
// that no answer mends have none.
var checkStep = map[string]string{
	"config": "machine", "keys": "payment", "serial": "payment", "merchant": "payment", "network": "payment",
	"controller": "controller", "slots": "products",
}

// doctor examines the machine and lets a person answer again what a ✗ is
// about. It returns what is ✗ at the end; c follows the config.
func (s *setup) doctor(ctx context.Context, c **configs.Config) (bad []finding, err error) {
	for {
		s.say(words{"检查（kioskd doctor）：", "The check (kioskd doctor):"})
		found := newDoctor(s.file, s.root).examine(ctx)
		if err := ctx.Err(); err != nil {
			return nil, failed(err)
		}
		for _, f := range found {
			fmt.Fprintln(s.out, f)
		}
		bad = slices.DeleteFunc(found, func(f finding) bool { return f.State != verdict("bad") })
		again, err := s.mends(ctx, bad)
		if err != nil || again == nil {
			return bad, err
		}
		if err := again.do(ctx); err != nil {
			return bad, failed(err)
		}
		if err := s.agree(ctx); err != nil {
			return bad, failed(err)
		}
		if *c, err = s.write(); err != nil {
			return bad, err
		}
	}
}

// mends asks which step shall be had again, nil for none.
func (s *setup) mends(ctx context.Context, bad []finding) (*step, error) {
	if len(bad) == 0 || s.yes {
		return nil, nil
	}
	var list []string
	var to []*step
	for _, f := range bad {
		one := s.stepFor(checkStep[f.Name])
		if checkStep[f.Name] == "" || slices.Contains(list, s.t(one.name)) {
			continue
		}
		list, to = append(list, s.t(one.name)), append(to, one)
	}
	list = append(list, s.t(words{"再检查一次", "check again"}), s.t(words{"先继续", "go on as it is"}))
	to = append(to, &step{do: func(context.Context) error { return nil }}, nil)
	n, err := s.choose(ctx, words{"改哪一项", "What to answer again"}, list, len(list)-1,
		words{"每个 ✗ 后面的 → 写着怎么办。", "Behind the → of each ✗ stands what to do."})
	if err != nil {
		return nil, failed(err)
	}
	return to[n], nil
}

// forMoney are the checks without which no test sale can be.
var forMoney = []string{"config", "keys", "serial", "clock", "skew", "network", "merchant", "store", "space"}
