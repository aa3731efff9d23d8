package setup

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"kioskd/configs"
)

func productQuestions() []Question {
	return []Question{{
		Flag: "products", Usage: "CSV `FILE` with the lines slot,name,price",
		what: words{"商品（货道号 名称 价格；回车结束）", "Product (slot, name, price; Enter ends)"},
		help: words{
			"一行一个，例如：11 农夫山泉 550ml 2.00 。货道号是顾客按的号码，价格单位元。再写一次同一货道就是更改。\n写“板”：逐个填写控制板报告的货道。很多商品可以用 --products 文件.csv。",
			"One a line, like: 11 Water 550ml 2.00 . The slot is the number that customers press, the price is in yuan. The\nsame slot once more changes it. “board” goes through the slots that the board reports. For many products: --products FILE.csv.",
		},
	}}
}

// product is one as it was written.
type product struct{ slot, name, price string }

func (s *setup) products(ctx context.Context) error {
	if file, ok := s.Given["products"]; ok {
		return s.productsFrom(file)
	}
	if s.old == nil && !s.answered["products"] {
		if err := s.noProducts(); err != nil {
			return err
		}
	}
	if s.Yes {
		if s.old == nil {
			s.missing = append(s.missing, "--products")
		}
		return nil
	}
	for _, p := range s.productList() {
		fmt.Fprintf(s.out, "  %s  %s  %s\n", p.slot, p.name, p.price)
	}
	q := questionOf("products")
	for {
		text, err := s.ask(ctx, q.what, "", q.help)
		if err != nil {
			return err
		}
		switch text {
		case "":
			if len(s.productList()) > 0 {
				return nil
			}
			s.wrong(s.t(words{"至少要有一个商品；输入 ? 看说明", `at least one is needed; "?" explains it`}))
			continue
		case "board", "板":
			if err := s.boardProducts(ctx); err != nil {
				return err
			}
			continue
		}
		p, err := s.readProduct(ctx, text)
		if err != nil {
			return err
		}
		if what := s.putProduct(p); what != "" {
			s.wrong(what)
		}
	}
}

// noProducts takes the example products out.
func (s *setup) noProducts() error {
	after, err := configs.SetSection(s.text, "products", []byte("products:\n"))
	if err == nil {
		s.text = after
	}
	return err
}

// readProduct takes a line apart, and asks for what it has not.
func (s *setup) readProduct(ctx context.Context, text string) (p product, err error) {
	words3 := strings.Fields(text)
	switch n := len(words3); {
	case n == 0:
		return p, nil
	case n >= 3:
		return product{words3[0], strings.Join(words3[1:n-1], " "), words3[n-1]}, nil
	case n == 2:
		p.name = words3[1]
	}
	p.slot = words3[0]
	help := questionOf("products").help
	if p.name == "" {
		if p.name, err = s.ask(ctx, words{"名称", "Name"}, "", help); err != nil {
			return p, err
		}
	}
	p.price, err = s.ask(ctx, words{"价格（元）", "Price in yuan"}, "", help)
	return p, err
}

// productList is the products of the config.
func (s *setup) productList() (list []product) {
	for i := 0; ; i++ {
		at := fmt.Sprintf("products[%d].", i)
		slot, ok := configs.Get(s.text, at+"slot")
		if !ok {
			return list
		}
		name, _ := configs.Get(s.text, at+"name")
		price, _ := configs.Get(s.text, at+"price")
		list = append(list, product{slot, name, price})
	}
}

// putProduct adds a product, or changes the one of its slot. What the check has
// against it is said, and nothing is changed then.
func (s *setup) putProduct(p product) (what string) {
	list := s.productList()
	at := len(list)
	for i, has := range list {
		if has.slot == p.slot {
			at = i
		}
	}
	after, err := s.withProduct(p, at, at == len(list))
	if err != nil {
		return err.Error()
	}
	for _, problem := range s.problems(after) {
		if strings.HasPrefix(problem.Field, fmt.Sprintf("products[%d]", at)) {
			return fmt.Sprintf("%s: %s", problem.Field[strings.LastIndexAny(problem.Field, ".]")+1:], problem.What)
		}
	}
	s.text = after
	s.answered["products"] = true
	return ""
}

func (s *setup) withProduct(p product, at int, isNew bool) (after []byte, err error) {
	if isNew {
		lines, err := configs.Section(s.text, "products")
		if err != nil {
			return nil, err
		}
		indent := "  "
		if bytes.Contains(lines, []byte("\n- ")) {
			indent = ""
		}
		line := fmt.Sprintf("%s- {slot: %s, name: %s, price: %s}\n", indent, quoted(p.slot), quoted(p.name), quoted(p.price))
		return configs.SetSection(s.text, "products", append(lines, line...))
	}
	after = s.text
	for key, value := range map[string]string{"name": p.name, "price": p.price} {
		if after, err = configs.Set(after, fmt.Sprintf("products[%d].%s", at, key), value); err != nil {
			return nil, err
		}
	}
	return after, nil
}

// quoted is a value in a list of one line. Slots stay bare, as a person writes
// them.
func quoted(value string) string {
	if _, err := strconv.ParseUint(value, 10, 16); err == nil && value[0] != '0' {
		return value
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}

// productsFrom takes the products of a CSV file in the place of all others.
func (s *setup) productsFrom(file string) error {
	list, err := readProducts(file)
	if err != nil {
		return unfit(fmt.Errorf("--products: %w", err))
	}
	before := s.text
	if err := s.noProducts(); err != nil {
		return err
	}
	for _, p := range list {
		if what := s.putProduct(p); what != "" {
			s.text = before
			return unfit(fmt.Errorf("--products %s: %s %s: %s", file, p.slot, p.name, what))
		}
	}
	return nil
}

func readProducts(file string) (list []product, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	r.FieldsPerRecord, r.TrimLeadingSpace = 3, true
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: write slot,name,price in each line", file, err)
	}
	for i, row := range rows {
		if _, err := strconv.Atoi(row[0]); i == 0 && err != nil {
			continue // the names of the columns
		}
		p := product{strings.TrimSpace(row[0]), strings.TrimSpace(row[1]), strings.TrimSpace(row[2])}
		if slices.ContainsFunc(list, func(q product) bool { return q.slot == p.slot }) {
			return nil, fmt.Errorf("%s: slot %s stands in it twice: give each product a slot of its own", file, p.slot)
		}
		list = append(list, p)
	}
	if len(list) == 0 {
		return nil, errors.New(file + " has no products: write slot,name,price in each line")
	}
	return list, nil
}
