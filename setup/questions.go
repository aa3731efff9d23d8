package setup

import (
	"context"
	"fmt"
	"strings"

	"kioskd/configs"
)

// Question is one answer that a config needs. Those that are not one key of the
// config have no field: a step of their own asks for them.
type Question struct {
	Flag, field string
	Usage       string // of the flag
	what, help  words
	optional    bool // may be empty
}

// Questions lists every answer, in the order in which they are asked. Whatever
// else a person at the machine must be asked has its place here.
func Questions() []Question {
	return append(append(machineQuestions(), controllerQuestions()...), append(paymentQuestions(), productQuestions()...)...)
}

func questionOf(flag string) Question {
	for _, q := range Questions() {
		if q.Flag == flag {
			return q
		}
	}
	panic("no question " + flag)
}

func machineQuestions() []Question {
	return []Question{
		{
			Flag: "machine-id", field: "machine.id", Usage: "number of this machine, 1 to 12 letters and digits",
			what: words{"机器编号", "Number of this machine"},
			help: words{"1–12 个字母或数字，每台机器不同，例如 SH0042；订单号以它开头。", "1 to 12 letters and digits, different for each machine, like SH0042; order numbers begin with it."},
		},
		{
			Flag: "machine-name", field: "machine.name", Usage: "where it stands", optional: true,
			what: words{"安装位置（可留空）", "Where it stands (may be empty)"},
			help: words{"例如“一号楼大厅”，显示在屏幕上，最多 40 个字。", "Like “Hall 1”; it stands on the screen. At most 40 characters."},
		},
		{
			Flag: "phone", field: "machine.help", Usage: "telephone for customers", optional: true,
			what: words{"客服电话（可留空）", "Telephone for customers (may be empty)"},
			help: words{"退款和故障时显示给顾客，最多 32 个字。", "Customers see it at refunds and faults. At most 32 characters."},
		},
	}
}

func (s *setup) machine(ctx context.Context) error {
	for _, q := range machineQuestions() {
		if err := s.answer(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// answer gets one value into the config: from its flag, from what is there, or
// from whoever is asked.
func (s *setup) answer(ctx context.Context, q Question) error {
	if value, ok := s.Given[q.Flag]; ok {
		if what := s.put(q.field, value); what != "" {
			return unfit(fmt.Errorf("--%s: %s", q.Flag, what))
		}
		return nil
	}
	present := s.present(q.field)
	if s.Yes {
		switch {
		case present != "" || s.old != nil && q.optional:
		case q.optional:
			s.put(q.field, "")
		default:
			s.missing = append(s.missing, "--"+q.Flag)
		}
		return nil
	}
	for {
		value, err := s.ask(ctx, q.what, present, q.help)
		if err != nil {
			return err
		}
		if value == "" && !q.optional {
			s.wrong(s.t(words{"必填；输入 ? 看说明", `this one is needed; "?" explains it`}))
			continue
		}
		what := s.put(q.field, value)
		if what == "" {
			return nil
		}
		s.wrong(what)
	}
}

// present is the answer that a key has already. The values of the reference
// file are none.
func (s *setup) present(field string) string {
	if s.old == nil && !s.answered[field] {
		return ""
	}
	value, _ := configs.Get(s.text, field)
	return value
}

// put sets a key, unless the check has something against the value: then it
// says so, in the check's own words.
func (s *setup) put(field, value string) (what string) {
	after, err := setAny(s.text, field, value)
	if err != nil {
		return strings.TrimPrefix(err.Error(), field+": ")
	}
	for _, p := range s.problems(after) {
		if p.Field == field || strings.HasPrefix(p.Field, field+"[") {
			return p.What
		}
	}
	s.text = after
	s.answered[field] = true
	return ""
}

// setAny sets a value, or a list that is written like [a, b].
func setAny(text []byte, field, value string) ([]byte, error) {
	inner, ok := strings.CutPrefix(value, "[")
	if !ok || !strings.HasSuffix(inner, "]") {
		return configs.Set(text, field, value)
	}
	var list []string
	for one := range strings.SplitSeq(strings.TrimSuffix(inner, "]"), ",") {
		if one = strings.TrimSpace(one); one != "" {
			list = append(list, one)
		}
	}
	return configs.SetList(text, field, list)
}

// forget takes keys out that another kind of answer has no use for.
func (s *setup) forget(fields ...string) error {
	for _, field := range fields {
		after, err := configs.Unset(s.text, field)
		if err != nil {
			return err
		}
		s.text = after
		delete(s.answered, field)
	}
	return nil
}
