package reconcile

import (
	"fmt"
	"strings"

	"kioskd/sale"
)

// yuan reads an amount of a bill: digits, and any number of decimals of which
// only the first two may be other than 0. Nothing is rounded.
func yuan(s string) (sale.Fen, error) {
	whole, fraction, point := strings.Cut(s, ".")
	bad := fmt.Errorf("%q is no amount in yuan", s)
	if whole == "" || point && fraction == "" {
		return 0, bad
	}
	fraction += "00"
	if strings.Trim(fraction[2:], "0") != "" {
		return 0, bad
	}
	n, err := number(whole + fraction[:2])
	if err != nil {
		return 0, bad
	}
	return sale.Fen(n), nil
}

// number reads digits alone, fewer than an int64 can hold.
func number(s string) (n int64, err error) {
	if s == "" || len(s) > 15 {
		return 0, fmt.Errorf("%q is no number", s)
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%q is no number", s)
		}
		n = n*10 + int64(c-'0')
	}
	return n, nil
}
