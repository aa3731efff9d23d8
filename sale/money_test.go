package sale_test

import (
	"testing"

	"pgregory.net/rapid"

	"kioskd/sale"
)

func TestParseYuan(t *testing.T) {
	for _, c := range []struct {
		in   string
		want sale.Fen
		err  string
	}{
		{"2.00", 200, ""}, {"3.5", 350, ""}, {"3", 300, ""}, {"0.01", 1, ""}, {"100000", 100_000_00, ""}, {"007.10", 710, ""},
		{"3.505", 0, "3.505 has more than two decimals: the smallest amount is 0.01 yuan"},
		{"0", 0, "a price must be at least 0.01 yuan"},
		{"0.00", 0, "a price must be at least 0.01 yuan"},
		{"100000.01", 0, "a price must be at most 100000.00 yuan"},
		{"99999999999999999999999999", 0, "a price must be at most 100000.00 yuan"},
		{"-1", 0, `not a price in yuan: write it like "3.50", digits with at most two decimals`},
		{"+1", 0, `not a price in yuan: write it like "3.50", digits with at most two decimals`},
		{"1e2", 0, `not a price in yuan: write it like "3.50", digits with at most two decimals`},
		{"", 0, `not a price in yuan: write it like "3.50", digits with at most two decimals`},
		{".5", 0, `not a price in yuan: write it like "3.50", digits with at most two decimals`},
		{"5.", 0, `not a price in yuan: write it like "3.50", digits with at most two decimals`},
		{"1,50", 0, `not a price in yuan: write it like "3.50", digits with at most two decimals`},
		{"３.５", 0, `not a price in yuan: write it like "3.50", digits with at most two decimals`},
	} {
		got, err := sale.ParseYuan(c.in)
		said := ""
		if err != nil {
			said = err.Error()
		}
		if got != c.want || said != c.err {
			t.Errorf("ParseYuan(%q) = %d, %q; want %d, %q", c.in, got, said, c.want, c.err)
		}
	}
}

func TestYuanThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := sale.Fen(rapid.Int64Range(1, int64(sale.MaxPrice)).Draw(t, "fen"))
		if got, err := sale.ParseYuan(f.String()); got != f || err != nil {
			t.Fatalf("ParseYuan(%q) = %d, %v", f.String(), got, err)
		}
	})
	for f, want := range map[sale.Fen]string{-1: "-0.01", -12345: "-123.45", 0: "0.00", -1 << 63: "-92233720368547758.08"} {
		if f.String() != want {
			t.Errorf("%d is written %s, want %s", f, f, want)
		}
	}
}
