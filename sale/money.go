package sale

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// Fen is an amount of money in fen, the hundredth part of a yuan. It is never
// a float.
type Fen int64

// MaxPrice is the highest price that ParseYuan accepts: 100,000 yuan.
const MaxPrice Fen = 100_000_00

var errNotYuan = errors.New(`not a price in yuan: write it like "3.50", digits with at most two decimals`)

// ParseYuan turns a decimal number of yuan into fen exactly. It accepts digits
// with an optional point and one or two decimals; it refuses signs, exponents,
// separators, a third decimal, zero and anything above [MaxPrice].
func ParseYuan(s string) (Fen, error) {
	whole, frac, point := strings.Cut(s, ".")
	if whole == "" || !allDigits(whole) || !allDigits(frac) || point && frac == "" {
		return 0, errNotYuan
	}
	if len(frac) > 2 {
		return 0, fmt.Errorf("%s has more than two decimals: the smallest amount is 0.01 yuan", s)
	}
	frac += strings.Repeat("0", 2-len(frac))
	var f Fen
	for _, c := range whole + frac {
		if f > math.MaxInt64/100 {
			break
		}
		f = f*10 + Fen(c-'0')
	}
	switch {
	case f == 0:
		return 0, errors.New("a price must be at least 0.01 yuan")
	case f > MaxPrice:
		return 0, fmt.Errorf("a price must be at most %s yuan", MaxPrice)
	}
	return f, nil
}

func allDigits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// String writes the amount in yuan with two decimals: "3.50".
func (f Fen) String() string {
	sign := ""
	u := uint64(f)
	if f < 0 {
		sign, u = "-", -u
	}
	return fmt.Sprintf("%s%d.%02d", sign, u/100, u%100)
}
