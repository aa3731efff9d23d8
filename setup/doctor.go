package setup

import (
	"context"
	"fmt"
	"slices"

	"kioskd/configs"
	"kioskd/doctor"
)

// checkStep says which step of the questions mends a check, by its name; those
// that no answer mends have none.
var checkStep = map[string]string{
	"config": "machine", "keys": "payment", "serial": "payment", "merchant": "payment", "network": "payment",
	"controller": "controller", "slots": "products",
}

// doctor examines the machine and lets a person answer again what a ✗ is
// about. It returns the last findings; c follows the config.
func (s *setup) doctor(ctx context.Context, c **configs.Config) ([]doctor.Finding, error) {
	for {
		s.say(words{"检查（kioskd doctor）：", "The check (kioskd doctor):"})
		found := doctor.Examine(ctx, doctor.Options{File: s.File, Root: s.Root, Drivers: s.Drivers, Checker: s.Checker})
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, f := range found {
			fmt.Fprintln(s.out, f)
		}
		again, err := s.mends(ctx, allBad(found))
		if err != nil || again == nil {
			return found, err
		}
		clear(s.Given) // what a flag said is asked now
		if err := again.do(ctx); err != nil {
			return found, err
		}
		if err := s.agree(ctx); err != nil {
			return found, err
		}
		if *c, err = s.write(); err != nil {
			return found, err
		}
	}
}

// allBad are the findings that keep the machine from selling.
func allBad(found []doctor.Finding) []doctor.Finding {
	return slices.DeleteFunc(slices.Clone(found), func(f doctor.Finding) bool { return f.State != doctor.Bad })
}

// sells reports whether a daemon was found at work.
func sells(found []doctor.Finding) bool {
	return slices.ContainsFunc(found, func(f doctor.Finding) bool { return f.Name == "daemon" && f.State == doctor.Fine })
}

// mends asks which step shall be had again, nil for none.
func (s *setup) mends(ctx context.Context, wrong []doctor.Finding) (*step, error) {
	if len(wrong) == 0 || s.Yes {
		return nil, nil
	}
	var list []string
	var to []*step
	for _, f := range wrong {
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
		return nil, err
	}
	return to[n], nil
}

// forMoney are the checks without which no test sale can be.
var forMoney = []string{"config", "keys", "serial", "clock", "skew", "network", "merchant", "store", "space"}
